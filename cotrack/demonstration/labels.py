"""The demonstration's labels that are on no bag and on nobody: places, containers, a vial, badges, sheets."""

from collections.abc import Callable

from cotrack.demonstration import ingredients
from cotrack.demonstration.acts import Journey
from cotrack.demonstration.story import StoryClock
from cotrack.foundation.work import Work
from cotrack.labelling.models import LabelInstance
from cotrack.labelling.service import instances, print_jobs, printing, site_labels
from cotrack.manufacture.service import batch_sheet, vials


def labels_of_the_site(journey: Journey, clock: StoryClock) -> None:
    """Signs and boxes are labelled, a badge is handed out, a vial and a lot have theirs; a shipper's waits."""
    clock.go_to(days=2)
    places = (("LN2-A", "location"), ("BOX-0001", "box"))
    for code, kind in places:
        _on_its_thing(journey, "ma.k", _of_place(code, kind))
    _on_its_thing(journey, "root.a", lambda work: site_labels.request_badge(work, "zhao.l"))
    _on_its_thing(journey, "zhao.l", lambda work: vials.request_vial_label(work, ingredients.WORKING, vial=1))
    _vials_left(journey)
    _on_its_thing(journey, "zhao.l", lambda work: batch_sheet.request_batch_sheet(work, clock.lot(30)))
    printed = journey.cast.do("ma.k", _of_place("DRY-01", "shipper"))
    printing.hand_out(journey.ground, journey.cast.actor("ma.k"), printed.id)


def _vials_left(journey: Journey) -> None:
    """Two more vials' labels were put together for one printer, and nobody has sent them since."""
    cast = journey.cast
    asked = [
        cast.do("zhao.l", lambda work, vial=each: vials.request_vial_label(work, ingredients.WORKING, vial=vial)).id  # type: ignore[misc]
        for each in (2, 3)
    ]
    cast.do("zhao.l", lambda work: print_jobs.request_job(work, asked))


def _of_place(code: str, kind: str) -> Callable[[Work], LabelInstance]:
    return lambda work: site_labels.request_location_label(work, code, kind=kind)


def _on_its_thing(journey: Journey, by: str, ask: Callable[[Work], LabelInstance]) -> None:
    """Ask for a label, hand it out, and scan it back on its thing."""
    label_id = journey.cast.do(by, ask).id
    printing.hand_out(journey.ground, journey.cast.actor(by), label_id)
    code = journey.code(label_id)
    journey.cast.do(by, lambda work: instances.scan_back_label(work, label_id, code=code))
