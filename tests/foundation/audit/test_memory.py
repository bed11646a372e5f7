"""Verifying and exporting stream: they need no more memory for a long trail than for a short one."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from support.long_trails import lengthen
from support.programs import program_of
from support.stages import LOT
from support.worlds import World

SHORT, LONG = 2_000, 50_000
MOST_MB = 200
MOST_GROWTH_MB = 6
REPLAY_CACHE_MB = 32
"""What the replay's scratch file keeps in memory at most (`replay.py`), and a short trail does not fill."""

TELL_PEAK = """
import atexit, re, sys
from pathlib import Path
from cotrack.cli import main
peak = lambda: re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]
atexit.register(lambda: print("PEAK", peak(), file=sys.stderr))
main(prog_name="cotrack")
"""
"""Runs the command as `python -m cotrack` does, and tells at its end the most memory that it had, in KiB."""


def peak_mb(world: World, *words: str) -> float:
    """Run a command that must succeed, in a process of its own; return the most memory that it needed."""
    program = program_of(world)
    run = subprocess.run(
        [sys.executable, "-c", TELL_PEAK, *words],
        env=program.variables({"COTRACK_PASSWORD": "only for training"}),
        cwd=world.home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return int(run.stderr.rpartition("PEAK ")[2]) / 1024


def peaks(world: World, folder: Path) -> dict[str, float]:
    return {
        "verify": peak_mb(world, "audit", "verify"),
        "verify quickly": peak_mb(world, "audit", "verify", "--quick"),
        "export": peak_mb(world, "--as", "shen.i", "audit", "export", str(folder)),
        "verify an export": peak_mb(world, "audit", "verify", str(folder)),
    }


def longer(world: World, count: int) -> None:
    """Let the trail grow by so many bags, filled now: the commands between go by the wall clock."""
    world.clock.now = datetime.now(UTC)
    world.journey.unit(LOT)
    lengthen(world, count)


def test_verifying_and_exporting_need_less_than_200_mb_however_long_the_trail(world: World, tmp_path: Path) -> None:
    world.clock.now = datetime.now(UTC)
    world.journey.lot(LOT)
    longer(world, SHORT)
    short = peaks(world, tmp_path / "short")
    longer(world, LONG - SHORT)
    long = peaks(world, tmp_path / "long")
    assert max(long.values()) < MOST_MB, long
    growth = {name: long[name] - short[name] for name in long}
    assert growth.pop("verify") < REPLAY_CACHE_MB + MOST_GROWTH_MB
    assert max(growth.values()) < MOST_GROWTH_MB, growth
