"""What the source never does, read in the source itself: a secret compared with ==, SQL or a page made of strings, code from data."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

HOME = Path(__file__).parents[2]
PACKAGES = ("domain", "store", "gateways", "activities", "workflows", "worker", "starter")
SECRET = re.compile(r"(^|_)(tokens?|digests?|secrets?|signatures?|signed|passwords?|mac)($|_)")

COMPARED = {
    "store/known_orders.py": "the hash of an order's body, which its sender knows",
    "store/cancelling.py": "the hash of a wish, which its sender knows",
    "workflows/doors.py": "the hash of a wish, which its sender knows",
    "store/inventory.py": "the hash of a change, which its sender knows",
}
"""Where something of that name may be compared with ==, and why."""

SQL_OF_STRINGS = {"store/reading.py": "names of our own columns"}

CODE_FROM_DATA = {"pickle", "marshal", "shelve", "dill", "yaml", "xml", "lxml"}
CALLS = {"eval", "exec", "compile", "__import__", "system", "popen", "mktemp", "Markup"}


@cache
def source() -> dict[str, ast.Module]:
    files = (path for package in PACKAGES for path in (HOME / package).rglob("*.py"))
    return {path.relative_to(HOME).as_posix(): ast.parse(path.read_text()) for path in files}


def nodes(kind: type[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
    for name, tree in source().items():
        yield from ((name, node) for node in ast.walk(tree) if isinstance(node, kind))


def called(node: ast.AST) -> str:
    assert isinstance(node, ast.Call)
    return last_name(node.func)


def last_name(node: ast.AST) -> str:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case ast.Call(func=inner) | ast.Await(value=inner) | ast.Subscript(value=inner):
            return last_name(inner)
    return ""


def at(name: str, node: ast.AST) -> str:
    return f"{name}:{getattr(node, 'lineno', 0)}"


def test_secrets_are_compared_in_constant_time() -> None:
    equal = [
        (name, node)
        for name, node in nodes(ast.Compare)
        if isinstance(node, ast.Compare)
        and any(isinstance(operator, ast.Eq | ast.NotEq) for operator in node.ops)
        and any(SECRET.search(last_name(side)) for side in (node.left, *node.comparators))
    ]
    by_digest = {name for name, node in nodes(ast.Call) if called(node) == "compare_digest"}

    assert [at(name, node) for name, node in equal if name not in COMPARED] == []
    assert {name for name, _ in equal} == set(COMPARED)
    assert {"starter/tokens.py", "gateways/links.py"} <= by_digest


def test_sql_is_made_of_columns_and_parameters_never_of_strings() -> None:
    texts = [
        (name, node)
        for name, node in nodes(ast.Call)
        if called(node) in {"text", "exec_driver_sql", "literal_column", "DDL"}
        and isinstance(node, ast.Call)
        and node.args
        and not _constant(node.args[0])
    ]

    assert {name for name, _ in texts} == set(SQL_OF_STRINGS)


def _constant(node: ast.AST) -> bool:
    match node:
        case ast.Constant():
            return True
        case ast.IfExp(body=one, orelse=other):
            return _constant(one) and _constant(other)
    return False


def test_every_template_escapes_what_it_is_given() -> None:
    made = {
        name: [word.arg for word in node.keywords]
        for name, node in nodes(ast.Call)
        if isinstance(node, ast.Call) and called(node).endswith("Environment")
    }
    templates = [path for package in PACKAGES for path in (HOME / package).rglob("templates/**/*.*")]
    unescaped = [path.name for path in templates if re.search(r"\|\s*safe\b|autoescape", path.read_text())]

    assert set(made) == {"starter/web/pages.py", "starter/embedded/inbox_pages.py", "gateways/letters.py"}
    assert all("autoescape" in words for words in made.values())
    assert len(templates) > 50
    assert unescaped == []


def test_data_never_becomes_code_nor_a_shells_command() -> None:
    imported = [
        at(name, node)
        for name, node in (*nodes(ast.Import), *nodes(ast.ImportFrom))
        for module in _modules(node)
        if module in CODE_FROM_DATA
    ]
    calls = [
        at(name, node)
        for name, node in nodes(ast.Call)
        if isinstance(node, ast.Call)
        and (
            (called(node) in CALLS and not _is_regular_expression(node))
            or any(word.arg == "shell" for word in node.keywords)
        )
    ]

    assert imported == []
    assert calls == []


def _is_regular_expression(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and last_name(node.func.value) == "re"


def _modules(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [one.name.partition(".")[0] for one in names]
        case ast.ImportFrom(module=str(module)):
            return [module.partition(".")[0]]
    return []


def test_certificates_are_always_verified_and_no_redirect_is_followed() -> None:
    told = [
        (at(name, node), word.arg)
        for name, node in nodes(ast.Call)
        if isinstance(node, ast.Call)
        for word in node.keywords
        if word.arg in {"verify", "follow_redirects", "check_hostname", "ssl_verify"}
        and not (isinstance(word.value, ast.Constant) and word.value.value is False)
    ]
    turned_off = [
        at(name, node)
        for name, node in nodes(ast.Call)
        if isinstance(node, ast.Call)
        for word in node.keywords
        if word.arg in {"verify", "check_hostname", "ssl_verify", "validate_certs"}
        and isinstance(word.value, ast.Constant)
        and word.value.value is False
    ]

    assert told == []
    assert turned_off == []


def test_the_threat_model_names_tests_that_there_are() -> None:
    named = re.findall(r"`(tests?[/_][^`]+)`", (HOME / "docs" / "security.md").read_text())
    files = {path.name: path.read_text() for path in (HOME / "tests").rglob("test_*.py")}
    known = [*files, *re.findall(r"def (test_\w+)", "\n".join(files.values()))]

    missing = [
        name for name in named if not (HOME / name).is_dir() and not any(_matches(name, one) for one in known)
    ]

    assert len(named) > 40
    assert missing == []


def _matches(named: str, one: str) -> bool:
    """A long name may end in an ellipsis."""
    return one.startswith(named.removesuffix("…")) if named.endswith("…") else one == named
