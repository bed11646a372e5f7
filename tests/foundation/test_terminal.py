"""The command line: who acts, which exit status, one line for a refusal, progress on a terminal and none in a pipe."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from PIL import Image
from support.programs import Program, Said
from support.worlds import World

from cotrack.cli import main
from cotrack.demonstration.players import PASSWORD
from cotrack.foundation.access.models import SignInSession
from cotrack.foundation.audit.models import AuditRecord
from cotrack.foundation.resources import resource

STUDY = resource("study/definitions/msc-ifna.toml")
DISABLE = ("user", "disable", "zhou.n", "--reason", "left")
NEW_PASSWORD = "a password that is long"
ADD = ("user", "add", "xu.n", "--printed-name", "XU Na", "--role", "nurse", "--identity-verified-by", "ID card, root.a")


@pytest.fixture
def program(world: World) -> Program:
    """The command line of a site that works, where passwords stand in variables."""
    passwords = {"COTRACK_PASSWORD": PASSWORD, "COTRACK_NEW_PASSWORD": NEW_PASSWORD}
    return Program(world.home, world.settings.database_url, more=passwords)


def all_commands(group: click.Group) -> Iterator[click.Command]:
    for command in group.commands.values():
        yield from all_commands(command) if isinstance(command, click.Group) else (command,)


def events(world: World) -> list[tuple[str, str, str]]:
    """Who did what, with which outcome, in order."""
    rows = world.read(lambda session: session.query(AuditRecord).order_by(AuditRecord.id).all())
    return [(row.actor, row.event, row.outcome) for row in rows]


@pytest.mark.parametrize("command", list(all_commands(main)), ids=lambda command: command.name)
def test_every_command_says_what_it_does_and_who_may_act(command: click.Command) -> None:
    assert command.help
    assert {"--as", "--json"} <= {option for parameter in command.params for option in parameter.opts}


@pytest.mark.parametrize("words", [("--as", "root.a", *DISABLE), (*DISABLE, "--as", "root.a")], ids=["before", "after"])
def test_a_command_acts_as_the_named_person_wherever_the_name_stands(
    world: World, program: Program, words: tuple[str, ...]
) -> None:
    said = program.call(*words)
    assert (said.status, said.out, said.err) == (0, "zhou.n can no longer sign in.\n", "")
    acts = ("person.sign_in", "person.disable", "person.sign_out")
    assert events(world)[-3:] == [("root.a", event, "done") for event in acts]


def test_no_sign_in_of_the_command_line_stays_open(world: World, program: Program) -> None:
    program.call(*DISABLE, "--as", "root.a")
    program.call(*DISABLE, "--as", "wu.n")
    assert world.read(lambda session: session.query(SignInSession).filter_by(ended_at=None).count()) == 0


def test_a_command_that_changes_something_acts_for_nobody_unnamed(world: World, program: Program) -> None:
    before = events(world)
    said = program.call(*DISABLE)
    assert said.status == 2
    assert "say who acts: cotrack --as USER" in said.err
    assert events(world) == before


def test_a_person_without_the_right_is_refused_in_one_line_and_on_the_record(world: World, program: Program) -> None:
    assert program.call(*DISABLE, "--as", "wu.n").refusal == "Your role does not include “person:disable”."
    assert ("wu.n", "person.disable", "refused") in events(world)


def test_a_wrong_password_is_refused_in_one_line(program: Program) -> None:
    line = "User name or password is wrong, or the account is locked for now."
    assert program.run(*DISABLE, "--as", "root.a", COTRACK_PASSWORD="wrong").refusal == line
    assert program.run(*DISABLE, "--as", "nobody").refusal == line


def test_without_a_terminal_a_password_is_never_waited_for(program: Program) -> None:
    said = program.run(*DISABLE, "--as", "root.a", COTRACK_PASSWORD="")
    assert said.status == 2
    assert "there is no terminal to ask on: put the password into COTRACK_PASSWORD" in said.err
    said = program.run(*ADD, "--as", "root.a", COTRACK_NEW_PASSWORD="")
    assert said.status == 2
    assert "put the password into COTRACK_NEW_PASSWORD" in said.err


def test_somebody_new_changes_the_password_before_acting_here(program: Program) -> None:
    assert program.call(*ADD, "--as", "root.a").out == "xu.n can sign in.\n"
    said = program.call("trace", "lot", "MSC26-0001", "--as", "xu.n", COTRACK_PASSWORD=NEW_PASSWORD)
    assert said.refusal == "Change your password in the browser first."


def test_people_are_added_disabled_and_reset(world: World, program: Program) -> None:
    assert program.call(*ADD, "--as", "root.a").status == 0
    assert program.call(*ADD, "--as", "root.a").refusal == "The user name xu.n was given before."
    weak = program.call("user", "reset", "xu.n", "--reason", "forgot", "--as", "root.a", COTRACK_NEW_PASSWORD="short")
    assert weak.refusal == "A password has at least 12 characters and does not hold the user name."
    assert program.call("user", "reset", "xu.n", "--reason", "forgot it", "--as", "root.a").status == 0
    assert program.call("user", "disable", "no.body", "--reason", "left", "--as", "root.a").refusal == (
        "There is no person no.body."
    )
    assert ("root.a", "person.reset", "done") in events(world)


@pytest.mark.parametrize("act", ["disable", "reset"])
def test_a_reason_of_blanks_is_no_reason(program: Program, act: str) -> None:
    said = program.call("user", act, "zhou.n", "--reason", "  ", "--as", "root.a")
    assert said.status == 2
    assert "say why" in said.err


@pytest.mark.parametrize(
    "words", [("nothing",), ("trace", "donor", "1"), ("audit", "verify", "--quickly"), ("labels",)]
)
def test_wrong_usage_ends_with_2(program: Program, words: tuple[str, ...]) -> None:
    assert program.call(*words).status == 2


def test_a_refusal_has_the_same_reasons_for_machines(program: Program) -> None:
    found = program.call("demo", "load", "--json").refusal_for_machines
    assert found == {
        "kind": "blocked",
        "reasons": [{"code": "not_empty", "detail": "This database is not empty: use an empty one."}],
    }


def test_a_study_file_is_checked_and_each_fault_named_by_its_key(program: Program, tmp_path: Path) -> None:
    said = program.call("study", "check", str(STUDY))
    assert said.status == 0
    assert said.out.endswith(f"{STUDY}: MSC-IFNA 1 has no faults\n")
    faulty = tmp_path / "faulty.toml"
    faulty.write_text(STUDY.read_text().replace('code = "MSC-IFNA"', "code = 7"))
    said = program.call("study", "check", str(faulty))
    assert said.status == 1
    assert f"{faulty}: code: is 7: it must be a text" in said.err
    reasons = program.call("study", "check", "--json", str(faulty)).refusal_for_machines["reasons"]
    assert [reason["detail"] for reason in reasons] == said.err.splitlines()


def test_a_trail_that_disagrees_with_the_tables_ends_with_1_and_names_the_row(world: World, program: Program) -> None:
    assert program.call("audit", "verify").out == "the trail is whole, and the tables are what it says\n"
    engine = world.runtime.ground.sessions.engine
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "UPDATE person SET printed_name = 'Somebody' WHERE username = 'zhou.n'",
            execution_options={"cotrack_migration": True},
        )
        connection.commit()
    said = program.call("audit", "verify")
    assert said.status == 1
    assert "printed_name" in said.err
    assert program.call("audit", "verify", "--json").refusal_for_machines["kind"] == "found"


def test_labels_are_drawn_as_specimens_and_checked(world: World, program: Program) -> None:
    world.journey.lot("MSC26-0031")
    bag = world.journey.labelled_unit("MSC26-0031")
    picture = str(program.home / "bag.png")
    drawn = program.call("labels", "render", "bag", bag, "--format", "png", "-o", picture, "--as", "zhao.l")
    assert drawn.out.startswith(f"wrote {picture} (")
    checked = program.call("labels", "check", picture, "--as", "zhao.l")
    assert checked.status == 1
    assert checked.err.startswith("unknown: ")
    Image.new("L", (200, 200), 255).save(picture)
    said = program.call("labels", "check", picture, "--as", "zhao.l")
    assert said.refusal == f"{picture}: No code was found in this picture."


def render(program: Program, path: Path, *more: str, bag: str = "NO-BAG") -> Said:
    return program.call("labels", "render", "bag", bag, "-o", str(path), *more, "--as", "zhao.l")


def test_a_label_never_takes_the_place_of_a_file_unasked(world: World, program: Program) -> None:
    world.journey.lot("MSC26-0031")
    bag = world.journey.labelled_unit("MSC26-0031")
    path = program.home / "bag.pdf"
    path.write_text("kept")
    before = events(world)
    said = render(program, path, "--print", "--reason", "torn", bag=bag)
    assert said.refusal == f"{path} is there already: name another file, or replace it with --force."
    assert path.read_text() == "kept"
    assert [event for _, event, _ in events(world)[len(before) :]] == ["person.sign_in", "person.sign_out"]
    assert render(program, path, "--force", bag=bag).status == 0
    assert path.read_bytes().startswith(b"%PDF")
    assert sorted(each.name for each in program.home.glob("*bag.pdf*")) == ["bag.pdf"]


def test_a_label_that_is_refused_leaves_every_file_as_it_was(program: Program) -> None:
    path = program.home / "bag.pdf"
    assert render(program, path).refusal == "There is no unit NO-BAG."
    assert not path.exists()
    path.write_text("kept")
    assert render(program, path, "--force").refusal == "There is no unit NO-BAG."
    assert path.read_text() == "kept"
    assert sorted(each.name for each in program.home.glob("*bag.pdf*")) == ["bag.pdf"]


def test_where_a_label_cannot_be_written_the_line_names_the_file_and_nothing_is_printed(
    world: World, program: Program
) -> None:
    world.journey.lot("MSC26-0031")
    bag = world.journey.labelled_unit("MSC26-0031")
    before = events(world)
    for path, fault in (
        (Path("/nowhere/bag.pdf"), "No such file or directory"),
        (program.home, "Is a directory"),
        (Path("/proc/self/bag.pdf"), "No such file or directory"),
    ):
        for more in ((), ("--force",)):
            said = render(program, path, "--print", "--reason", "torn", *more, bag=bag)
            assert said.refusal == f"{path}: {fault}"
    assert {event for _, event, _ in events(world)[len(before) :]} == {"person.sign_in", "person.sign_out"}
    assert render(program, Path("/dev/full"), bag=bag).refusal == "/dev/full: No space left on device"


def pictures(folder: Path) -> Iterator[tuple[Path, str]]:
    """Files that are no picture to read, each with what is said of it."""
    whole = folder / "whole.png"
    Image.new("L", (50, 50)).save(whole)
    for name, content, said in (
        ("letters.png", b"no picture at all", "This is no picture (PNG, JPEG, TIFF, BMP, GIF, WEBP)."),
        ("half.png", whole.read_bytes()[:60], "This picture is damaged: take it again."),
    ):
        (folder / name).write_bytes(content)
        yield folder / name, said
    Image.new("1", (20_000, 20_000)).save(folder / "bomb.png")
    yield folder / "bomb.png", "This is too large a picture: cut out the label."
    yield folder, "Is a directory"
    yield folder / "nowhere.png", "No such file or directory"


def test_what_is_no_picture_is_one_line_with_the_files_name(program: Program) -> None:
    for path, said in pictures(program.home):
        found = program.call("labels", "check", str(path), "--as", "zhao.l")
        assert found.refusal == f"{path}: {said}"


def test_a_thing_is_traced_with_its_records(world: World, program: Program) -> None:
    world.journey.lot("MSC26-0031")
    said = program.call("trace", "lot", "MSC26-0031", "--as", "qian.m")
    assert said.out.startswith("lot:MSC26-0031\n")
    assert "lot.make  zhao.l (technician)  done" in said.out
    assert program.call("trace", "lot", "NO-LOT", "--as", "qian.m").refusal == "There is no lot NO-LOT."


def on_a_terminal(program: Program, *words: str) -> str:
    """Run a command with a terminal as its stderr, and return what the person there saw."""
    ours, its = pty.openpty()
    command = [sys.executable, "-m", "cotrack", *words]
    variables = program.variables({})
    run = subprocess.run(command, env=variables, stdout=subprocess.PIPE, stderr=its, timeout=60, check=True)
    os.close(its)
    seen = b""
    while chunk := read_or_nothing(ours):
        seen += chunk
    os.close(ours)
    assert run.returncode == 0
    return seen.decode()


def read_or_nothing(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:
        return b""


def test_long_work_shows_progress_on_a_terminal_and_none_in_a_pipe(program: Program) -> None:
    assert "100%" in on_a_terminal(program, "audit", "verify")
    assert program.run("audit", "verify").err == ""


def test_a_reader_who_stops_reading_gets_no_complaint(world: World, program: Program) -> None:
    world.journey.lot("MSC26-0031")
    reads, writes = os.pipe()
    os.close(reads)
    command = [sys.executable, "-m", "cotrack", "trace", "lot", "MSC26-0031", "--as", "qian.m"]
    variables = program.variables({})
    run = subprocess.run(command, env=variables, stdout=writes, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writes)
    assert run.stderr == b""
