"""tasks.md and frontmatter, read as docs/cli.md says: "What is read of a feature".

Written apart from the program, with other means, so that the two can be compared.
"""

import dataclasses
import re

ID = re.compile(r"(?<![A-Za-z0-9_])WP(\d\d)(?![A-Za-z0-9_])")
RANGE = re.compile(r"(?<![A-Za-z0-9_])WP(\d\d)(?![A-Za-z0-9_])"
                   r"(?:(?:\s*(?:-|–|—|\.\.|…)\s*WP| *(?:through|to) +WP)(\d\d)(?![A-Za-z0-9_])"
                   r"|(?:-|–|—|\.\.|…)(\d\d)(?![A-Za-z0-9_]))?")
SUBTASK = r"T\d{3,}[A-Za-z]?(?![A-Za-z0-9_])"
ENDS = re.compile(r"(?<![A-Za-z0-9_])(?:none|nothing|not|parallel|independent|blocks|blocking"
                  r"|unblocks|enables)(?![A-Za-z0-9_])", re.I)
HEADING = re.compile(r" {0,3}(#{1,6})(?:\s+(.*))?$")
PACKAGE_HEADING = re.compile(r"(?:Work Package +)?WP(\d\d)(?![A-Za-z0-9_])"
                             r"|Work Package +(\d\d?)(?![A-Za-z0-9_])")


def name_of(number: int) -> str:
    return f"WP{number:02}"


def expanded(found: re.Match) -> list[str]:
    first = int(found[1])
    last = int(found[2] or found[3] or first)
    return [name_of(n) for n in range(min(first, last), max(first, last) + 1)]


def ids_of(value: object) -> list[str]:
    """Of a frontmatter's `dependencies`."""
    if isinstance(value, list):
        return [str(each) for each in value]
    words = str(value or "")
    end = sentence_end(words, 0)
    ids: list[str] = []
    for found in RANGE.finditer(words[:end]):
        ids += [each for each in expanded(found) if each not in ids]
    return ids


def without_asides(line: str) -> str:
    """The line without code, links and parentheses."""
    line = re.sub(r"`[^`]*`", "", line)
    line = re.sub(r"\[[^\]]*\]\([^)]*\)", "", line)
    out, depth = "", 0
    for char in line:
        depth += char == "("
        out += char if depth == 0 else ""
        depth -= char == ")" and depth > 0
    return out


def sentence_end(line: str, begin: int) -> int:
    for at in range(begin, len(line)):
        rest = line[at:]
        if line[at] == ";" and re.match(
                r";[ *_]*WP\d\d(?![A-Za-z0-9_])[ *_]*(?:$|[;,.]|and )", rest):
            continue
        if line[at] in ";!?|·" or re.match(r"\.(?:$|[ *])", rest):
            return at
        label = re.match(r"\*\*(.+?)\*\*(:?)", rest)
        if label and not label[1].startswith("WP") and (label[1].endswith(":") or label[2]):
            return at
        if ENDS.match(line, at):
            return at
    return len(line)


def is_own_subject(line: str, keyword: int, own: str) -> bool:
    subject = re.split(r"[.;:,|·–—]| - ", line[:keyword])[-1]
    if re.search(r"[\"'“‘]$", subject) or len(subject.encode()) > 200:
        return False
    if re.search(r"T\d", subject) or any(name_of(int(n)) != own for n in ID.findall(subject)):
        return False
    if re.search(r"(?<![A-Za-z0-9_])(?:not|never|no)(?![A-Za-z0-9_])", subject, re.I):
        return False
    return len(re.findall(r"[A-Za-z0-9_]+", subject)) <= 4


