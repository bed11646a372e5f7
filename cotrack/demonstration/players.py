"""The people of the demonstration, and how each of them acts: through the services, with station and signature."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from cotrack.foundation.access.service import people
from cotrack.foundation.acting import Actor, Proof
from cotrack.foundation.migrations import SYSTEM
from cotrack.foundation.runtime import Runtime
from cotrack.foundation.unit_of_work import rehearse, unit_of_work
from cotrack.foundation.work import Work
from cotrack.labelling.rules.self_test import Arrived
from cotrack.labelling.rules.sheet import SYMBOLS
from cotrack.labelling.service import self_tests

T = TypeVar("T")

PASSWORD: Final = "only for training"  # noqa: S105 (no secret: it is printed, and works on training sites alone)
"""Everybody's password on a training site; `cotrack demo load` refuses to run anywhere else."""


@dataclass(frozen=True)
class Player:
    """Somebody of the demonstration; no such person exists."""

    username: str
    printed_name: str
    roles: tuple[str, ...]
    station: str = ""


PLAYERS: Final = {
    player.username: player
    for player in (
        Player("zhao.l", "赵莉 ZHAO Li", ("technician",), "FILL-1"),
        Player("feng.t", "冯涛 FENG Tao", ("technician",), "FILL-1"),
        Player("wang.l", "王磊 WANG Lei", ("analyst",)),
        Player("chen.y", "陈燕 CHEN Yan", ("analyst",)),
        Player("liu.m", "刘敏 LIU Min", ("analyst",)),
        Player("sun.q", "孙倩 SUN Qian", ("analyst",)),
        Player("he.p", "何平 HE Ping", ("analyst",)),
        Player("qian.m", "钱梅 QIAN Mei", ("qa_reviewer",)),
        Player("tang.w", "唐伟 TANG Wei", ("qa_reviewer",)),
        Player("dr.gao", "高医生 GAO Jun", ("physician",), "CLINIC-1"),
        Player("li.c", "李彩 LI Cai", ("coordinator",), "CLINIC-1"),
        Player("zhou.n", "周宁 ZHOU Ning", ("nurse",), "WARD-3A-1"),
        Player("wu.n", "吴娜 WU Na", ("nurse",), "WARD-3A-1"),
        Player("ma.k", "马可 MA Ke", ("logistics",), "FREEZER-1"),
        Player("prof.han", "韩教授 HAN Bo", ("principal_investigator",)),
        Player("root.a", "管理员 ROOT An", ("administrator",), "OFFICE-1"),
        Player("shen.i", "沈检 SHEN Jian", ("auditor",)),
    )
}
"""Nearly every role; analysts stand under the names that the laboratory's files use."""


class Cast:
    """Lets the players act, one command at a time."""

    def __init__(self, runtime: Runtime) -> None:
        """Begin on a runtime whose clock the caller may move."""
        self.runtime = runtime
        self.ground = runtime.ground
        self._actors: dict[str, Actor] = {}

    def enter(self) -> None:
        """Add everybody to the site, and let the scanner of every station be tested."""
        for player in PLAYERS.values():
            self.add(player)
        self.test_scanners()

    def add(self, player: Player) -> None:
        """Add one person to the site."""
        with unit_of_work(self.ground, SYSTEM) as work:
            people.add_person(
                work,
                self.runtime.passwords,
                username=player.username,
                printed_name=player.printed_name,
                roles=player.roles,
                password=PASSWORD,
                identity_verified_by="demonstration",
                must_change_password=False,
            )

    def test_scanners(self, stations: Sequence[str] = ()) -> None:
        """Let somebody scan the self-test sheet at each station, or at these, with a scanner that reads true."""
        true = {each.name: Arrived(each.text, milliseconds=1200) for each in SYMBOLS}
        for code in stations or self.ground.site.stations:
            self.do("zhao.l", lambda work, at=code: self_tests.take(work, at, true), station=code)  # type: ignore[misc]

    def actor(self, username: str, station: str | None = None) -> Actor:
        """Return a player as the one who acts, at their own station or at another."""
        if username not in self._actors:
            with self.ground.sessions.reading() as session:
                person = people.person_named(session, username)
                self._actors[username] = Actor(person.id, username, person.printed_name, person.role_names)
        known, player = self._actors[username], PLAYERS.get(username)
        chosen = station if station is not None else player.station if player else ""
        return Actor(
            known.person_id, username, known.printed_name, known.roles, chosen, known.person_id, "demonstration"
        )

    def do(self, username: str, act: Callable[[Work], T], *, station: str | None = None) -> T:
        """Let somebody carry out one unsigned command."""
        with unit_of_work(self.ground, self.actor(username, station)) as work:
            return act(work)

    def sign(self, username: str, act: Callable[[Work], T], *, station: str | None = None) -> T:
        """Let somebody carry out one signed command: it is decided first, then the password is verified."""
        actor = self.actor(username, station)
        with unit_of_work(self.ground, actor, proof=self.proof(actor, act)) as work:
            return act(work)

    def proof(self, actor: Actor, act: Callable[[Work], Any]) -> Proof:
        """Return the verified password of whoever signs this very act."""
        _, signing = rehearse(self.ground, actor, act)
        return self.runtime.door.prove(actor, PASSWORD, meaning=signing.meaning, text_sha256=signing.sha256)

    def read(self, look: Callable[[Any], T]) -> T:
        """Look at the database."""
        with self.ground.sessions.reading() as session:
            return look(session)
