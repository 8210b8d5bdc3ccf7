"""Documents are at most 120 columns wide; tables, fenced code and lines with a URL may be wider.

A block names its language: a test types the commands of ```sh, and nobody types ```text."""

import re

from source import Finding, Tree

MAX_COLUMNS = 120
FENCE = re.compile(r"\s*(```|~~~)")


def check_text(path: str, text: str, findings: list[Finding]) -> None:
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        if match := FENCE.match(line):
            if not fence:
                fence = match.group(1)
                if path.startswith(("docs/", "README")) and line.strip() == fence:
                    findings.append(Finding(path, number, "a block without a language: write "
                                            "```sh for commands, ```text for what is shown"))
            elif match.group(1) == fence:
                fence = ""
            continue
        if fence or line.lstrip().startswith("|") or "://" in line or len(line) <= MAX_COLUMNS:
            continue
        findings.append(Finding(path, number, f"{len(line)} columns, at most {MAX_COLUMNS} are "
                                "allowed: break the line"))


def check(tree: Tree) -> tuple[list[Finding], list[str]]:
    findings: list[Finding] = []
    documents = tree.having(".md")
    for path in documents:
        check_text(path, tree.text(path), findings)
    return findings, [f"prose: {len(documents)} documents"]
