"""What the checks share: tracked files, findings, and C++ text without what is not code."""

import io
import pathlib
import re
import subprocess
import tokenize
from typing import Iterator, NamedTuple

CPP = (".cpp", ".hpp", ".c", ".h")


class Finding(NamedTuple):
    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class Tree:
    """The tracked files of a repository that exist in its work tree."""

    def __init__(self, root: pathlib.Path):
        self.root = root
        listed = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], check=True,
                                capture_output=True, text=True).stdout
        self.files = [name for name in listed.split("\0") if name and (root / name).is_file()]
        self._texts: dict[str, str] = {}

    def text(self, path: str) -> str:
        if path not in self._texts:
            self._texts[path] = (self.root / path).read_text(encoding="utf-8", errors="replace")
        return self._texts[path]

    def having(self, *suffixes: str) -> list[str]:
        return [path for path in self.files if path.endswith(suffixes)]


def repository_root() -> pathlib.Path:
    return pathlib.Path(__file__).resolve().parents[2]


def line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


class Piece(NamedTuple):
    kind: str  # code, comment, string, char
    start: int
    end: int


# Numbers are matched before characters: the mark in 1'000 does not begin a literal.
_PIECES = re.compile(
    r"""(?P<comment>//(?:\\\n|[^\n])*|/\*.*?\*/)
      | (?P<raw>(?:u8|[uUL])?R"(?P<fence>[^()\\\s]{0,16})\(.*?\)(?P=fence)")
      | (?P<string>(?:u8|[uUL])?"(?:\\.|[^"\\\n])*")
      | (?P<number>\b\d(?:'?[\w.])*)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<char>'(?:\\.|[^'\\\n])+')""",
    re.VERBOSE | re.DOTALL)


def pieces(text: str) -> Iterator[Piece]:
    """The text cut into code, comments, string literals and character literals."""
    at = 0
    for match in _PIECES.finditer(text):
        kind = {"raw": "string", "fence": "string"}.get(match.lastgroup or "", match.lastgroup)
        if match.group("raw") is not None:
            kind = "string"
        if kind in ("number", "name"):
            continue
        if match.start() > at:
            yield Piece("code", at, match.start())
        yield Piece(str(kind), match.start(), match.end())
        at = match.end()
    if at < len(text):
        yield Piece("code", at, len(text))


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def code_only(text: str) -> str:
    """C++ text with the same lines and columns: comments blank, literals reduced to their quotes."""
    parts = []
    for piece in pieces(text):
        part = text[piece.start:piece.end]
        if piece.kind == "comment":
            part = _blank(part)
        elif piece.kind in ("string", "char"):
            quote = '"' if piece.kind == "string" else "'"
            part = quote + _blank(part[1:-1]) + quote
        parts.append(part)
    return "".join(parts)


def prose_only(text: str) -> str:
    """C++ text with the same lines: only what stands in comments and string literals."""
    return "".join(text[piece.start:piece.end] if piece.kind in ("comment", "string")
                   else _blank(text[piece.start:piece.end]) for piece in pieces(text))


def without_directives(code: str) -> str:
    """The same code with its preprocessor lines blank."""
    return re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", lambda match: _blank(match.group()), code,
                  flags=re.MULTILINE)


def python_views(text: str) -> tuple[str, str]:
    """A Python file's code without comments and strings, and these alone; lines are kept."""
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    code, prose, at = [], [], 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type not in (tokenize.STRING, tokenize.COMMENT):
                continue
            start = starts[token.start[0] - 1] + token.start[1]
            end = starts[token.end[0] - 1] + token.end[1]
            code += [text[at:start], _blank(text[start:end])]
            prose += [_blank(text[at:start]), text[start:end]]
            at = end
    except (tokenize.TokenError, IndentationError):
        return text, text
    return "".join(code) + text[at:], "".join(prose) + _blank(text[at:])
