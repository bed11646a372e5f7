"""Fixed words of the program that people read, beside the states of `lifecycles.py`, and their tones."""

from typing import Final

from cotrack.foundation.words import N_

STATE_WORDS: Final = {
    "draft": N_("draft"),
    "in_effect": N_("in effect"),
    "superseded": N_("superseded"),
    "intended": N_("asked for"),
    "sending": N_("being printed"),
    "printed": N_("printed"),
    "applied": N_("applied"),
    "void": N_("void"),
    "standing": N_("on hold"),
    "lifted": N_("lifted"),
    "recalled": N_("recalled"),
    "open": N_("open"),
    "planned": N_("planned"),
    "done": N_("done"),
    "dropped": N_("dropped"),
    "undecided": N_("not decided yet"),
    "eligible": N_("eligible"),
    "not_eligible": N_("not eligible"),
    "approved": N_("approved"),
    "in_process": N_("in process"),
    "quarantine": N_("quarantine"),
    "conditionally_released": N_("conditionally released"),
    "released": N_("released"),
    "rejected": N_("rejected"),
    "closed": N_("closed"),
    "filled": N_("filled"),
    "stored": N_("stored"),
    "allocated": N_("allocated"),
    "issued": N_("issued"),
    "received": N_("received"),
    "thawing": N_("thawing"),
    "thawed": N_("thawed"),
    "started": N_("started"),
    "paused": N_("paused"),
    "completed": N_("completed"),
    "stopped_early": N_("stopped early"),
    "returned": N_("returned"),
    "wasted": N_("wasted"),
    "destroyed": N_("destroyed"),
    "recorded": N_("recorded"),
    "reviewed": N_("reviewed"),
    "invalidated": N_("made invalid"),
    "screening": N_("screening"),
    "enrolled": N_("enrolled"),
    "withdrawn": N_("withdrawn"),
    "put_on": N_("put on, not confirmed"),
    "confirmed": N_("confirmed"),
    "removed": N_("removed"),
    "ordered": N_("ordered"),
    "cancelled": N_("cancelled"),
}
"""How people read a state; the words of one state are the same for every noun."""

STATE_TONES: Final = {
    "go": frozenset(
        {
            "in_effect",
            "released",
            "enrolled",
            "confirmed",
            "completed",
            "applied",
            "reviewed",
            "approved",
            "eligible",
        }
    ),
    "stop": frozenset(
        {
            "rejected",
            "not_eligible",
            "withdrawn",
            "void",
            "invalidated",
            "destroyed",
            "cancelled",
            "wasted",
            "removed",
            "stopped_early",
            "standing",
            "recalled",
        }
    ),
    "careful": frozenset(
        {"open", "undecided", "conditionally_released", "quarantine", "paused", "superseded", "put_on", "returned"}
    ),
}
"""The colour and shape that go with a state's word; every other state is neutral."""

WORDS: Final = {
    **STATE_WORDS,
    # roles
    "technician": N_("GMP technician"),
    "analyst": N_("QC analyst"),
    "qa_reviewer": N_("QA reviewer"),
    "physician": N_("physician"),
    "coordinator": N_("trial coordinator"),
    "nurse": N_("infusion nurse"),
    "logistics": N_("courier and cell bank"),
    "administrator": N_("administrator"),
    "principal_investigator": N_("principal investigator"),
    "auditor": N_("auditor"),
    "system": N_("system"),
    "trail.export": N_("Trail exported"),
    "trail_finding.find": N_("Trail found altered"),
    "trail_finding.acknowledge": N_("Finding acknowledged"),
    "demonstration.load": N_("Demonstration begun"),
    "demonstration.finish": N_("Demonstration complete"),
    # outcomes and verdicts
    "refused": N_("refused"),
    "mismatch": N_("mismatch"),
    "match": N_("match"),
    "within": N_("within limits"),
    "near_limit": N_("near limit"),
    "out_of_specification": N_("out of specification"),
    "missing": N_("missing"),
    "undecidable": N_("cannot be decided"),
    # meanings of signatures
    "accepted": N_("accepted"),
    "conditionally released": N_("conditionally released"),
    "performed": N_("performed"),
    # nouns
    "person": N_("person"),
    "study_definition": N_("study definition"),
    "label_instance": N_("label"),
    "hold": N_("hold"),
    "deviation": N_("deviation"),
    "deviation_action": N_("action"),
    "alert": N_("alert"),
    "donor": N_("donor"),
    "cell_bank": N_("cell bank"),
    "material": N_("material"),
    "lot": N_("lot"),
    "unit": N_("bag"),
    "result": N_("result"),
    "participant": N_("participant"),
    "band": N_("band"),
    "order": N_("order"),
    "infusion": N_("infusion"),
    "identity_check": N_("identity check"),
    # kinds of label and of handover
    "bag": N_("bag label"),
    "tag": N_("bag tag"),
    "wristband": N_("wristband"),
    "issue": N_("issue"),
    "receipt": N_("receipt"),
    "return": N_("return"),
    # whom to call, beside the cell bank
    "qa": N_("quality assurance"),
    # answers
    "yes": N_("yes"),
    "no": N_("no"),
    "none": N_("none"),
    "active": N_("active"),
    "irradiated": N_("irradiated"),
    "negative": N_("negative"),
    "positive": N_("positive"),
    "monotherapy": N_("alone"),
    "immunochemotherapy": N_("with immunochemotherapy"),
    # events without a lifecycle
    "person.add": N_("Person added"),
    "person.disable": N_("Person disabled"),
    "person.grant": N_("Role given"),
    "person.revoke": N_("Role taken"),
    "person.reset": N_("Password set by an administrator"),
    "person.change_password": N_("Password changed"),
    "person.sign_in": N_("Signed in"),
    "person.sign_out": N_("Signed out"),
    "person.lock_out": N_("Account locked after wrong passwords"),
    "participant.measure": N_("Measurements recorded"),
    "participant.identify": N_("Identity recorded"),
    "participant.look": N_("Identity looked at"),
    "identity_check.make": N_("Identity check"),
    "label_instance.specimen": N_("Specimen label drawn"),
    "result.import": N_("Results imported"),
    "schema.migrate": N_("Database migrated"),
    "backup.create": N_("Back-up made"),
    "system.restore": N_("Back-up restored"),
    "system.start": N_("Program started"),
    "result_entry.withdraw": N_("Entry of a result withdrawn"),
    "trail_review.sign": N_("Trail reviewed"),
    "alert.acknowledge": N_("Alert read"),
    "critical_changes": N_("critical changes"),
    # tiers of banks, kinds of materials
    "master": N_("master"),
    "working": N_("working"),
    "medium": N_("medium"),
    "reagent": N_("reagent"),
    "vector": N_("vector"),
    "container": N_("container"),
    # classes of deviations
    "minor": N_("minor"),
    "major": N_("major"),
    "critical": N_("critical"),
    # kinds of action
    "correction": N_("correction"),
    "prevention": N_("prevention"),
}

TONES: Final = {
    **STATE_TONES,
    "go": STATE_TONES["go"] | {"done", "match", "within"},
    "stop": STATE_TONES["stop"] | {"refused", "mismatch", "out_of_specification"},
    "careful": STATE_TONES["careful"] | {"near_limit", "missing", "undecidable"},
}


def tone(state: str) -> str:
    """Return the tone of a state: `go`, `stop`, `careful`, or `neutral` for every other."""
    return next((name for name, states in TONES.items() if state in states), "neutral")
