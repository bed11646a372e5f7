"""Verifying an export beside a bare loop of hashlib and line reading, and what the trail costs a command."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from unittest.mock import patch

import rfc8785

from bench.figures import Line, Slice
from bench.sites import Site
from cotrack.bedside.service import checks
from cotrack.foundation import unit_of_work as commands
from cotrack.foundation.audit import sealing
from cotrack.foundation.audit.checkpoint import Checkpoint, signed_note
from cotrack.foundation.audit.tree import GrowingTree, leaf_hash
from cotrack.foundation.audit.verification.exported import Trusted, verify_export
from cotrack.foundation.db import changes
from cotrack.foundation.unit_of_work import unit_of_work

RECORDS = 20_000
ROUNDS = 5
COMMANDS_A_SLICE = 20


def lines(site: Site, seconds: float) -> Iterator[Line]:
    """Measure both verifications of one file, then the cost of the trail to an identity check."""
    folder = site.world.home / "bench-export"
    _make_export(site, folder)
    for name, is_quick in (("verify_quick", True), ("verify_contents", False)):
        value, floor = [], []
        for _ in range(ROUNDS):
            value.append(_timed(lambda is_quick=is_quick: _verify(folder, is_quick=is_quick)))  # type: ignore[misc]
            floor.append(_timed(lambda: _bare_loop(folder / "entries.jsonl")))
        size = (folder / "entries.jsonl").stat().st_size
        yield Line(f"{name}_{site.database}", "records/s", value, floor, {"bytes": size, "records": RECORDS})
    yield _cost(site, seconds)


def _make_export(site: Site, folder: Path) -> None:
    """Repeat the record of a check under new ids: an export as the program writes it, of a size worth timing."""
    (folder / "checkpoints").mkdir(parents=True)
    said = json.loads(site.record_of_a_check())
    tree = GrowingTree()
    with (folder / "entries.jsonl").open("wb") as file:
        for record_id in range(1, RECORDS + 1):
            line = rfc8785.dumps({**said, "id": record_id})
            file.write(line + b"\n")
            tree.append(leaf_hash(line))
    ground = site.world.runtime.ground
    key = sealing.verifier_key(ground)
    (folder / "vkey").write_text(key.text)
    head = Checkpoint(key.name, tree.size, tree.root())
    (folder / "checkpoint").write_text(signed_note(head, key, ground.keys.trail.sign))


def _verify(folder: Path, *, is_quick: bool) -> int:
    faults = list(verify_export(folder, Trusted(), is_quick=is_quick))
    if faults:
        raise RuntimeError(f"the bench's own export has faults: {faults[:3]}")
    return RECORDS


def _bare_loop(path: Path) -> int:
    count = 0
    with path.open("rb") as file:
        for line in file:
            hashlib.sha256(b"\0" + line).digest()
            count += 1
    return count


def _timed(act: Callable[[], int]) -> Slice:
    begun = time.perf_counter()
    count = act()
    taken = time.perf_counter() - begun
    return Slice([taken / count] * count, taken)


def _cost(site: Site, seconds: float) -> Line:
    """Run the same command with the trail and without collecting, writing and sealing it."""
    value, floor = [], []
    end = time.perf_counter() + 2 * seconds
    while len(value) < ROUNDS or time.perf_counter() < end:
        value.append(_commands(site, nullcontext()))
        floor.append(_commands(site, _without_trail()))
    return Line(f"trail_cost_{site.database}", "commands/s", value, floor, {"command": "identity check, in process"})


def _commands(site: Site, how: AbstractContextManager[object]) -> Slice:
    ground, actor = site.world.runtime.ground, site.world.cast.actor("zhou.n")
    taken = []
    with how:
        begun = before = time.perf_counter()
        for _ in range(COMMANDS_A_SLICE):
            with unit_of_work(ground, actor) as work:
                checks.check_identity(work, identity_answer="confirmed", **site.question)
            now = time.perf_counter()
            taken.append(now - before)
            before = now
    return Slice(taken, before - begun)


def _without_trail() -> AbstractContextManager[object]:
    """Leave the trail out; only here, to see what it costs."""
    stack = ExitStack()
    stack.enter_context(patch.object(commands, "insert_record", lambda *_: None))
    stack.enter_context(patch.object(changes.ChangeCollector, "collect", lambda *_: None))
    stack.enter_context(patch.object(changes.ChangeCollector, "note", lambda *_: None))
    stack.enter_context(patch.object(changes.ChangeCollector, "remember", lambda *_, **__: None))
    return stack
