"""Bounds of files and functions: 400 lines a file, 70 lines a function outside tests.

A C++ function is found by its braces: text without comments, literals and directives is read scope
by scope, and a `{` in a namespace or class opens a function where a parameter list stands before
it. What is inside a function, lambdas and local types too, counts to it. A function's lines are
those from its signature to its closing brace.
"""

import ast
import re
from typing import NamedTuple

from source import CPP, Finding, Tree, code_only, line_of, without_directives

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 70


class Function(NamedTuple):
    path: str
    line: int
    name: str
    lines: int


_BRACKETS = {"(": ")", "{": "}", "[": "]"}
_OPERATOR = re.compile(r"operator\s*(?:<=>|<<=?|>>=?|<=|>=|->\*?|<|>|\(\s*\))")
_TYPE = re.compile(r"^(?:typedef\b|(?:\w+\s+)*?(?:class|struct|union)\b(?!.*\)))", re.DOTALL)
_NAMESPACE = re.compile(r'^(?:inline\s+)?namespace\b|^extern\s*"\s*"$')
_LAMBDA = re.compile(r"\[[^\[\]]*\]\s*(?:\([^()]*\)\s*)?(?:mutable\s*|noexcept\s*)*(?:->[^{}=]*)?$")


def matching(code: str, start: int) -> int:
    """The position of the bracket that closes the one at `start`; the end without such a one."""
    close = []
    for at in range(start, len(code)):
        character = code[at]
        if character in _BRACKETS:
            close.append(_BRACKETS[character])
        elif close and character == close[-1]:
            close.pop()
            if not close:
                return at
    return len(code)


def _plain(head: str) -> str:
    """A declaration's head without attributes, template arguments and what stands in brackets:
    `(…)` becomes `()`, `{…}` becomes `{}`."""
    head = _OPERATOR.sub("operator", head).replace("->", "  ")
    head = re.sub(r"\[\[.*?\]\]|\balignas\s*\([^()]*\)", " ", head, flags=re.DOTALL)
    while True:
        shorter = re.sub(r"\([^(){}]*\)", "\1", head)  # first: a < in it is not a template's
        shorter = re.sub(r"\{[^(){}]*\}", "\2", shorter)
        if shorter == head:
            shorter = re.sub(r"<[^<>]*>", " ", head)
        if shorter == head:
            break
        head = shorter
    head = head.replace("\1", "()").replace("\2", "{}")
    return re.sub(r"^(?:\s*(?:template|public|private|protected)\b\s*:?)*\s*", "", head)


def _opens(head: str) -> str:
    """What a `{` after this head opens: scope, function, or value (an initializer, an enum)."""
    plain = _plain(head).strip()
    if not plain or _NAMESPACE.match(plain) or _TYPE.match(plain):
        return "scope" if plain else "value"
    if re.match(r"(?:typedef\s+)?enum\b[^()]*$", plain):
        return "value"
    if _LAMBDA.search(head):
        return "function"
    before_value = re.sub(r"operator\s*\S*=", "operator", plain)
    if "=" in before_value or ")" not in plain:
        return "value"
    after = plain[plain.index(")") + 1:].replace("::", "  ")
    if ":" in after and not re.search(r"[)}]\s*$", plain):
        return "value"  # a member's initializer in a constructor's list
    return "function"


def _name(head: str) -> str:
    plain = _plain(head)
    plain = re.sub(r"\b__attribute__\s*\(\)", "", plain)
    before = plain[:plain.index("(")] if "(" in plain else plain
    words = re.findall(r"~?[A-Za-z_][\w:~]*", before.split("=")[0])
    return words[-1] if words else "?"


def cpp_functions(path: str, text: str) -> list[Function]:
    code = without_directives(code_only(text))
    found: list[Function] = []

    def read(start: int, end: int) -> None:
        head_start = at = start
        while at < end:
            character = code[at]
            if character in "([":
                at = matching(code, at)
            elif character in ";}":
                head_start = at + 1
            elif character == "{":
                close = matching(code, at)
                # An initializer before it stays in the head, so that its `}` is seen.
                opened = _opens(code[head_start:at])
                if opened == "scope":
                    read(at + 1, min(close, end))
                    head_start = close + 1
                elif opened == "function":
                    head = re.sub(r"^\s*(?:(?:public|private|protected)\s*:\s*)+", "",
                                  code[head_start:at])
                    first = at - len(head.lstrip())
                    line = line_of(code, first)
                    found.append(Function(path, line, _name(head),
                                          line_of(code, min(close, end)) - line + 1))
                    head_start = close + 1
                at = close
            at += 1

    read(0, len(code))
    return found


def python_functions(path: str, text: str) -> list[Function]:
    return [Function(path, node.lineno, node.name,
                     (node.end_lineno or node.lineno) - node.lineno + 1)
            for node in ast.walk(ast.parse(text))
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def shell_functions(path: str, text: str) -> list[Function]:
    return [Function(path, line_of(text, match.start()), match.group(1),
                     match.group().count("\n") + 1)
            for match in re.finditer(r"^(\w+)\(\) \{.*?^\}", text, re.MULTILINE | re.DOTALL)]


def is_shell(path: str, text: str) -> bool:
    return path.endswith(".sh") or bool(re.match(r"#!.*\b(?:ba|da)?sh\b", text))


def functions(tree: Tree, path: str) -> list[Function]:
    text = tree.text(path)
    if path.endswith(CPP):
        return cpp_functions(path, text)
    if path.endswith(".py"):
        return python_functions(path, text)
    return shell_functions(path, text) if is_shell(path, text) else []


def is_source(path: str, text: str) -> bool:
    return path.endswith(CPP + (".py", ".cmake", "CMakeLists.txt")) or is_shell(path, text)


def check(tree: Tree) -> tuple[list[Finding], list[str]]:
    findings: list[Finding] = []
    files = counted = longest = 0
    for path in tree.files:
        text = tree.text(path)
        if not is_source(path, text):
            continue
        files += 1
        lines = text.count("\n")
        if lines > MAX_FILE_LINES:
            findings.append(Finding(path, MAX_FILE_LINES + 1, f"the file has {lines} lines, at most "
                                    f"{MAX_FILE_LINES} are allowed: divide it"))
        if path.startswith("tests/"):
            continue
        for function in functions(tree, path):
            counted += 1
            longest = max(longest, function.lines)
            if function.lines > MAX_FUNCTION_LINES:
                findings.append(Finding(path, function.line, f"{function.name} has {function.lines} "
                                        f"lines, at most {MAX_FUNCTION_LINES} are allowed"))
    return findings, [f"sizes: {files} files, {counted} functions, the longest has {longest} lines"]
