"""`python -m bench` prints what surface.md §6 says: one JSON object a line, each with the same work done by hand."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
KEYS = {"name", "value", "unit", "floor", "ratio", "n", "detail"}
PERCENTILES = {"p50_ms", "p95_ms", "p99_ms"}
NAMES = [
    "label_1_sqlite",
    "label_4_sqlite",
    "verify_quick_sqlite",
    "verify_contents_sqlite",
    "trail_cost_sqlite",
    "identity_check_1_client_sqlite",
    "identity_check_8_clients_sqlite",
]


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    """A short run on SQLite alone."""
    command = [sys.executable, "-m", "bench", "--seconds", "0.5", "--labels", "4", "--database", "sqlite"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_every_line_has_the_keys_that_other_people_read(lines: list[dict[str, Any]]) -> None:
    assert [line["name"] for line in lines] == NAMES
    assert [set(line) for line in lines] == [KEYS] * len(lines)


def test_a_ratio_is_the_value_over_the_floor_of_the_same_run(lines: list[dict[str, Any]]) -> None:
    for line in lines:
        assert line["value"] > 0
        assert line["n"] > 0
        assert line["unit"].endswith("/s")
        assert line["ratio"] == pytest.approx(line["value"] / line["floor"], rel=0.02)


def test_the_times_stand_in_the_detail_for_both_sides(lines: list[dict[str, Any]]) -> None:
    for line in lines:
        detail = line["detail"]
        assert detail.keys() >= PERCENTILES
        assert detail["floor"].keys() == PERCENTILES
        assert 0 < detail["p50_ms"] <= detail["p95_ms"] <= detail["p99_ms"]
