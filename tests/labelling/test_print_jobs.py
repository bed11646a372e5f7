"""Print jobs: one label or many, each once; what died in the middle says which labels are sure and which doubtful."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace

import pytest
from support.clusters import free_port
from support.labelled import NEW
from support.printers import PaperPrinter, ground_with, read_by_two, stand_at
from support.races import A_MOMENT, HeldCommand, Waiting
from support.refusals import records, refused
from support.sources import DONOR, MASTER, registered_bank, registered_donor
from support.stages import HER, LOT, enrolled
from support.worlds import World

from cotrack.bedside.service import ward
from cotrack.desk.service.label_kinds import OF_KIND
from cotrack.foundation.errors import PermissionDenied, TransitionNotAllowed
from cotrack.labelling.gateways.faults import PrinterNotReached, PrinterNotReady
from cotrack.labelling.gateways.read_back import codes_in_picture, pages_of_pdf
from cotrack.labelling.gateways.typesetting import LabelNotPrintable
from cotrack.labelling.models import LabelInstance, PrintJob
from cotrack.labelling.rules.print_jobs import MOST_LABELS, DoubtfulFacts, against_job, counts_again
from cotrack.labelling.rules.reconciliation import Fate
from cotrack.labelling.service import instances, outcomes, papers, print_jobs, print_queue, printing
from cotrack.manufacture.service import filling, reprinting, vials

ANEW = {"kind": "bag", "reason": "smudged"}


@contextmanager
def at_printer(world: World, **manners: float) -> Iterator[PaperPrinter]:
    found = PaperPrinter(**manners)  # type: ignore[arg-type]
    stand_at(world, ground_with(world, found.port))
    try:
        yield found
    finally:
        found.close()


@pytest.fixture
def bags(world: World) -> list[str]:
    """A lot that is filled: its bags carry their labels."""
    return list(world.journey.finished_lot(LOT, bags=4))


def anew(world: World, bags: list[str], key: str = "") -> tuple[PrintJob, list[int]]:
    """Ask for new labels of all bags, as one job; return the job and its labels."""
    job = reprinting.print_anew(world.cast.ground, world.cast.actor("zhao.l"), LOT, **ANEW, key=key)
    line = world.read(lambda session: print_queue.job_numbered(session, job.id))
    return job, [label.id for _, label in line.labels]


def send(world: World, job: PrintJob, by: str = "zhao.l", printer: str = "") -> bytes | None:
    return printing.send_job(world.cast.ground, world.cast.actor(by), job.id, printer=printer)


def standing(world: World, job: PrintJob) -> tuple[str, list[tuple[str | None, str]]]:
    """Return the status of a job, and of each of its labels what is known of its print and how it stands."""
    line = world.read(lambda session: print_queue.job_numbered(session, job.id))
    return line.job.status, [(part.outcome, label.status) for part, label in line.labels]


def label(world: World, label_id: int) -> LabelInstance:
    found: LabelInstance = world.read(lambda session: instances.label_numbered(session, label_id))
    return found


def test_a_job_of_many_prints_each_label_once_in_its_order_from_its_own_data(world: World, bags: list[str]) -> None:
    with at_printer(world) as paper:
        job, asked = anew(world, bags)
        assert standing(world, job) == ("waiting", [(None, "intended")] * 4)
        assert send(world, job) is None
        documents = paper.wait_for(4)
        with pytest.raises(TransitionNotAllowed):
            send(world, job)
    assert [read_by_two(each) for each in documents] == [{world.journey.code(each)} for each in asked]
    assert standing(world, job) == ("done", [("sure", "printed")] * 4)
    assert len(paper.labels) == 4


def test_a_job_for_the_browser_is_one_file_of_all_its_labels(world: World, bags: list[str]) -> None:
    job, asked = anew(world, bags)
    document = send(world, job)
    assert document is not None
    pages = [codes_in_picture(each) for each in pages_of_pdf(document)]
    assert pages == [[world.journey.code(each)] for each in asked]


def test_a_request_that_is_sent_again_finds_its_job_and_asks_for_no_label(world: World, bags: list[str]) -> None:
    first, asked = anew(world, bags, "k")
    again, same = anew(world, bags, "k")
    assert (first.id, asked) == (again.id, same)
    send(world, first)
    third, _ = anew(world, bags, "k")
    assert third.id == first.id
    other, newer = anew(world, bags, "l")
    assert (other.id != first.id, set(newer) & set(asked)) == (True, set())


def test_a_job_that_is_asked_for_again_under_its_key_is_the_same_job(world: World, bags: list[str]) -> None:
    asked = world.do("zhao.l", lambda work: filling.request_label(work, bags[0], **ANEW)).id
    first, again = (
        world.do("zhao.l", lambda work: print_jobs.request_job(work, [asked], request_key="k")).id for _ in range(2)
    )
    assert first == again
    with refused("label_not_waiting"):
        world.do("feng.t", lambda work: print_jobs.request_job(work, [asked], request_key="k"))


def test_a_printer_that_dies_in_the_middle_leaves_sure_doubtful_and_waiting_labels(
    world: World, bags: list[str]
) -> None:
    with at_printer(world, dies_after=2) as paper:
        job, asked = anew(world, bags)
        with pytest.raises(PrinterNotReached):
            send(world, job)
        assert len(paper.wait_for(2)) == 2
    assert standing(world, job) == (
        "doubtful",
        [("sure", "printed"), ("sure", "printed"), ("doubtful", "void"), (None, "intended")],
    )
    assert papers.fate_of_label(label(world, asked[2])) is Fate.IN_HAND
    with at_printer(world) as paper:
        send(world, job, printer="P-TEST")
        (document,) = paper.wait_for(1)
    assert read_by_two(document) == {world.journey.code(asked[3])}
    assert standing(world, job)[0] == "done"
    shown = world.read(print_queue.doubtful_labels)
    assert [each.id for _, each in shown] == [asked[2]]


def doubtful(world: World, bags: list[str]) -> tuple[str, int]:
    """Leave the label of the first bag doubtful; return the bag and the label."""
    with at_printer(world, hangs_up=True):
        asked = world.do("zhao.l", lambda work: filling.request_label(work, bags[0], **ANEW)).id
        with pytest.raises(PrinterNotReached):
            printing.hand_out(world.cast.ground, world.cast.actor("zhao.l"), asked)
    return bags[0], asked


def test_a_doubtful_label_is_void_until_it_is_scanned_back_on_its_own_thing(world: World, bags: list[str]) -> None:
    bag, asked = doubtful(world, bags)
    code = world.journey.code(asked)
    assert label(world, asked).status == "void"
    with refused("label_void", "wrong_label"):
        world.journey.scan_back(bags[1], code)
    world.journey.scan_back(bag, code)
    found = label(world, asked)
    assert (found.status, found.paper, papers.fate_of_label(found)) == ("applied", None, Fate.APPLIED)
    assert records(world)[-1]["event"] == "label_instance.find"
    assert world.read(print_queue.doubtful_labels) == []


def test_a_doubtful_label_is_dead_once_another_was_asked_for(world: World, bags: list[str]) -> None:
    bag, asked = doubtful(world, bags)
    newer = world.do("zhao.l", lambda work: filling.request_label(work, bag, kind="bag"))
    with refused("label_void"):
        world.journey.scan_back(bag, world.journey.code(asked))
    world.do("zhao.l", lambda work: papers.make_void(work, newer.id, reason="not needed"))
    with refused("label_void"):
        world.journey.scan_back(bag, world.journey.code(asked))


def test_a_doubtful_label_whose_paper_is_accounted_for_is_dead(world: World, bags: list[str]) -> None:
    bag, asked = doubtful(world, bags)
    world.do("zhao.l", lambda work: papers.account_for(work, asked, paper="destroyed"))
    with refused("label_void"):
        world.journey.scan_back(bag, world.journey.code(asked))


def test_a_label_that_was_made_void_while_it_was_printed_never_counts_again(world: World, bags: list[str]) -> None:
    asked = world.do("zhao.l", lambda work: filling.request_label(work, bags[0], **ANEW)).id
    sent = world.do("zhao.l", lambda work: printing._take_label(work, asked, "", {}))
    world.do("zhao.l", lambda work: papers.make_void(work, asked, reason="another bag's expiry stands on it"))
    world.do("zhao.l", lambda work: outcomes.record_doubt(work, sent, 0, "the printer died"))
    with refused("label_void"):
        world.journey.scan_back(bags[0], world.journey.code(asked))
    assert papers.fate_of_label(label(world, asked)) is Fate.IN_HAND


def test_who_prints_none_of_its_labels_ends_no_job_also_when_all_of_it_is_known(world: World, bags: list[str]) -> None:
    _, asked = doubtful(world, bags)
    job = world.read(print_queue.doubtful_labels)[0][0]
    assert label(world, asked).status == "void"
    for by in ("root.a", "zhou.n"):
        with pytest.raises(PermissionDenied):
            world.do(by, lambda work: print_jobs.cancel_job(work, job.id))
    world.do("zhao.l", lambda work: print_jobs.cancel_job(work, job.id))


def test_a_label_that_is_named_twice_for_a_job_is_printed_once(world: World, bags: list[str]) -> None:
    asked = world.do("zhao.l", lambda work: filling.request_label(work, bags[0], **ANEW)).id
    job = world.do("zhao.l", lambda work: print_jobs.request_job(work, [asked, asked]))
    assert standing(world, job) == ("waiting", [(None, "intended")])


def test_who_prints_the_label_of_a_vial_sees_its_job_and_its_doubt(world: World) -> None:
    registered_donor(world)
    registered_bank(world, MASTER, DONOR, vials=2)
    actor = world.cast.actor("zhao.l")
    asked = world.do("zhao.l", lambda work: vials.request_vial_label(work, MASTER, vial=2)).id
    sent = world.do("zhao.l", lambda work: printing._take_label(work, asked, "", {}))
    world.do("zhao.l", lambda work: outcomes.record_doubt(work, sent, 0, "the printer died"))
    shown = world.read(lambda session: print_queue.overview(session, actor.permissions, world.clock.now))
    assert [each.id for _, each in shown.doubtful] == [asked]
    (job,) = {each.id for each, _ in shown.doubtful}
    line = world.read(lambda session: print_queue.job_seen(session, job, actor))
    assert [each.id for _, each in line.labels] == [asked]


def test_a_new_label_and_the_scan_of_the_doubtful_one_at_once_leave_one_that_counts(
    world: World, bags: list[str]
) -> None:
    bag, asked = doubtful(world, bags)
    code = world.journey.code(asked)
    newer = HeldCommand(world, "feng.t", lambda work: filling.request_label(work, bag, kind="bag"))
    found = Waiting(world, "zhao.l", lambda work: instances.scan_back(work, f"unit:{bag}", code))
    newer.commit()
    found.end()
    live = [
        each for each in world.read(lambda session: instances.labels_of(session, f"unit:{bag}")) if each.kind == "bag"
    ]
    assert len([each for each in live if each.status in instances.LIVE_STATES]) == 1


def test_a_printer_that_is_off_leaves_all_waiting_and_a_person_sends_again_elsewhere(
    world: World, bags: list[str]
) -> None:
    stand_at(world, ground_with(world, free_port()))
    job, asked = anew(world, bags)
    for _ in range(2):
        with pytest.raises(PrinterNotReady, match="Nothing was printed"):
            send(world, job)
        assert standing(world, job) == ("waiting", [(None, "intended")] * 4)
    assert "Nothing was printed" in world.read(lambda session: print_queue.job_numbered(session, job.id)).job.fault
    document = send(world, job, printer="P-BROWSER")
    assert document is not None
    assert [each.printer for each in (label(world, each) for each in asked)] == ["P-BROWSER"] * 4


def test_one_label_that_does_not_fit_ends_the_job_before_anything_is_sent(world: World, bags: list[str]) -> None:
    with at_printer(world) as paper:
        job, asked = anew(world, bags[:0])
        ground = world.cast.ground
        world.cast.ground = replace(ground, site=replace(ground.site, maker_en="A very long maker " * 9))
        spoiled = world.do("zhao.l", lambda work: filling.request_label(work, bags[2], **ANEW)).id
        world.cast.ground = ground
        world.do("zhao.l", lambda work: print_jobs.cancel_job(work, job.id))
        mixed = world.do("zhao.l", lambda work: print_jobs.request_job(work, [asked[0], spoiled]))
        with pytest.raises(LabelNotPrintable, match="maker"):
            send(world, mixed)
        assert paper.labels == []
    assert standing(world, mixed) == ("failed", [(None, "void")] * 2)
    assert papers.fate_of_label(label(world, spoiled)) is Fate.NEVER_PRINTED


def test_a_label_that_was_replaced_while_its_job_waits_is_not_printed(world: World, bags: list[str]) -> None:
    with at_printer(world) as paper:
        job, asked = anew(world, bags)
        world.do("zhao.l", lambda work: filling.request_label(work, bags[0], **ANEW))
        send(world, job)
        documents = paper.wait_for(3)
    assert [read_by_two(each) for each in documents] == [{world.journey.code(each)} for each in asked[1:]]


def test_a_label_waits_in_one_job_only_and_is_not_handed_out_beside_it(world: World, bags: list[str]) -> None:
    job, asked = anew(world, bags)
    with refused("label_not_waiting"):
        world.do("zhao.l", lambda work: print_jobs.request_job(work, asked[:1]))
    with refused("in_print_job"):
        printing.hand_out(world.cast.ground, world.cast.actor("zhao.l"), asked[0])
    world.do("zhao.l", lambda work: print_jobs.cancel_job(work, job.id))
    assert printing.hand_out(world.cast.ground, world.cast.actor("zhao.l"), asked[0]).document
    with pytest.raises(TransitionNotAllowed):
        send(world, job)


def test_of_two_who_send_the_same_job_at_once_one_sends_it(world: World, bags: list[str]) -> None:
    job, _ = anew(world, bags)
    held = HeldCommand(world, "zhao.l", lambda work: printing._take_job(work, job.id, ""))
    second = Waiting(world, "feng.t", lambda work: printing._take_job(work, job.id, ""))
    held.commit()
    second.end()
    assert isinstance(second.refusal, TransitionNotAllowed)


def test_a_job_whose_end_nobody_heard_is_called_doubtful_by_a_person_and_never_sent_again(
    world: World, bags: list[str]
) -> None:
    job, asked = anew(world, bags)
    world.do("zhao.l", lambda work: printing._take_job(work, job.id, ""))
    with refused("still_printing"):
        world.do("zhao.l", lambda work: print_jobs.call_doubtful(work, job.id))
    with pytest.raises(TransitionNotAllowed):
        send(world, job)
    world.clock.pass_by(minutes=3)
    world.do("feng.t", lambda work: print_jobs.call_doubtful(work, job.id))
    assert standing(world, job) == ("doubtful", [("doubtful", "void")] * 4)
    with refused("nothing_to_print"):
        send(world, job)
    world.journey.scan_back(bags[1], world.journey.code(asked[1]))
    assert label(world, asked[1]).status == "applied"


def test_who_may_not_print_a_kind_sends_cancels_and_doubts_no_job_of_it(world: World, bags: list[str]) -> None:
    job, asked = anew(world, bags)
    acts = [
        lambda work: print_jobs.cancel_job(work, job.id),
        lambda work: printing._take_job(work, job.id, ""),
        lambda work: print_jobs.request_job(work, asked),
    ]
    for act in acts:
        with pytest.raises(PermissionDenied):
            world.do("zhou.n", act)
    world.do("zhao.l", lambda work: printing._take_job(work, job.id, ""))
    world.clock.pass_by(minutes=4)
    with pytest.raises(PermissionDenied):
        world.do("zhou.n", lambda work: print_jobs.call_doubtful(work, job.id))


def test_new_labels_of_a_lot_leave_an_issued_bag_its_own(world: World) -> None:
    world.journey.released_lot(LOT, bags=2)
    enrolled(world, HER)
    (issued,) = world.journey.allocated(world.journey.ordered(HER))
    world.journey.issued(issued)
    _, asked = anew(world, [])
    subjects = [label(world, each).subject for each in asked]
    assert len(subjects) == 1
    assert f"unit:{issued}" not in subjects
    assert world.read(lambda session: instances.live_label(session, f"unit:{issued}", "bag")).status == "applied"


def test_a_bag_that_is_handed_over_while_its_lot_is_asked_for_keeps_its_label(world: World) -> None:
    world.journey.released_lot(LOT, bags=1)
    enrolled(world, HER)
    (bag,) = world.journey.allocated(world.journey.ordered(HER))
    code = world.journey.live_code(f"unit:{bag}", "bag")
    issue = lambda work: ward.issue(work, bag, bag_code=code, ward="3A", taken_by="zhou.n")  # noqa: E731 (one line)
    handed_over = HeldCommand(world, "ma.k", issue)
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(anew, world, [])
        wait([asked], A_MOMENT)
        handed_over.commit()
        with refused("unit_out_of_store"):
            asked.result()
    assert world.read(lambda session: instances.live_label(session, f"unit:{bag}", "bag")).status == "applied"


def test_every_reason_against_a_job_is_told() -> None:
    assert [each.code for each in against_job([], [])] == ["nothing_to_print"]
    assert [each.code for each in against_job([1, 2], [2])] == ["label_not_waiting"]
    many = list(range(MOST_LABELS + 1))
    assert [each.code for each in against_job(many, many[1:])] == ["too_many_labels", "label_not_waiting"]


@pytest.mark.parametrize(
    ("facts", "counts"),
    [
        (DoubtfulFacts(is_doubtful=True, newer=0), True),
        (DoubtfulFacts(is_doubtful=True, newer=1), False),
        (DoubtfulFacts(is_doubtful=False, newer=0), False),
    ],
    ids=["doubtful only", "replaced", "made void"],
)
def test_a_void_label_counts_again_only_where_it_was_doubtful_and_not_replaced(
    facts: DoubtfulFacts, counts: bool
) -> None:
    assert counts_again(facts) is counts


def test_a_job_of_each_kind_is_seen_by_whoever_printed_it(world: World) -> None:
    for kind in ("vial", "badge", "box"):
        thing = NEW[kind](world)
        asked = world.do(thing.by, lambda work, of=thing: OF_KIND[of.kind].ask(work, of.key)).id
        job = world.do(thing.by, lambda work, of=asked: print_jobs.request_job(work, [of])).id
        actor = world.cast.actor(thing.by)
        seen = world.read(lambda session, of=job, by=actor: print_queue.job_seen(session, of, by))
        assert [each.kind for each in seen.of("waiting")] == [kind]
        now = world.clock()
        queue = world.read(lambda session, by=actor, at=now: print_queue.overview(session, by.permissions, at))
        assert job in {each.job.id for each in queue.jobs}