def dependencies_in(line: str, own: str) -> list[str]:
    plain = without_asides(line)
    ids: list[str] = []
    read_through = 0
    keywords = re.finditer(r"(?<![A-Za-z0-9_])(?:(depends on)(?![A-Za-z0-9_])"
                           r"|dependencies[*_ ]*:)", plain, re.I)
    for keyword in keywords:
        if keyword[1] and not is_own_subject(plain, keyword.start(), own):
            continue
        begin = re.compile(r"[*_: ]*").match(plain, keyword.end()).end()
        if begin < read_through:
            continue
        read_through = sentence_end(plain, begin)
        for found in RANGE.finditer(plain[:read_through], begin):
            ids += [each for each in expanded(found) if each != own and each not in ids]
    return ids


def reasons(line: str, own: str) -> list[str]:
    """Why ids of a line that speaks of dependencies do not count."""
    counted = set(dependencies_in(line, own))
    plain = without_asides(line)
    keyword = re.search(r"depends on|dependencies[*_ ]*:", plain, re.I)
    found = []
    for match in ID.finditer(line):
        wp = name_of(int(match[1]))
        if wp in counted:
            continue
        if wp == own:
            found.append("own")
        elif wp not in {name_of(int(n)) for n in ID.findall(plain)}:
            found.append("beside")
        elif not keyword:
            found.append("other line")
        elif keyword[0].lower() == "depends on" and not is_own_subject(plain, keyword.start(), own):
            found.append("subject")
        elif ENDS.search(plain, keyword.end()) or "**" in plain[keyword.end():]:
            found.append("ended")
        else:
            found.append("sentence")
    return found


@dataclasses.dataclass
class Subtask:
    id: str
    wp: str
    box: bool | None  # done or open; None: it has no box


class Document:
    """tasks.md."""

    def __init__(self, whole: str) -> None:
        self.subtasks: list[Subtask] = []
        self._named: dict[str, list[str]] = {}
        self._unread: dict[str, list[str]] = {}
        own, depth, fence, comment = "", 0, "", False
        for line in whole.replace("\r\n", "\n").split("\n"):
            mark = re.match(r" {0,3}(`{3,}|~{3,})(.*)$", line)
            if fence:
                if mark and mark[1].startswith(fence) and not mark[2].strip():
                    fence = ""
                continue
            if comment or line.lstrip().startswith("<!--"):
                hidden = comment or "-->" not in line or line.rstrip().endswith("-->")
                comment = "-->" not in line
                if hidden:
                    continue
            if mark and not (mark[1][0] == "`" and "`" in mark[2]):
                fence = mark[1]
                continue
            if heading := HEADING.match(line):
                level = len(heading[1])
                package = PACKAGE_HEADING.match(heading[2] or "")
                if package and 2 <= level <= 4:
                    own, depth = name_of(int(package[1] or package[2])), level
                    self._named.setdefault(own, [])
                elif level < depth or level == depth == 2:
                    own = ""
                continue
            self.subtasks += [Subtask(i, wp or own, box) for i, wp, box in subtasks_in(line)]
            if own:
                self._named[own] += [each for each in dependencies_in(line, own)
                                     if each not in self._named[own]]
                if re.search(r"depend|(?<![a-z])deps(?![a-z])", line, re.I):
                    self._unread.setdefault(own, []).extend(reasons(line, own))

    def dependencies(self, wp: str) -> list[str]:
        return self._named.get(wp, [])

    def unread(self, wp: str) -> list[str]:
        return self._unread.get(wp, [])

    def boxes(self, wp: str) -> list[tuple[str, bool]]:
        return [(each.id, each.box) for each in self.subtasks
                if each.wp == wp and each.box is not None]

    def listed(self, wp: str) -> set[str]:
        return {each.id for each in self.subtasks if each.wp == wp and each.box is None}


