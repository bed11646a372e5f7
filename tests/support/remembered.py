"""A point of the journey is reached through the services once in a test process; later tests start from a copy."""

import copy
import functools
import itertools
import shutil
import tempfile
from collections.abc import Callable, Hashable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from cotrack.demonstration.acts import Journey

if TYPE_CHECKING:
    from support.worlds import World

P = ParamSpec("P")
T = TypeVar("T")

_folder = tempfile.TemporaryDirectory(prefix="cotrack-kept-")
_kept: dict[Hashable, tuple[str, datetime, Any]] = {}
_numbers = itertools.count(1)


def remembered(build: Callable[Concatenate["World", P], T]) -> Callable[Concatenate["World", P], T]:
    """Let a function bring a site to a point of the journey once; for the next site at the same point it is copied.

    What it returns is plain data. A site on which a test did anything of its own goes on step by step.
    """

    @functools.wraps(build)
    def reach(world: "World", *args: P.args, **kwargs: P.kwargs) -> T:
        if not world.is_where_it_was:
            return build(world, *args, **kwargs)
        point = (*world.point, (build.__module__, build.__qualname__, args, tuple(sorted(kwargs.items()))))
        if point in _kept:
            name, world.clock.now, reached = _kept[point]
            _take(world, name)
        else:
            reached = build(world, *args, **kwargs)
            name = f"kept_{next(_numbers)}"
            _keep(world, name)
            _kept[point] = (name, world.clock.now, reached)
        world.stand(point)
        return copy.deepcopy(reached)

    return reach


class RememberedJourney(Journey):
    """The journey, whose slow steps are taken once from each point; those are the steps that draw labels."""

    world: "World"

    def _step(self, step: str, *args: Any, **kwargs: Any) -> Any:
        return _taken(self.world, step, *args, **kwargs)

    labelled_unit = functools.partialmethod(_step, "labelled_unit")
    finished_lot = functools.partialmethod(_step, "finished_lot")
    released_lot = functools.partialmethod(_step, "released_lot")
    screened = functools.partialmethod(_step, "screened")
    banded = functools.partialmethod(_step, "banded")


@remembered
def _taken(world: "World", step: str, *args: Any, **kwargs: Any) -> Any:
    return getattr(super(RememberedJourney, world.journey), step)(*args, **kwargs)


def _keep(world: "World", name: str) -> None:
    world.runtime.ground.sessions.engine.dispose()
    shutil.copytree(world.home, Path(_folder.name) / name)
    if world.cluster is not None:
        world.cluster.create(name, template=world.database)


def _take(world: "World", name: str) -> None:
    world.runtime.ground.sessions.engine.dispose()
    shutil.copytree(Path(_folder.name) / name, world.home, dirs_exist_ok=True)
    if world.cluster is not None:
        world.cluster.drop(world.database)
        world.cluster.create(world.database, template=name)
