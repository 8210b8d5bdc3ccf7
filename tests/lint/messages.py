"""The catalogue of all messages that a person can see, made from the sources.

A message is an expression of string literals, joined by `+` or by standing side by side, that has
a letter and a space. An inserted value is shown as {}, a choice as {this|that}; a part that is
joined elsewhere begins or ends with an ellipsis. Left out is what no person reads: assertions,
regular expressions, JSON, HTTP heads, SQL, formats.

`messages.py` checks that each message is well formed, `messages.py --print` also prints them.
"""

import re
import sys
from typing import NamedTuple

sys.dont_write_bytecode = True

from source import Finding, Tree, line_of, pieces, repository_root

FOLDERS = ("util/", "messages/", "config/", "actors/", "app/")
NOT_SHOWN = ("app/chaos/", "app/embed/include/")
MIN_MESSAGES = 500
# Calls whose literals are not for people.
SILENT = {"static_assert", "assert", "getenv", "setenv", "unsetenv", "regex", "strftime", "sscanf",
          "dlsym", "find", "rfind", "starts_with", "ends_with", "compare", "erase_if"}
# Wrappers that pass a literal on.
WRAPPERS = {"string", "string_view", "std", "::", "String", "StringRef"}
NO_MESSAGE = re.compile(
    r"""\":|^\s*(?:SELECT|INSERT|UPDATE|DELETE|PRAGMA|CREATE|ATTACH)\b|HTTP/1\.|
        ^[A-Z][A-Za-z-]+:\ ?(?:[\w-]+/[\w-]+|\{\}|\d+|close|Bearer)?(?:\r\n)?|
        \\[dws]|\x00|\(\?|\[\^|^[%\w\s:.,+-]*%[-0-9.a-zA-Z]+[%\w\s:.,+-]*$""", re.VERBOSE)


class Token(NamedTuple):
    kind: str  # string, word, punctuation
    text: str
    at: int


class Message(NamedTuple):
    path: str
    line: int
    text: str


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", '"': '"', "'": "'", "\\": "\\",
            "x1b": "\x1b"}


def literal_text(literal: str) -> str:
    if match := re.match(r'\w*R"([^(]*)\((.*)\)\1"$', literal, re.DOTALL):
        return match.group(2)
    body = literal[literal.index('"') + 1:-1]
    return re.sub(r"\\(x[0-9a-fA-F]{2}|.)",
                  lambda match: _ESCAPES.get(match.group(1), match.group()), body, flags=re.DOTALL)


def tokens(text: str) -> list[Token]:
    text = re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", lambda match: " " * len(match.group()), text,
                  flags=re.MULTILINE)
    found = []
    for piece in pieces(text):
        part = text[piece.start:piece.end]
        if piece.kind == "string":
            found.append(Token("string", literal_text(part), piece.start))
        elif piece.kind == "char":
            found.append(Token("character", literal_text('"' + part[1:-1] + '"'), piece.start))
        elif piece.kind == "code":
            for match in re.finditer(r"\w+|::|->|<<|>>|&&|\|\||[=!<>+]=|\+\+|\S", part):
                word = match.group()
                kind = "word" if word[0].isalnum() or word[0] == "_" else "punctuation"
                found.append(Token(kind, word, piece.start + match.start()))
    return found


_OPEN, _CLOSE = {"(": ")", "[": "]", "{": "}"}, {")", "]", "}"}
_SEPARATORS = {",", ";", "=", "<<", "&&", "||", "==", "!=", "+=", "<=", ">="}