def subtasks_in(line: str) -> list[tuple[str, str, bool | None]]:
    """Each with its id, the work package that its row names, and its box."""
    if line.lstrip().startswith("|"):
        cells = [each.strip() for each in line.strip().strip("|").split("|")]
        bare = [each.strip("*`") for each in cells]
        ids = [each for each in bare if re.fullmatch(SUBTASK, each)]
        boxes = [each[1] != " " for each in cells if re.fullmatch(r"\[[ xX]\]", each)]
        package = [each for each in bare if re.fullmatch(r"WP\d\d", each)]
        return [(ids[0], package[-1] if package else "", boxes[-1] if boxes else None)] if ids else []
    item = re.match(rf"\s*[-*+] *\[([ xX])\][ *`_]*({SUBTASK})", line)
    if item:
        return [(item[2], "", item[1] != " ")]
    label = re.search(r"(?<![A-Za-z0-9_])subtasks[*_ ]*:", line, re.I)
    return [(i, "", box) for i, box in subtask_list(line[label.end():])] if label else []


def subtask_list(words: str) -> list[tuple[str, bool | None]]:
    end = re.search(r"[;|·]|\.(?:$|[ *])|\*\*[^*]+(?::\*\*|\*\*:)", words)
    words = words[:end.start()] if end else words
    words = re.sub(r"\([^()]*(?:\([^()]*\)[^()]*)*(?:\)|$)", lambda found: " " * len(found[0]), words)
    found: list[tuple[str, bool | None]] = []
    pattern = rf"(\[[ xX]\])?\s*(?<![A-Za-z0-9_])`?({SUBTASK})(?:`?\s*(?:\.\.|-|–|—|…)\s*`?({SUBTASK}))?"
    for each in re.finditer(pattern, words):
        ids = subtask_range(each[2], each[3]) if each[3] else [each[2]]
        box = each[1][1] != " " if each[1] else None
        found += [(ids[0], box)] + [(other, None) for other in ids[1:]]
    return found


def subtask_range(first: str, last: str) -> list[str]:
    if first[1:].isdigit() and last[1:].isdigit() and 0 <= int(last[1:]) - int(first[1:]) < 100:
        return [f"T{n:0{len(first) - 1}}" for n in range(int(first[1:]), int(last[1:]) + 1)]
    return [first, last]


def subtask_ids(value: object) -> set[str]:
    """Of a frontmatter's `subtasks`: texts, or maps with an id."""
    values = value if isinstance(value, list) else [value or ""]
    return {i for each in values for i, _ in subtask_list(str(each).split(",")[0]
                                                          if "id:" in str(each) else str(each))}


def frontmatter(whole: bytes) -> dict | None:
    """Its scalars and lists; nothing where it is missing or not text."""
    try:
        lines = whole.decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError:
        return None
    if not lines or lines[0].rstrip() != "---":
        return None
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), 0)
    if end == 0:
        return None
    values: dict = {}
    key = ""
    for line in lines[1:end]:
        found = re.match(r"([A-Za-z_][\w-]*):(?:\s+(.*))?$", line)
        if found:
            key = found[1]
            values[key] = parsed(found[2] or "")
        elif key and (item := re.match(r"\s*-\s+(.*)$", line)):
            if not isinstance(values[key], list):
                values[key] = []
            values[key].append(item[1].strip() if ": " in item[1] else parsed(item[1]))
        elif key and re.match(r"\s+\S", line) and isinstance(values[key], str):
            values[key] = (values[key].rstrip("\"'") + " " + line.strip()).strip().strip("\"'")
    return values


def parsed(words: str) -> object:
    """A scalar, or a list in brackets."""
    words = words.strip()
    if words.startswith("["):
        inside = words[1:words.rfind("]")]
        return [unquoted(each) for each in inside.split(",") if each.strip()]
    return unquoted(words)


def unquoted(words: str) -> str:
    words = words.strip()
    if words[:1] in "\"'" and words[:1]:
        quote = words[0]
        end = words.rfind(quote)
        inner = words[1:end] if end > 0 else words[1:]
        return inner.replace("''", "'") if quote == "'" else inner.replace('\\"', '"')
    words = re.split(r"\s+#", words)[0]
    return "" if words in ("null", "~", "[]", "{}", ">", "|", ">-", "|-") else words
