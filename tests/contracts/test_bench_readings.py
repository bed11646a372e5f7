"""`python -m bench.readings` prints one JSON object a line and writes its page: nothing on it is typed by hand."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from support.readings.shots import THINGS, measured_kinds

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """A run with one photograph for each figure: where it wrote, and what it printed."""
    folder = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-m", "bench.readings", "--shots", "1", "--folder", str(folder)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert run.returncode == 0, run.stderr
    return folder, [json.loads(line) for line in run.stdout.splitlines()]


def words_of(page: str) -> str:
    """Return a page without the figures of its tables, and without the count of its readings."""
    return re.sub(r"\d[\d.]*(?= %|( \|)|( readings))", "n", page)


def test_every_kind_is_measured_by_two_decoders_and_every_amount_is_varied(
    written: tuple[Path, list[dict[str, Any]]],
) -> None:
    _, lines = written
    within = Counter(line["label"] for line in lines if not line["varied"])
    assert all(within[kind] >= 2 * len(THINGS[kind]) for kind in measured_kinds())
    assert {line["varied"] for line in lines} == {
        "",
        "pixels a module",
        "blur in modules",
        "perspective in percent",
        "degrees round the thing",
    }
    assert sum(line["wrong"] for line in lines) == 0


def test_the_page_in_docs_is_one_that_the_command_writes(written: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, _ = written
    page = (DOCS / "label-reading.md").read_text(encoding="utf-8")
    assert words_of(page) == words_of((folder / "label-reading.md").read_text(encoding="utf-8"))


def test_the_picture_in_docs_has_a_line_for_each_decoder_but_libdmtx_round_a_vial() -> None:
    drawing = ET.parse(DOCS / "label-reading.svg").getroot()  # noqa: S314 (it is our own)
    panels = drawing.findall("{http://www.w3.org/2000/svg}g")
    assert [len(each.findall("*[@stroke-width='2']")) for each in panels] == [4, 4, 4, 3]