class Reader:
    """Reads the expressions of one file, from the inside out."""

    def __init__(self, path: str, text: str):
        self.path, self.text = path, text
        self.tokens = tokens(text)
        self.found: list[Message] = []
        self.close = self._match()

    def _match(self) -> dict[int, int]:
        close: dict[int, int] = {}
        stack: list[int] = []
        for index, token in enumerate(self.tokens):
            if token.kind == "punctuation" and token.text in _OPEN:
                stack.append(index)
            elif token.kind == "punctuation" and token.text in _CLOSE and stack:
                close[stack.pop()] = index
        return close

    def split(self, begin: int, end: int, separators: set[str]) -> list[tuple[int, int]]:
        parts, start, at = [], begin, begin
        while at < end:
            token = self.tokens[at]
            if token.kind == "punctuation" and token.text in separators:
                parts.append((start, at))
                start = at + 1
            at = min(self.close.get(at, at), end - 1) + 1
        return parts + [(start, end)]

    def block(self, begin: int, end: int) -> None:
        """Everything between two brackets: statements and arguments."""
        for first, last in self.split(begin, end, _SEPARATORS):
            self.expression(first, last)

    def expression(self, begin: int, end: int) -> None:
        # A body of statements that follows a head: `if (…) {`; and `return`.
        while begin < end and self.tokens[begin].text in ("return", "case", "else", "co_return"):
            begin += 1
        for text in self.choices(begin, end):
            self.keep(text, begin, end)

    def keep(self, text: str, begin: int, end: int) -> None:
        plain = text.replace("{}", "")
        if not re.search(r"[A-Za-z]{2}", plain) or " " not in plain or NO_MESSAGE.search(text):
            return
        strings = [token for token in self.tokens[begin:end] if token.kind == "string"]
        if strings:
            self.found.append(Message(self.path, line_of(self.text, strings[0].at), text))

    def choices(self, begin: int, end: int) -> list[str]:
        """The texts of an expression: more than one where it chooses between some."""
        parts = self.split(begin, end, {"?", ":"})
        if len(parts) > 1:
            self.inside(*parts[0])
            return [self.joined(*part) for part in parts[1:]]
        return [self.joined(begin, end)]

    def joined(self, begin: int, end: int) -> str:
        return "".join(self.operand(*part) for part in self.split(begin, end, {"+"}))

    def operand(self, begin: int, end: int) -> str:
        # A path made with `/` is a value, whatever literals it is made of.
        if any(token.text == "/" and token.kind == "punctuation"
               for token in self.outside(begin, end)):
            self.inside(begin, end)
            return "{}"
        text, at = "", begin
        while at < end:
            token = self.tokens[at]
            if token.kind in ("string", "character"):
                text += token.text
            elif token.text in WRAPPERS or token.text in ("return", "throw"):
                pass
            elif at in self.close:
                close = min(self.close[at], end)
                name = self.tokens[at - 1].text if at > begin else ""
                if token.text in "({" and (at == begin or name in WRAPPERS):
                    inner = self.choices(at + 1, close) if len(
                        self.split(at + 1, close, {",", ";"})) == 1 else []
                    if inner:
                        text += inner[0] if len(inner) == 1 else "{" + "|".join(inner) + "}"
                    else:
                        self.block(at + 1, close)
                elif name not in SILENT:
                    made = self.made_by(name, at + 1, close)
                    self.block(at + 1, close)
                    text = self.valued(text) if made is None else made
                at = close
            else:
                text = self.valued(text)
            at += 1
        return text

    def made_by(self, name: str, begin: int, end: int) -> str | None:
        """The text that a call of this name returns, where a reader knows it."""
        return None

    @staticmethod
    def valued(text: str) -> str:
        return text if text.endswith("{}") else text + "{}"

    def outside(self, begin: int, end: int) -> list[Token]:
        """The tokens that stand in no bracket of their own."""
        found, at = [], begin
        while at < end:
            found.append(self.tokens[at])
            at = self.close.get(at, at) + 1
        return found

    def inside(self, begin: int, end: int) -> None:
        at = begin
        while at < end:
            if at in self.close:
                if at == begin or self.tokens[at - 1].text not in SILENT:
                    self.block(at + 1, min(self.close[at], end))
                at = self.close[at]
            at += 1


def shown(text: str) -> str:
    """On one line; an ellipsis where it is joined with more."""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]?", "", text)
    begins, ends = text[:1] in (" ", ",", ";", ")"), text[-1:] in (" ", "(", ",", ";", ":")
    text = text.strip(" ").replace("\r", "").replace("\n", "\\n").replace("\t", "\\t")
    return ("…" if begins else "") + text + ("…" if ends else "")


def catalogue(tree: Tree, read_with: type[Reader] = Reader) -> list[Message]:
    found: list[Message] = []
    for path in tree.having(".cpp", ".hpp", ".h", ".c"):
        if not path.startswith(FOLDERS) or path.startswith(NOT_SHOWN):
            continue
        reader = read_with(path, tree.text(path))
        reader.block(0, len(reader.tokens))
        messages = {message._replace(text=shown(message.text)) for message in reader.found}
        found += sorted(messages, key=lambda message: (message.line, message.text))
    return found


def check_message(message: Message) -> str | None:
    """What is wrong with the form of a message; nothing else is judged here."""
    text = message.text.strip("…")
    if any(ord(character) < 32 for character in text):
        return "a control character"
    if re.search(r"[a-z] +[,;](?:\s|$)", text):
        return "a space before a punctuation mark"
    if re.search(r"\b([a-z]{2,}) \1\b", text):
        return "a word twice"
    return None


def check(tree: Tree, minimum: int = MIN_MESSAGES) -> tuple[list[Finding], list[str]]:
    messages = catalogue(tree)
    findings = [Finding(message.path, message.line, f"{wrong} in the message {message.text!r}")
                for message in messages if (wrong := check_message(message))]
    if len(messages) < minimum:
        findings.append(Finding("tests/lint/messages.py", 1, f"{len(messages)} messages found, at "
                                f"least {minimum} are expected: it reads the sources wrongly"))
    files = {message.path for message in messages}
    return findings, [f"messages: {len(messages)} in {len(files)} files"]


def print_catalogue(tree: Tree) -> None:
    path = ""
    for message in catalogue(tree):
        if message.path != path:
            path = message.path
            print(f"\n{path}")
        print(f"{message.line:5}  {message.text}")


if __name__ == "__main__":
    if "--print" in sys.argv[1:]:
        print_catalogue(Tree(repository_root()))
    found, summary = check(Tree(repository_root()))
    for finding in found:
        print(finding)
    print("\n" + "\n".join(summary))
    sys.exit(1 if found else 0)
