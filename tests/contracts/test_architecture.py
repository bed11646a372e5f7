"""The house's rules that no linter knows: what may import what, who commits, how large things may be."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cotrack.foundation.resources import PACKAGE

MODULES = sorted(PACKAGE.rglob("*.py"))
STAGES = (
    "study",
    "labelling",
    "quality",
    "manufacture",
    "custody",
    "release",
    "participants",
    "orders",
    "bedside",
    "followup",
    "trace",
    "interop",
    "desk",
)
"""In the order of the journey: each may use those before it."""
PURE_GROUND = {"cotrack.foundation.blockers", "cotrack.foundation.words", "cotrack.foundation.written"}
FLASK_PLACES = ("foundation/web/", "foundation/problems.py", "app.py", "stages.py", "installation.py")
COMMITTING = {"foundation/unit_of_work.py", "foundation/db/sessions.py"}


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from {_module(node.module, alias.name) for alias in node.names}


def _module(package: str, name: str) -> str:
    """Return `package.name` where that is a module of ours, else the package that the name comes from."""
    path = PACKAGE.parent.joinpath(*package.split("."), name)
    return f"{package}.{name}" if path.with_suffix(".py").exists() else package


def is_edge(name: str) -> bool:
    """Whether a module holds routes: `api.py` or `pages.py` of a stage, or the folder that one has become."""
    return name.endswith(("/api.py", "/pages.py")) or "/api/" in name or "/pages/" in name


def is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def rules_files() -> list[Path]:
    return [path for path in MODULES if "/rules" in f"/{name_of(path)}"]


@pytest.mark.parametrize("path", rules_files(), ids=name_of)
def test_rules_import_only_the_standard_library_and_earlier_rules(path: Path) -> None:
    stage = name_of(path).partition("/")[0]
    earlier = STAGES[: STAGES.index(stage) + 1]
    for module in imported(path):
        is_earlier_rule = any(module.startswith(f"cotrack.{each}.rules") for each in earlier)
        assert is_standard(module) or module in PURE_GROUND or is_earlier_rule, module


@pytest.mark.parametrize("path", rules_files(), ids=name_of)
def test_rules_hold_no_clock_and_no_session(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for word in ("datetime.now", "date.today", "time.time", "Session", "flask"):
        assert word not in text, word


def test_policy_imports_only_the_standard_library() -> None:
    assert all(is_standard(module) for module in imported(PACKAGE / "policy.py"))


def test_lifecycles_import_only_the_state_machine_and_words() -> None:
    allowed = {"cotrack.foundation.state_machine", "cotrack.foundation.words"}
    assert {module for module in imported(PACKAGE / "lifecycles.py") if not is_standard(module)} <= allowed


@pytest.mark.parametrize("name", ["state_machine.py", "words.py", "written.py"])
def test_the_pure_ground_stands_on_the_standard_library_alone(name: str) -> None:
    assert all(is_standard(module) for module in imported(PACKAGE / "foundation" / name))


def test_flask_stands_at_the_edge_only() -> None:
    edge = [
        name_of(path)
        for path in MODULES
        if any(
            module.partition(".")[0] in {"flask", "flask_babel", "flask_smorest", "werkzeug"}
            for module in imported(path)
        )
    ]
    strangers = [name for name in edge if not is_edge(name) and not name.startswith(FLASK_PLACES)]
    assert strangers == []


def test_exactly_one_module_commits_a_command() -> None:
    """Beside it only the session factory commits, for the few tables that stand outside the trail."""
    committing = {
        name_of(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "commit"
    }
    assert committing == COMMITTING


def test_no_import_stands_inside_a_function_but_where_it_is_explained() -> None:
    inside = [
        (name_of(path), node.lineno)
        for path in MODULES
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert [name for name, _ in inside] == [
        "installation.py",
        *["labelling/gateways/decoder.py"] * 2,
        "labelling/gateways/read_back.py",
    ]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_file_has_at_most_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGER_TABLES.get(name_of(path), 300)


LONGER_TABLES: dict[str, int] = {"lifecycles.py": 540, "vocabulary.py": 380}
"""Files that are one table and longer than 300 lines, each with its own limit."""


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_function_has_at_most_40_lines_and_a_view_at_most_10(path: Path) -> None:
    is_view = is_edge(name_of(path))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno is not None
            lines = node.end_lineno - node.lineno + 1
            assert lines <= 40, (node.name, lines)
            if is_view:
                statements = sum(isinstance(each, ast.stmt) for each in ast.walk(node)) - 1
                assert statements <= 10, (node.name, statements)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_in_one_sentence_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_a_field_for_scans_and_the_line_that_says_it_is_ready_are_drawn_by_their_macros_alone() -> None:
    templates = {each: each.read_text(encoding="utf-8") for each in PACKAGE.glob("**/templates/**/*.html")}
    drawn = [
        each.name for each, text in templates.items() if re.search(r"\bdata-(scan|ready|scan-tools)(?![\w-])", text)
    ]
    assert drawn == ["macros.html"]
