"""The steps of the journey as the demonstration's people take them, each through its service."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from cotrack.bedside.models import Infusion
from cotrack.bedside.service import checks, infusions, ward
from cotrack.custody import service as custody
from cotrack.demonstration import making
from cotrack.demonstration.answers import NOT_SCREENED
from cotrack.demonstration.filling_acts import FillingActs
from cotrack.demonstration.laboratory import good_results
from cotrack.foundation.resources import resource
from cotrack.labelling.service import printing
from cotrack.manufacture.service import lots
from cotrack.orders.models import Order
from cotrack.orders.service import allocation, dosing
from cotrack.participants.service import bands, enrolment, identity, knowledge, screening
from cotrack.release.models import Disposition
from cotrack.release.service import dispositions, imports, results, trail_reviews
from cotrack.study import service as study


class Journey(FillingActs):
    """Every step from an empty site to a closed infusion."""

    # Study

    def study_takes_effect(self, name: str = "msc-ifna.demonstration.toml") -> str:
        """Load a study file and let QA and the principal investigator sign it."""
        return self.study_signed(study.read_study_file(resource("study/definitions") / name))

    def study_signed(self, text: str) -> str:
        """Load a study text and let QA and the principal investigator sign it."""
        sha256 = self.cast.do("qian.m", lambda work: study.load(work, text)).sha256
        self.cast.sign("qian.m", lambda work: study.approve_as_quality(work, sha256))
        self.cast.sign("prof.han", lambda work: study.approve_as_investigator(work, sha256))
        return sha256

    # Manufacture and release

    def finished_lot(
        self, number: str, *, bags: int = 1, made_on: date | None = None, samples: Sequence[str] = ()
    ) -> list[str]:
        """Make a lot with labelled bags and samples, and let it go into quarantine."""
        self.lot(number, made_on=made_on)
        making.made(self.cast, number, self.plan)
        made = [self.labelled_unit(number) for _ in range(bags)]
        for kind in samples:
            self.sample(number, kind)
        self.filling_finished(number)
        making.made(self.cast, number, self.plan, is_after_filling=True)
        for unit_number in made:
            self.cast.do("ma.k", lambda work, each=unit_number: custody.store_unit(work, each, place="LN2-A"))  # type: ignore[misc]
        return made

    def results(self, content: bytes, name: str = "qc-results.csv") -> None:
        """Import a laboratory's file."""
        self.cast.do("wang.l", lambda work: imports.import_results(work, file_name=name, content=content))

    def review(self, lot_number: str, *, by: str = "he.p") -> None:
        """Review all results of a lot."""
        lot = self.cast.read(lambda session: lots.lot_numbered(session, lot_number))
        stored = self.cast.read(lambda session: results.results_of(session, lot.id))
        ids = [each.id for each in stored if each.status == "recorded"]
        self.cast.sign(by, lambda work: results.review_results(work, lot_number, result_ids=ids))

    def trail_reviewed(self, lot_number: str, *, by: str = "tang.w") -> None:
        """Review a lot's trail."""
        self.cast.sign(by, lambda work: trail_reviews.review_trail(work, lot_number))

    def release(self, lot_number: str, *, by: str = "qian.m", reader: str = "tang.w") -> None:
        """Let somebody of QA review a lot's trail, and somebody release the lot."""
        self.trail_reviewed(lot_number, by=reader)
        self.cast.sign(by, lambda work: dispositions.release(work, lot_number))

    def release_conditionally(self, lot: str, *, reason: str, by: str = "qian.m") -> Disposition:
        """Let somebody of QA review a lot's trail, and somebody release the lot with tests outstanding."""
        self.trail_reviewed(lot)
        return self.cast.sign(by, lambda work: dispositions.release_conditionally(work, lot, reason=reason))

    def released_lot(self, number: str, *, bags: int = 1, made_on: date | None = None) -> list[str]:
        """Make a lot, import good results, review and release it."""
        made = self.finished_lot(number, bags=bags, made_on=made_on)
        self.results(good_results(number, self.ground.sessions.clock().astimezone(self.ground.site.zone)))
        self.review(number)
        self.release(number)
        return made

    # Participants

    def screened(self, content: bytes) -> None:
        """Import a screening file."""
        self.cast.do("li.c", lambda work: screening.screen(work, file_name="screening.csv", content=content))

    def identified(self, subject_number: str, name: str, hospital_number: str, birth_date: date) -> None:
        """Record who somebody is."""
        self.cast.do(
            "li.c",
            lambda work: identity.identify(
                work, subject_number, name=name, hospital_number=hospital_number, birth_date=birth_date
            ),
        )

    def answered(self, subject_number: str, more: Mapping[str, str] | None = None) -> None:
        """Let the physician answer what no column says."""
        answers = {**NOT_SCREENED, **(more or {})}
        self.cast.do("dr.gao", lambda work: knowledge.answer_criteria(work, subject_number, answers=answers))

    def enrolled(self, subject_number: str, arm: str = "monotherapy") -> None:
        """Enrol somebody."""
        self.cast.sign("dr.gao", lambda work: enrolment.enrol(work, subject_number, arm=arm))

    def measured(self, subject_number: str, values: Mapping[str, str]) -> None:
        """Record measurements of today; a weight is confirmed at once, however far it is from the last one."""
        self.cast.do(
            "li.c",
            lambda work: knowledge.measure(
                work,
                subject_number,
                measured_on=self.today(),
                values=values,
                confirmed_weight_kg=values.get("weight_kg", ""),
            ),
        )

    def banded(self, subject_number: str) -> str:
        """Print a band and let two people put it on; return its code."""
        code = self.printed_band(subject_number)
        for by, act in (("zhou.n", bands.put_on), ("wu.n", bands.confirm)):
            self.cast.do(
                by,
                lambda work, step=act: step(work, subject_number, band_code=code, is_identity_confirmed=True),  # type: ignore[misc]
            )
        return code

    def printed_band(self, subject_number: str) -> str:
        """Print a band; return its code."""
        asked = self.cast.do("li.c", lambda work: bands.request_band(work, subject_number))
        known = self.cast.do("li.c", lambda work: identity.look(work, subject_number, purpose="band"))
        printing.hand_out(self.ground, self.cast.actor("li.c"), asked.id, private=bands.private_fields(known))
        return self.code(asked.id)

    # Orders and bedside

    def ordered(self, subject_number: str, *, cells_per_kg: int = 2_000_000) -> str:
        """Order a dose for today."""
        order = self.cast.sign(
            "dr.gao",
            lambda work: dosing.make_order(work, subject_number, cells_per_kg=cells_per_kg, planned_on=self.today()),
        )
        return order.number

    def allocated(self, order_number: str) -> list[str]:
        """Set bags aside; return their numbers."""
        self.cast.do("li.c", lambda work: allocation.allocate(work, order_number))
        order = self.cast.read(lambda session: dosing.order_numbered(session, order_number))
        return [each.unit.number for each in order.allocations if each.released_at is None]

    def issued(self, unit_number: str, *, to_ward: str = "3A", taken_by: str = "zhou.n") -> None:
        """Hand a bag out to the ward."""
        code = self.live_code(f"unit:{unit_number}", "bag")
        self.cast.do("ma.k", lambda work: ward.issue(work, unit_number, bag_code=code, ward=to_ward, taken_by=taken_by))

    def received(self, unit_number: str, *, by: str = "zhou.n") -> None:
        """Take a bag over on the ward."""
        code = self.live_code(f"unit:{unit_number}", "bag")
        self.cast.do(by, lambda work: ward.receive(work, unit_number, bag_code=code))

    def thaw_check(self, unit_number: str, by: str) -> checks.MadeCheck:
        """Check a bag, its tag and its order before the thaw."""
        asked = {
            "order_number": self.cast.read(lambda session: allocation.order_of_bag(session, unit_number)),
            "unit_code": self.live_code(f"unit:{unit_number}", "bag"),
            "attached_code": self.live_code(f"unit:{unit_number}", "tag"),
            "station": "WARD-3A-1",
        }
        ready = {"line_ready": True, "vital_signs_ready": True}
        return self.cast.do(by, lambda work: checks.check_before_thaw(work, **asked, confirmed=ready))

    def thaw_begun(self, unit_number: str) -> None:
        """Check by two and start the thaw."""
        first, second = self.thaw_check(unit_number, "zhou.n"), self.thaw_check(unit_number, "wu.n")
        self.cast.do("wu.n", lambda work: infusions.start_thaw(work, first_check=first.id, second_check=second.id))

    def thawed(self, unit_number: str) -> None:
        """Check by two, start the thaw, and end it."""
        self.thaw_begun(unit_number)
        self.cast.do("wu.n", lambda work: infusions.finish_thaw(work, unit_number))

    def check(self, subject_number: str, unit_number: str, by: str, *, station: str = "WARD-3A-1") -> checks.MadeCheck:
        """Check band and bag at the bedside."""
        scans = {
            "participant_code": self.live_code(f"participant:{subject_number}", "wristband"),
            "unit_code": self.live_code(f"unit:{unit_number}", "bag"),
        }
        asked = {**scans, "station": station, "identity_answer": "confirmed"}
        return self.cast.do(by, lambda work: checks.check_identity(work, **asked), station=station)

    def started(self, subject_number: str, unit_number: str) -> Infusion:
        """Check by two and start."""
        first = self.check(subject_number, unit_number, "zhou.n")
        second = self.check(subject_number, unit_number, "wu.n")
        return self.cast.do("wu.n", lambda work: infusions.start(work, first_check=first.id, second_check=second.id))

    def completed(self, infusion: Infusion, given_ml: str, left_ml: str) -> None:
        """End an infusion as planned."""
        self.cast.sign(
            "wu.n",
            lambda work: infusions.complete(
                work, infusion.id, volume_given_ml=Decimal(given_ml), volume_left_ml=Decimal(left_ml)
            ),
        )

    def order_of(self, subject_number: str) -> str:
        """Return the number of somebody's newest order."""
        somebody = self.cast.read(lambda session: knowledge.participant_numbered(session, subject_number))
        return self.cast.read(lambda session: dosing.orders_of(session, somebody.id))[0].number

    def volume_to_give(self, unit_number: str) -> Decimal:
        """Return the volume in mL that is ordered from a bag."""
        order_number = self.cast.read(lambda session: allocation.order_of_bag(session, unit_number))
        held = [each for each in self.order(order_number).allocations if each.unit.number == unit_number]
        return held[-1].volume_to_give_ml

    def order(self, number: str) -> Order:
        """Look at an order."""
        return self.cast.read(lambda session: dosing.order_numbered(session, number))
