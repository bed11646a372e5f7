"""Documents cannot drift: what is made from the code equals it, and what they name exists."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cotrack.cli import main
from cotrack.documentation import DOCUMENTS, MADE_FROM

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FOLDERS = "bench|cotrack|deploy|docs|labels|migrations|tests|tools"
NO_COMMANDS = {"cotrack label code"}
"""What begins with the program's name and is something else: the words that the signature of a code begins with."""
EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def code_in(page: Path) -> Iterator[str]:
    """Every line of a code block, and every code span in the text between them."""
    for position, part in enumerate(re.split(r"^ *```.*\n", text_of(page), flags=re.MULTILINE)):
        yield from part.splitlines() if position % 2 else re.findall(r"`([^`]+)`", part)


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings, as the usual readers of Markdown make them."""
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documents as the command writes them now."""
    folder = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-m", "cotrack", "docs", "write", "--folder", str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return folder


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_made_from_the_code_is_what_the_code_says(written: Path, name: str) -> None:
    assert text_of(ROOT / "docs" / name) == text_of(written / name), "run `cotrack docs write`"


def test_the_command_writes_every_document_that_says_it_is_made_from_the_code(written: Path) -> None:
    assert {page.name for page in PAGES if MADE_FROM in text_of(page)} == {page.name for page in written.iterdir()}


@EVERY_PAGE
def test_every_link_to_a_file_of_ours_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


@EVERY_PAGE
def test_every_file_of_ours_that_a_document_names_exists(page: Path) -> None:
    for code in code_in(page):
        for path in re.findall(rf"(?<![\w./~-])(?:{FOLDERS})/[\w./*-]*\w/?", code):
            assert list(ROOT.glob(path.rstrip("/"))), path


@EVERY_PAGE
def test_every_target_of_make_that_a_document_names_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    for code in code_in(page):
        assert set(re.findall(r"(?:^|\s)make ([a-z]+)", code)) <= targets, code


@EVERY_PAGE
def test_every_command_that_a_document_names_exists(page: Path) -> None:
    for code in code_in(page):
        if code in NO_COMMANDS:
            continue
        for words in re.findall(r"(?:^|\s|bin/)cotrack((?: +[a-z]+)+)(?=$|[\s;&|)…])", code):
            assert_command(words.split())


def assert_command(words: list[str]) -> None:
    """Follow the words from group to group; what comes after a command is its argument."""
    command: click.Command = main
    for word in words:
        if not isinstance(command, click.Group):
            return
        assert word in command.commands, words
        command = command.commands[word]


def test_the_readme_names_every_document() -> None:
    linked = set(re.findall(r"\]\(docs/([\w-]+\.md)\)", text_of(ROOT / "README.md")))
    assert linked == {page.name for page in PAGES[1:]}


def test_every_setting_of_the_program_is_in_the_deployment_guide_and_no_other() -> None:
    known = set(re.findall(r"COTRACK_[A-Z0-9_]+", text_of(ROOT / "cotrack" / "settings.py")))
    of_commands = {"COTRACK_PASSWORD", "COTRACK_NEW_PASSWORD"}
    of_postgresql = set(re.findall(r"COTRACK_[A-Z0-9_]+", text_of(ROOT / "deploy" / "postgresql-roles.sql")))
    named = set(re.findall(r"COTRACK_[A-Z0-9_]+", text_of(ROOT / "docs" / "deploy.md")))
    assert named == known | of_commands | of_postgresql
