"""Files of a repository are opened through rooted files, and in no other way.

In the folders that read and write a repository, a call that takes a path and could follow a link of
the repository's is a finding. What reads a place of the system (/proc, /etc) or a temporary folder
stands in the table below, with its reason.
"""

import re

from source import Finding, Tree, code_only, line_of

FOLDERS = ("app/workflow/", "app/orchestrate/", "app/agent_runner/")
CALLS = re.compile(
    r"(?<![\w.>])(?:"
    r"(?:::)(?:open|openat|creat|fopen|unlink|unlinkat|rename|renameat|link|linkat|symlink|mkdir"
    r"|mkdirat|rmdir|chmod|truncate|mkfifo)"
    r"|(?:fs|std::filesystem)::(?:create_\w+|remove\w*|rename|copy\w*|permissions|resize_file)"
    r"|(?:std::)?(?:ofstream|ifstream|fstream)"
    r"|open_regular|read_file|replace_file|remove_unfinished|make_private_folder"
    r"|file_lock::take"
    r")\b")
# File -> how many such calls it may have, and why.
ALLOWED: dict[str, tuple[int, str]] = {
    "app/agent_runner/main.cpp": (1, "/proc"),
    "app/orchestrate/approval.cpp": (3, "what is approved, wherever it lies; the home"),
    "app/orchestrate/intent_events.cpp": (2, "the home; /etc/machine-id"),
    "app/workflow/bookkeeping.cpp": (1, "a temporary folder"),
    "app/workflow/index_refresh.cpp": (1, "git's configuration files, read as git reads them"),
    "app/workflow/intents/take_back.cpp": (1, "/proc"),
    "app/workflow/unfinished_worktree.cpp": (2, "/proc; what a killed git left in the git directory"),
    "app/workflow/worktree_use.cpp": (1, "/proc"),
    "app/workflow/worktree.cpp": (2, "the exclude file, as git reads it; the home's own folder"),
}


def check(tree: Tree) -> tuple[list[Finding], list[str]]:
    findings, calls = [], 0
    for path in tree.having(".cpp", ".hpp"):
        if not path.startswith(FOLDERS):
            continue
        code = code_only(tree.text(path))
        found = [match for match in CALLS.finditer(code)
                 if not code[:match.start()].rstrip().endswith("using")]
        calls += len(found)
        allowed = ALLOWED.get(path, (0, ""))[0]
        if len(found) > allowed:
            findings += [Finding(path, line_of(code, match.start()),
                                 f"{match.group()} may follow a link of the repository: use "
                                 "rooted_files (util/rooted_files.hpp)")
                         for match in found[allowed:]]
        elif len(found) < allowed:
            findings.append(Finding(path, 1, f"has {len(found)} calls that tests/lint/rooted.py "
                                             f"allows {allowed} of: correct the table"))
    return findings, [f"rooted: {calls} calls beside rooted files, all of them in the table"]
