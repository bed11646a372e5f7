"""A laboratory's file is kept as it came, and given to whoever may read results."""

from collections.abc import Callable

from sqlalchemy import text
from support.clients import Client
from support.laboratory import example_rows, file_of, lots_in_quarantine
from support.refusals import records
from support.stages import LOT
from support.worlds import World

from cotrack.foundation.audit.verification.replay import differences
from cotrack.foundation.tables import sha256_of

Person = Callable[[str], Client]


def test_a_stored_file_is_given_back_byte_for_byte_and_the_trail_holds_its_hash(world: World, person: Person) -> None:
    lots_in_quarantine(world, LOT)
    content = file_of(example_rows(LOT))
    world.journey.results(content)
    sha256 = sha256_of(content)
    address = f"/results/files/{sha256}"
    page = person("shen.i").get(f"/lots/{LOT}/release").get_data(as_text=True)
    assert address in page
    assert sha256 in page
    answer = person("shen.i").get(address)
    assert answer.get_data() == content
    assert answer.headers["Content-Disposition"] == f'attachment; filename="results-{sha256[:12]}.csv"'
    assert f"sha256:{sha256}" in str(records(world, event="result.import")[-1]["changes"])
    assert world.read(lambda session: list(differences(session, world.runtime.ground.secrets))) == []
    assert person("root.a").get(address).status_code == 403
    assert person("shen.i").get(f"/results/files/{'0' * 64}").status_code == 404


def test_what_is_not_the_stored_file_any_more_is_not_given(world: World, person: Person) -> None:
    lots_in_quarantine(world, LOT)
    content = file_of(example_rows(LOT))
    world.journey.results(content)
    engine = world.runtime.ground.sessions.engine
    postgresql = engine.dialect.name == "postgresql"
    stop = "ALTER TABLE result_file DISABLE TRIGGER USER" if postgresql else "DROP TRIGGER result_file_no_update"
    with engine.begin() as connection:
        by_hand = connection.execution_options(cotrack_migration=True)
        by_hand.execute(text(stop))
        by_hand.execute(text("UPDATE result_file SET content = :content"), {"content": b"another file"})
    answer = person("shen.i").get(f"/results/files/{sha256_of(content)}")
    assert answer.status_code == 404
    assert "not the file that was stored" in answer.get_data(as_text=True)
