"""What waits over labels: doubtful ones, jobs that were left, and the page of a label that goes with others."""

import html
from datetime import timedelta

import pytest
from support.clients import Client
from support.labelled import a_vial
from support.printers import PaperPrinter, ground_with, stand_at
from support.sources import MASTER
from support.stages import LOT
from support.worlds import World

from cotrack.app import create_app
from cotrack.desk.service.home import tasks_for
from cotrack.desk.service.tasks import Task
from cotrack.labelling.gateways.faults import PrinterNotReached
from cotrack.labelling.service import papers, print_jobs, print_queue, printing
from cotrack.lifecycles import PRINT_JOB
from cotrack.manufacture.service import filling, reprinting, vials

LOOK, WAIT, END = (
    "Look for a label that may have been printed",
    "Labels wait to be printed",
    "Say what became of this label",
)


def waits(world: World, username: str, title: str) -> list[Task]:
    actor = world.cast.actor(username)
    found = world.read(lambda session: tasks_for(world.runtime.ground, session, actor))
    return [each for each in found if each.title == title]


def page_of(world: World, username: str, path: str) -> str:
    answer = Client(create_app(world.runtime), username).get(path)
    assert answer.status_code == 200
    return html.unescape(answer.get_data(as_text=True))


def left_job(world: World) -> int:
    """Put new labels of all bags of a lot together, and leave them."""
    world.journey.finished_lot(LOT, bags=2)
    actor = world.cast.actor("zhao.l")
    job = reprinting.print_anew(world.cast.ground, actor, LOT, kind="bag", reason="smudged", key="")
    world.clock.pass_by(minutes=6)
    return job.id


def test_a_doubtful_label_waits_until_somebody_says_what_became_of_it(world: World) -> None:
    (bag,) = world.journey.finished_lot(LOT)
    paper = PaperPrinter(hangs_up=True)
    stand_at(world, ground_with(world, paper.port))
    try:
        asked = world.do("zhao.l", lambda work: filling.request_label(work, bag, kind="bag", reason="smudged")).id
        with pytest.raises(PrinterNotReached):
            printing.hand_out(world.cast.ground, world.cast.actor("zhao.l"), asked)
    finally:
        paper.close()
    (task,) = waits(world, "zhao.l", LOOK)
    assert (task.subject, task.arguments) == (f"unit:{bag}", {"label_id": asked})
    assert waits(world, "ma.k", LOOK) == []
    world.do("zhao.l", lambda work: papers.account_for(work, asked, paper="destroyed"))
    assert waits(world, "zhao.l", LOOK) == []


def test_labels_that_were_put_together_and_left_wait_as_one_job(world: World) -> None:
    job = left_job(world)
    (task,) = waits(world, "feng.t", WAIT)
    assert (task.arguments, task.details) == ({"job_id": job}, {"number": 2})
    assert waits(world, "feng.t", END) == []
    assert waits(world, "root.a", WAIT) == [], "no business of who sees no bag"
    world.do("zhao.l", lambda work: print_jobs.cancel_job(work, job))
    assert waits(world, "feng.t", WAIT) == []
    assert len(waits(world, "feng.t", END)) == 2


def test_a_job_of_vials_is_seen_by_who_prints_vials(world: World) -> None:
    a_vial(world)
    ask = lambda each: world.do("zhao.l", lambda work: vials.request_vial_label(work, MASTER, vial=each)).id  # noqa: E731 (one line)
    asked = [ask(1), ask(2)]
    job = world.do("zhao.l", lambda work: print_jobs.request_job(work, asked)).id
    world.clock.pass_by(minutes=6)
    assert [each.arguments for each in waits(world, "zhao.l", WAIT)] == [{"job_id": job}]
    assert f"{MASTER}-V002" in page_of(world, "zhao.l", f"/print-jobs/{job}")
    assert f'href="/print-jobs/{job}"' in page_of(world, "zhao.l", "/printers")


def test_a_job_that_was_just_put_together_is_nobodys_work_yet(world: World) -> None:
    left_job(world)
    world.clock.pass_by(seconds=-timedelta(minutes=5).total_seconds())
    assert waits(world, "feng.t", WAIT) == []


def test_the_page_of_a_label_that_goes_with_others_leads_to_their_job(world: World) -> None:
    job = left_job(world)
    line = world.read(lambda session: print_queue.job_numbered(session, job))
    label = line.labels[0][1].id
    shown = page_of(world, "zhao.l", f"/labels/{label}")
    assert f'href="/print-jobs/{job}"' in shown
    assert f'action="/labels/{label}/hand-out"' not in shown
    world.do("zhao.l", lambda work: print_jobs.cancel_job(work, job))
    assert f'action="/labels/{label}/hand-out"' in page_of(world, "zhao.l", f"/labels/{label}")


def test_a_job_that_waits_is_shown_however_many_ended_before_it(world: World) -> None:
    def ended(work) -> None:  # type: ignore[no-untyped-def]
        work.begin(PRINT_JOB, "request", "")
        for _ in range(200):
            print_jobs.make_job(work, [], "P-BROWSER")

    world.do("zhao.l", ended)
    job = left_job(world)
    assert [each.job.id for each in world.read(print_queue.open_jobs)] == [job]


def test_the_page_of_a_label_whose_print_nobody_heard_the_end_of_leads_to_where_that_is_said(world: World) -> None:
    (bag,) = world.journey.finished_lot(LOT)
    asked = world.do("zhao.l", lambda work: filling.request_label(work, bag, kind="bag", reason="smudged")).id
    job = world.do("zhao.l", lambda work: print_jobs.request_job(work, [asked])).id
    world.do("zhao.l", lambda work: printing._take_job(work, job, ""))
    assert f'href="/print-jobs/{job}"' in page_of(world, "zhao.l", f"/labels/{asked}")
