"""Two commands at once: the first is held between its decision and its commit while the second tries."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from cotrack.demonstration.players import PASSWORD
from cotrack.foundation.errors import Refused
from cotrack.foundation.unit_of_work import rehearse, unit_of_work
from cotrack.foundation.work import Work
from support.worlds import World

PATIENCE = 15
A_MOMENT = 0.4

Act = Callable[[Work], Any]


class HeldCommand:
    """A command that has decided and written, and waits with its commit until it is let go."""

    def __init__(self, world: World, username: str, act: Act, *, is_signed: bool = False) -> None:
        actor, proof = world.cast.actor(username), None
        if is_signed:
            _, signing = rehearse(world.runtime.ground, actor, act)
            signed = {"meaning": signing.meaning, "text_sha256": signing.sha256}
            proof = world.runtime.door.prove(actor, PASSWORD, **signed)
        self._decided = threading.Event()
        self._let_go = threading.Event()
        self.refusal: Refused | None = None
        self._thread = threading.Thread(target=self._run, args=(world, actor, proof, act))
        self._thread.start()
        assert self._decided.wait(PATIENCE)

    def _run(self, world: World, actor: Any, proof: Any, act: Act) -> None:
        try:
            with unit_of_work(world.runtime.ground, actor, proof=proof) as work:
                act(work)
                work.session.flush()
                self._decided.set()
                self._let_go.wait(PATIENCE)
        except Refused as refused:
            self.refusal = refused
            self._decided.set()

    def commit(self) -> None:
        """Let the command go on and end."""
        self._let_go.set()
        self._thread.join(PATIENCE)


class Waiting:
    """A command that somebody else sends meanwhile."""

    def __init__(self, world: World, username: str, act: Act, *, is_signed: bool = False) -> None:
        self.refusal: Refused | None = None
        self.result: Any = None
        carry_out = world.sign if is_signed else world.do
        self._thread = threading.Thread(target=self._run, args=(carry_out, username, act))
        self._thread.start()

    def _run(self, carry_out: Callable[[str, Act], Any], username: str, act: Act) -> None:
        with suppress(Refused):
            try:
                self.result = carry_out(username, act)
            except Refused as refused:
                self.refusal = refused
                raise

    def waits(self) -> bool:
        """Whether the command still waits after a moment."""
        self._thread.join(A_MOMENT)
        return self._thread.is_alive()

    def end(self) -> None:
        """Wait for its end."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
