"""What a tired person is told to do with the bag now, and whom to call, for each code word (screens.md, bedside)."""

from typing import Final

from cotrack.foundation.words import N_

CALL_PHYSICIAN: Final = "physician"
CALL_QA: Final = "qa"
CALL_CELL_BANK: Final = "cell_bank"

_KEEP_AND_CALL = N_("Do not give this bag. Keep it with its labels, apart from other bags, and call.")
_SCAN_AGAIN = N_("Scan again, slowly and from close by. If it fails twice, do not give the bag and call.")
_OTHER_BAG = N_("Put this bag back where you took it. Fetch the bag of this patient and scan it.")
_OTHER_PERSON = N_("Ask a colleague to sign in at this bedside and scan for themselves.")
_WAIT = N_("Do not give the bag now. The physician decides what happens next; watch the bag's end of life.")

ADVICE: Final[dict[str, tuple[str, str]]] = {
    "wrong_patient": (N_("Stop. Do not connect anything. Take the bag away from this bed and call."), CALL_PHYSICIAN),
    "not_allocated": (_OTHER_BAG, CALL_CELL_BANK),
    "band_not_current": (
        N_("Do not give the bag. Print a new band and put it on with a colleague, then begin again."),
        CALL_PHYSICIAN,
    ),
    "wrong_kind": (N_("You scanned another label than asked for. Scan what the question asks for."), CALL_CELL_BANK),
    "unknown_code": (N_("This is no code of ours. Scan the square code on our label or band."), CALL_CELL_BANK),
    "damaged_code": (_SCAN_AGAIN, CALL_CELL_BANK),
    "not_scanned": (_SCAN_AGAIN, CALL_CELL_BANK),
    "copied_not_scanned": (_SCAN_AGAIN, CALL_CELL_BANK),
    "bad_signature": (_KEEP_AND_CALL, CALL_QA),
    "wrong_environment": (_KEEP_AND_CALL, CALL_QA),
    "label_superseded": (_KEEP_AND_CALL, CALL_QA),
    "label_void": (_KEEP_AND_CALL, CALL_QA),
    "label_incomplete": (_KEEP_AND_CALL, CALL_QA),
    "label_outdated": (
        N_("Keep the bag frozen and call: it gets a label with its new expiry first. Then check it again."),
        CALL_CELL_BANK,
    ),
    "lot_not_released": (_KEEP_AND_CALL, CALL_QA),
    "lot_conditional": (_KEEP_AND_CALL, CALL_PHYSICIAN),
    "lot_rejected": (_KEEP_AND_CALL, CALL_QA),
    "entry_waits": (_KEEP_AND_CALL, CALL_QA),
    "entry_contradicted": (_KEEP_AND_CALL, CALL_QA),
    "entry_differed": (_KEEP_AND_CALL, CALL_QA),
    "lot_on_hold": (_KEEP_AND_CALL, CALL_QA),
    "unit_on_hold": (_KEEP_AND_CALL, CALL_QA),
    "lot_recalled": (_KEEP_AND_CALL, CALL_QA),
    "expired": (N_("Do not give this bag. Record it as wasted, and call."), CALL_CELL_BANK),
    "expires_before_end": (_WAIT, CALL_PHYSICIAN),
    "already_used": (_KEEP_AND_CALL, CALL_QA),
    "step_out_of_order": (
        N_("Look at the bag's page: the step before was not recorded. Do not go on without it."),
        CALL_CELL_BANK,
    ),
    "not_issued_here": (N_("Do not give this bag. Keep it closed and call where it was to go."), CALL_CELL_BANK),
    "station_not_tested": (
        N_(
            "Do not give the bag yet. Scan the self-test sheet at this station, or sign in at a station that is "
            "tested; then check again. It takes a minute."
        ),
        CALL_QA,
    ),
    "station_unknown": (N_("Sign out, and sign in at the station of this bed."), CALL_CELL_BANK),
    "order_not_valid": (_WAIT, CALL_PHYSICIAN),
    "participant_not_eligible": (_WAIT, CALL_PHYSICIAN),
    "interval_too_short": (_WAIT, CALL_PHYSICIAN),
    "too_many_infusions": (_WAIT, CALL_PHYSICIAN),
    "weight_stale": (N_("Weigh the patient, record the weight, and let the physician order again."), CALL_PHYSICIAN),
    "dose_out_of_range": (_WAIT, CALL_PHYSICIAN),
    "endotoxin_too_high": (_KEEP_AND_CALL, CALL_PHYSICIAN),
    "count_changed": (_KEEP_AND_CALL, CALL_PHYSICIAN),
    "endotoxin_unknown": (_KEEP_AND_CALL, CALL_QA),
    "sponsor_to_set": (_WAIT, CALL_PHYSICIAN),
    "precondition_missing": (
        N_("Make it ready, tick it, and check again. The bag stays frozen until then."),
        CALL_PHYSICIAN,
    ),
    "same_person": (_OTHER_PERSON, CALL_PHYSICIAN),
    "second_scan_missing": (_OTHER_PERSON, CALL_PHYSICIAN),
    "check_too_old": (N_("Both people scan band and bag again."), CALL_PHYSICIAN),
}
"""For each code word: what to do now, and the phone of `site.toml` to call."""

DEFAULT_ADVICE: Final = (_KEEP_AND_CALL, CALL_PHYSICIAN)


def advice(code: str) -> tuple[str, str]:
    """Return what to do now and whom to call; for a word nobody foresaw, the safest."""
    return ADVICE.get(code, DEFAULT_ADVICE)
