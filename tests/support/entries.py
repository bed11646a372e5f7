"""Results typed by hand, for tests of what becomes of them."""

from typing import Any

from cotrack.release.service import dispositions, entries
from cotrack.release.service.entries import Entered
from support.laboratory import lots_in_quarantine
from support.stages import LOT
from support.studies import in_effect, newer
from support.worlds import World

TYPED = {
    "test": "viability",
    "sample": f"{LOT}-VIA",
    "replicate": 1,
    "reported": "93.4",
    "method": "7-AAD flow",
    "tested_at": "2026-10-05 09:12",
    "analyst": "wang.l",
    "instrument": "FC-2",
    "retest_of": None,
    "comment": "",
}
APPEARANCE = {"test": "appearance", "sample": f"{LOT}-APP", "reported": "conforms", "method": "visual"}


def not_critical(world: World, test: str) -> None:
    """Make a lot under a newer version of the study, which says that this test is not critical."""
    said = f'key = "{test}"\n'
    in_effect(world, newer((said, f"{said}critical = false\n")))
    lots_in_quarantine(world, LOT)


def enter(world: World, by: str, **changed: Any) -> Entered:
    done: Entered = world.do(by, lambda work: entries.enter_result(work, LOT, **{**TYPED, **changed}))
    return done


def unsettled_reasons(world: World, *, by: str = "qian.m") -> list[str]:
    """Return the reasons against a release that typed entries give."""
    actor = world.cast.actor(by)
    look = lambda session: dispositions.case_summary(world.runtime.ground, session, LOT, actor)  # noqa: E731
    return [each.code for each in world.read(look).blockers if each.code.startswith("entry_")]
