"""Every permitted change of status, one table per noun: the second of the two files that a QA person reviews.

From these tables come the checks, the buttons, the database's CHECK constraints and docs/lifecycles.md.
tests/safety/permitted.csv holds the same by hand, and a test compares the two.
"""

from typing import Final

from cotrack.foundation.state_machine import Action, Lifecycle
from cotrack.foundation.words import N_


def _from(*states: str) -> frozenset[str]:
    return frozenset(states)


NOTHING: Final = _from()
FOLLOWS: Final = "follows:another_act"
"""The permission of a change that only follows from another act; no role holds it, so nobody can ask for it alone."""

# One row an action; kept in rows by hand, because a table is read in rows.
# fmt: off
STUDY_DEFINITION: Final = Lifecycle(
    "study_definition",
    ("draft", "in_effect", "superseded"),
    (
        Action("load", N_("Load"), NOTHING, "draft", "study:load",
               N_("A study file is read, checked and kept as a draft.")),
        Action("approve_quality", N_("Approve as QA"), _from("draft"), None, "study:approve_quality",
               N_("A QA reviewer signs the very text of the draft."), meaning="approved"),
        Action("approve_investigator", N_("Approve as principal investigator"), _from("draft"),
               None, "study:approve_investigator",
               N_("The principal investigator signs the very text of the draft."), meaning="approved"),
        Action("take_effect", N_("Take effect"), _from("draft"), "in_effect", FOLLOWS,
               N_("With both signatures the draft takes effect; it follows from the second signature. Where its text "
                  "names a later day, it waits for that day.")),
        Action("begin", N_("Take effect on its day"), _from("draft"), "in_effect", "study:begin",
               N_("Both have signed, and the day that its text names has come: the program says so in its status.")),
        Action("supersede", N_("Supersede"), _from("in_effect"), "superseded", FOLLOWS,
               N_("A newer version took effect; what was made under this one keeps it.")),
    ),
)

LABEL_INSTANCE: Final = Lifecycle(
    "label_instance",
    ("intended", "sending", "printed", "applied", "superseded", "void"),
    (
        Action("request", N_("Print"), NOTHING, "intended", "label:print",
               N_("A label is asked for; an older one of the same thing is worthless from this moment.")),
        Action("send", N_("Hand out"), _from("intended"), "sending", "label:print",
               N_("The label is drawn, read back and given to its printer, once; its outcome is recorded next.")),
        Action("confirm_print", N_("Confirm print"), _from("sending"), "printed", "label:print",
               N_("The label was read back, compared and taken by the printer.")),
        Action("fail", N_("Print failed"), _from("sending"), "void", "label:print",
               N_("The label could not be rendered, read back or sent; it never counts.")),
        Action("apply", N_("Apply"), _from("printed"), "applied", "label:apply",
               N_("The label is on its thing and was scanned back there.")),
        Action("hold_back", N_("Hold back"), _from("sending"), "intended", "label:print",
               N_("It is certain that nothing of the label reached its printer: it waits to be handed out.")),
        Action("find", N_("Scan back doubtful label"), _from("void"), "applied", "label:apply",
               N_("A label of which nobody knew whether it was printed came out after all, is on its thing and was "
                  "scanned back there.")),
        Action("supersede", N_("Supersede"), _from("intended", "sending", "printed", "applied"), "superseded", FOLLOWS,
               N_("A newer label of the same thing was asked for.")),
        Action("void", N_("Make void"), _from("intended", "sending", "printed", "applied"), "void", "label:void",
               N_("The label is spoiled, destroyed or doubtful and never counts again."), needs_reason=True),
        Action("follow_destruction", N_("Destroy with its thing"), _from("intended", "sending", "printed"), "void",
               FOLLOWS, N_("The thing is destroyed, and with it a label that never went on it.")),
        Action("account", N_("Account for paper"), _from("superseded", "void"), None, "label:void",
               N_("What became of the paper of a label that counts no more is written down.")),
    ),
)

PRINT_JOB: Final = Lifecycle(
    "print_job",
    ("waiting", "printing", "done", "doubtful", "failed", "cancelled"),
    (
        Action("request", N_("Put together"), NOTHING, "waiting", "label:print",
               N_("Labels that were asked for are put together for one printer.")),
        Action("send", N_("Print now"), _from("waiting", "doubtful"), "printing", "label:print",
               N_("The labels of the job that still wait are drawn, read back and sent one after the other, once "
                  "each.")),
        Action("finish", N_("Finish"), _from("printing"), "done", FOLLOWS,
               N_("Every label of the job was taken by the printer.")),
        Action("hold_back", N_("Hold back"), _from("printing"), "waiting", FOLLOWS,
               N_("It is certain that nothing of the next label reached the printer: the rest waits until a person "
                  "sends it again.")),
        Action("doubt", N_("Call doubtful"), _from("printing"), "doubtful", "label:print",
               N_("The printer died in the middle, or nobody heard the end: labels that may have come out are void "
                  "until they are scanned back, those that were not sent wait.")),
        Action("fail", N_("Printing failed"), _from("printing"), "failed", FOLLOWS,
               N_("A label of the job could not be drawn or does not read back: nothing was printed.")),
        Action("cancel", N_("Cancel job"), _from("waiting", "doubtful"), "cancelled", "label:print",
               N_("The job sends nothing more; its labels that still wait may be handed out one by one.")),
    ),
)

FOREIGN_SCAN: Final = Lifecycle(
    "foreign_scan",
    ("kept", "purged"),
    (
        Action("keep", N_("Keep scan"), NOTHING, "kept", FOLLOWS,
               N_("Somebody scanned a code that is none of cotrack's: the string is kept, encrypted.")),
        Action("open", N_("Open scan"), _from("kept"), None, "foreign_scan:open",
               N_("QA reads what was scanned; each look stands in the trail with its reason."), needs_reason=True),
        Action("purge", N_("Purge scan"), _from("kept"), "purged", "foreign_scan:purge",
               N_("The string is deleted for good; that it was scanned stays in the trail."), needs_reason=True),
    ),
)

DONOR: Final = Lifecycle(
    "donor",
    ("undecided", "eligible", "not_eligible"),
    (
        Action("register", N_("Register donor"), NOTHING, "undecided", "source:register",
               N_("A donor is known here by a number alone.")),
        Action("approve", N_("Find eligible"), _from("undecided"), "eligible", "source:decide",
               N_("QA signs the donor's marker results and that the donor is eligible."), meaning="approved"),
        Action("reject", N_("Find not eligible"), _from("undecided", "eligible"), "not_eligible", "source:decide",
               N_("QA signs that the donor is not eligible; what was made from an eligible one is held at once."),
               meaning="rejected", needs_reason=True),
    ),
)


def _checked(noun: str, register: Action, *, use: str) -> Lifecycle:
    """Return the lifecycle of what QA approves before it goes into a lot."""
    return Lifecycle(
        noun,
        ("quarantine", "approved", "rejected"),
        (
            register,
            Action("approve", N_("Approve"), _from("quarantine"), "approved", "source:decide",
                   N_("QA signs that it may go into lots."), meaning="approved"),
            Action("reject", N_("Reject"), _from("quarantine", "approved"), "rejected", "source:decide",
                   N_("QA signs that it goes into no lot; what an approved one went into is held at once."),
                   meaning="rejected", needs_reason=True),
            Action("use", N_("Use in lot"), _from("approved"), None, "source:use", use),
        ),
    )


CELL_BANK: Final = _checked(
    "cell_bank",
    Action("register", N_("Register cell bank"), NOTHING, "quarantine", "source:register",
           N_("A master bank of a donor, or a working bank of a master bank, is laid down in vials.")),
    use=N_("Vials are drawn for a lot in process; the lot knows its bank for ever."),
)

MATERIAL: Final = _checked(
    "material",
    Action("register", N_("Register material"), NOTHING, "quarantine", "source:register",
           N_("A delivered lot of a material arrives and waits in quarantine.")),
    use=N_("An amount goes into a lot in process; the lot knows its material for ever."),
)

EQUIPMENT: Final = Lifecycle(
    "equipment",
    ("in_use", "out_of_use"),
    (
        Action("register", N_("Register equipment"), NOTHING, "in_use", "equipment:keep",
               N_("A room or a device, calibrated or qualified until a day, may be scanned at steps from now on.")),
        Action("calibrate", N_("Record calibration"), _from("in_use", "out_of_use"), None, "equipment:keep",
               N_("QA writes down when it was calibrated and until when that stands; earlier days stay in the trail.")),
        Action("take_out", N_("Take out of use"), _from("in_use"), "out_of_use", "equipment:stop",
               N_("No step is performed with it until QA brings it back."), needs_reason=True),
        Action("bring_back", N_("Bring back into use"), _from("out_of_use"), "in_use", "equipment:keep",
               N_("QA writes down why it may be used again."), needs_reason=True),
    ),
)

LOT: Final = Lifecycle(
    "lot",
    ("in_process", "quarantine", "conditionally_released", "released", "rejected", "closed"),
    (
        Action("make", N_("Make lot"), NOTHING, "in_process", "lot:make",
               N_("A lot begins and is bound to the study version in effect.")),
        Action("finish", N_("Finish filling"), _from("in_process"), "quarantine", "lot:finish",
               N_("Every step up to here is verified, every unit labelled, the line cleared after it; the lot waits "
                  "for QA.")),
        Action("release", N_("Release"), _from("quarantine", "conditionally_released"), "released", "lot:release",
               N_("QA signs that every required result is there, within its limits and reviewed, and the trail read."),
               meaning="released"),
        Action("release_conditionally", N_("Release conditionally"), _from("quarantine", "conditionally_released"),
               "conditionally_released", "lot:release_conditionally",
               N_("QA signs a release with outstanding tests for the days that the study allows, again where a test "
                  "takes longer; each order needs the treating physician's acceptance."),
               meaning="conditionally released", needs_reason=True),
        Action("reject", N_("Reject"), _from("in_process", "quarantine", "conditionally_released"),
               "rejected", "lot:reject",
               N_("QA signs that the lot is never to be used."), meaning="rejected", needs_reason=True),
        Action("close", N_("Close"), _from("released", "rejected"), "closed", "lot:close",
               N_("QA signs that every unit has come to its end and every label is accounted for."),
               meaning="approved"),
        Action("record_source", N_("Record a source late"),
               _from("in_process", "quarantine", "conditionally_released", "released", "rejected", "closed"),
               None, "source:record_late",
               N_("QA signs what really went into the lot and was not recorded then; it opens a deviation."),
               meaning="performed", needs_reason=True),
        Action("decide_expiry", N_("Change expiry"), _from("quarantine", "conditionally_released", "released"),
               None, "lot:decide_expiry",
               N_("QA signs a later or an earlier expiry and the stability evidence it stands on; it counts at once."),
               meaning="approved", needs_reason=True),
    ),
)

STEP: Final = Lifecycle(
    "step",
    ("begun", "performed", "verified"),
    (
        Action("start", N_("Begin step"), NOTHING, "begun", "step:perform",
               N_("A step of the process begins, in its order; the server keeps the time.")),
        Action("scan", N_("Scan at step"), _from("begun"), None, "step:perform",
               N_("Room, device, bank or material is scanned before the step is performed.")),
        Action("take_over", N_("Take over step"), _from("begun"), None, "step:perform",
               N_("Another technician goes on with a step that was begun, and performs it."), needs_reason=True),
        Action("perform", N_("Step performed"), _from("begun"), "performed", "step:perform",
               N_("What was measured is kept for ever; a value outside its limits opens a deviation.")),
        Action("correct", N_("Correct value"), _from("performed", "verified"), "performed", "step:perform",
               N_("A further value stands beside the wrong one; the step is verified anew."), needs_reason=True),
        Action("verify", N_("Verify step"), _from("performed"), "verified", "step:verify",
               N_("Another person saw that the step was performed as it stands.")),
    ),
)

LINE_CLEARANCE: Final = Lifecycle(
    "line_clearance",
    ("cleared", "in_force", "leaving", "ended", "withdrawn"),
    (
        Action("clear", N_("Clear the line"), NOTHING, "cleared", "line:clear",
               N_("Before filling: no label, bag or document of another lot is at the station; the roll is counted.")),
        Action("check", N_("Check the clearance"), _from("cleared"), "in_force", "line:clear",
               N_("A second person looked too: from now on this lot is filled and labelled at this station.")),
        Action("withdraw", N_("Withdraw the clearance"), _from("cleared"), "withdrawn", "line:clear",
               N_("Something was still there: the line is cleared anew."), needs_reason=True),
        Action("change_roll", N_("Change the roll"), _from("in_force"), None, "line:clear",
               N_("Another roll of labels goes into the printer; what is left and what is put in is counted.")),
        Action("leave", N_("Clear the line after filling"), _from("in_force"), "leaving", "line:clear",
               N_("After filling: no label, bag or document of this lot is left; the roll is counted.")),
        Action("resume", N_("Go on filling"), _from("leaving"), "in_force", "line:clear",
               N_("Something was still there, or more is filled: the line is this lot's again."), needs_reason=True),
        Action("end", N_("Check the line after filling"), _from("leaving"), "ended", "line:clear",
               N_("A second person looked too: the station is free for another lot.")),
        Action("explain_roll", N_("Explain the difference"), _from("ended"), None, "line:clear",
               N_("Another number of labels came off a roll than was printed: it is said where the rest is."),
               needs_reason=True),
    ),
)
"""The station at which a lot is filled: nothing of another lot is there, before and after (21 CFR 211.130)."""

UNIT: Final = Lifecycle(
    "unit",
    ("filled", "stored", "allocated", "issued", "received", "thawing", "thawed", "started",
     "paused", "completed", "stopped_early", "returned", "wasted", "destroyed", "sent", "archived", "used_up"),
    (
        Action("fill", N_("Fill unit"), NOTHING, "filled", "unit:fill",
               N_("A bag or a sample is filled from the lot.")),
        Action("send", N_("Send to laboratory"), _from("filled", "archived"), "sent", "sample:handle",
               N_("The labelled sample goes to the laboratory; a bag never does.")),
        Action("archive", N_("Archive sample"), _from("filled"), "archived", "sample:handle",
               N_("The labelled sample is kept in its place, for years where it must be.")),
        Action("use_up", N_("Used up"), _from("sent", "archived"), "used_up", "sample:handle",
               N_("Nothing of the sample is left."), needs_reason=True),
        Action("store", N_("Store"), _from("filled", "returned"), "stored", "unit:store",
               N_("The labelled bag is put into its place in the freezer.")),
        Action("allocate", N_("Allocate"), _from("stored"), "allocated", "order:allocate",
               N_("The bag is set aside for one order of one participant.")),
        Action("deallocate", N_("Take back allocation"), _from("allocated"), "stored", "order:allocate",
               N_("The order was cancelled or changed before issue; the bag is free again."), needs_reason=True),
        Action("issue", N_("Issue"), _from("allocated"), "issued", "unit:issue",
               N_("The freezer hands the bag over for one ward, by two names.")),
        Action("receive", N_("Receive on the ward"), _from("issued"), "received", "unit:receive",
               N_("The ward confirms that this bag arrived, by scan.")),
        Action("thaw", N_("Start thaw"), _from("received"), "thawing", "unit:thaw",
               N_("Thawing starts, only after a two-person match of bag, tag and order.")),
        Action("finish_thaw", N_("Thaw finished"), _from("thawing"), "thawed", "unit:thaw",
               N_("The bag is thawed; its end of life counts from the start of the thaw.")),
        Action("wash", N_("Record wash"), _from("thawed"), None, "unit:thaw",
               N_("The thawed cells were washed, once; from now they keep for the study's time after a wash at most.")),
        Action("start", N_("Start infusion"), _from("thawed"), "started", "infusion:start",
               N_("The infusion starts from two independent matches at the bedside.")),
        Action("pause", N_("Pause"), _from("started"), "paused", "infusion:pause",
               N_("The infusion is interrupted."), needs_reason=True),
        Action("resume", N_("Resume"), _from("paused"), "started", "infusion:pause",
               N_("The infusion goes on after state and expiry were checked again.")),
        Action("complete", N_("Complete"), _from("started"), "completed", "infusion:complete",
               N_("The infusion ended as planned; volumes given and left are recorded and signed."),
               meaning="performed"),
        Action("stop_early", N_("Stop early"), _from("started", "paused"), "stopped_early", "infusion:stop",
               N_("The infusion ended before the volume was given; it counts. Volumes are recorded and signed."),
               meaning="performed", needs_reason=True),
        Action("return", N_("Return unused"), _from("issued", "received"), "returned", "unit:return",
               N_("The bag goes back before any thaw; its allocation ends."), needs_reason=True),
        Action("waste", N_("Waste"), _from("received", "thawing", "thawed"), "wasted", "unit:waste",
               N_("The bag can no longer be used and is discarded."), needs_reason=True),
        Action("destroy", N_("Destroy"), _from("filled", "stored", "returned", "wasted", "sent", "archived"),
               "destroyed", "unit:destroy", N_("The bag or sample is destroyed."), needs_reason=True),
    ),
)

RESULT: Final = Lifecycle(
    "result",
    ("recorded", "reviewed", "invalidated"),
    (
        Action("record", N_("Record"), NOTHING, "recorded", "result:import",
               N_("A laboratory's result is kept as it was reported.")),
        Action("enter", N_("Enter result by hand"), NOTHING, "recorded", "result:enter",
               N_("Two people type a result, each without seeing the other's; where both agree it is kept. Of a "
                  "test that is not critical, one types it.")),
        Action("review", N_("Review"), _from("recorded"), "reviewed", "result:review",
               N_("A second person signs that the result was read against its source."), meaning="reviewed"),
        Action("invalidate", N_("Make invalid"), _from("recorded", "reviewed"), "invalidated", "result:invalidate",
               N_("QA signs that the laboratory's investigation found why the result is wrong. It stays on record and "
                  "counts no more."), meaning="invalidated", needs_reason=True),
    ),
)

FILE_MAPPING: Final = Lifecycle(
    "file_mapping",
    ("proposed", "approved", "superseded", "withdrawn"),
    (
        Action("propose", N_("Propose mapping"), NOTHING, "proposed", "mapping:propose",
               N_("An analyst says how a laboratory spells its files; no file is read by it yet.")),
        Action("approve", N_("Approve mapping"), _from("proposed"), "approved", "mapping:approve",
               N_("QA signs what the mapping says: the laboratory's files are read by it from now on."),
               meaning="approved"),
        Action("supersede", N_("Supersede"), _from("approved"), "superseded", FOLLOWS,
               N_("A newer version was approved; files that were read by this one keep it.")),
        Action("withdraw", N_("Withdraw mapping"), _from("proposed", "approved"), "withdrawn", "mapping:approve",
               N_("No file of the laboratory is read by it any more."), needs_reason=True),
    ),
)
"""How a laboratory spells its files: another spelling of what it reports, never another value."""

INVESTIGATION: Final = Lifecycle(
    "investigation",
    ("phase_1", "phase_2", "error_found", "oos_confirmed", "oos_not_confirmed"),
    (
        Action("follow", N_("Investigation after a failed result"), NOTHING, "phase_1", FOLLOWS,
               N_("A result out of specification is stored: its investigation is opened in the same moment.")),
        Action("open", N_("Open investigation"), NOTHING, "phase_1", "investigation:open",
               N_("A failed result that no investigation has is investigated.")),
        Action("report", N_("Report laboratory investigation"), _from("phase_1"), None, "investigation:report",
               N_("An analyst who did not make the result writes down hypothesis, what was checked, and the outcome.")),
        Action("find_error", N_("Confirm laboratory error"), _from("phase_1"), "error_found", "investigation:decide",
               N_("QA signs that the laboratory's own investigation found the error behind the result."),
               meaning="approved"),
        Action("go_on", N_("Go on to the full investigation"), _from("phase_1"), "phase_2", "investigation:decide",
               N_("QA signs that no laboratory error was found: the full investigation begins."), meaning="approved"),
        Action("plan", N_("Plan retests"), _from("phase_2"), None, "investigation:report",
               N_("An analyst writes down the hypothesis, how many retests, on which sample, and by whom not.")),
        Action("approve_plan", N_("Approve retest plan"), _from("phase_2"), None, "investigation:decide",
               N_("QA signs the plan before any retest; it is never changed."), meaning="approved"),
        Action("confirm", N_("Conclude: confirmed"), _from("phase_2"), "oos_confirmed", "investigation:decide",
               N_("QA signs that the result stands: the lot is never released, whatever a retest says."),
               meaning="approved"),
        Action("refute", N_("Conclude: not confirmed"), _from("phase_2"), "oos_not_confirmed", "investigation:decide",
               N_("QA signs the cause that was found: the result may be made invalid."), meaning="approved"),
    ),
)
"""What is done about a result out of specification, in two phases (FDA, Investigating OOS Test Results, 2022)."""

PARTICIPANT: Final = Lifecycle(
    "participant",
    ("screening", "enrolled", "withdrawn"),
    (
        Action("screen", N_("Screen"), NOTHING, "screening", "participant:screen",
               N_("A person is screened under a subject number.")),
        Action("answer", N_("Answer criteria"), _from("screening", "enrolled"), None, "participant:answer",
               N_("The physician answers what no screening column says.")),
        Action("enrol", N_("Enrol"), _from("screening"), "enrolled", "participant:enrol",
               N_("The physician signs that every criterion that counts at enrolment is met today."),
               meaning="approved"),
        Action("take_over", N_("Take over treatment"), _from("enrolled", "withdrawn"), None, "participant:take_over",
               N_("Another physician becomes the treating one: acceptances and alerts are theirs from now on."),
               needs_reason=True),
        Action("withdraw", N_("Withdraw"), _from("screening", "enrolled"), "withdrawn", "participant:withdraw",
               N_("The participant leaves the study; nothing more is given."), needs_reason=True),
    ),
)

BAND: Final = Lifecycle(
    "band",
    ("put_on", "confirmed", "removed"),
    (
        Action("put_on", N_("Put band on"), NOTHING, "put_on", "participant:put_on_band",
               N_("The first person compares the identity with the person and puts the band on.")),
        Action("confirm", N_("Confirm band"), _from("put_on"), "confirmed", "participant:confirm_band",
               N_("A second person compares again, by an own scan.")),
        Action("remove", N_("Remove band"), _from("put_on", "confirmed"), "removed", "participant:put_on_band",
               N_("The band comes off and never counts again."), needs_reason=True),
    ),
)

ORDER: Final = Lifecycle(
    "order",
    ("ordered", "allocated", "completed", "cancelled"),
    (
        Action("make", N_("Order dose"), NOTHING, "ordered", "order:make",
               N_("The physician signs the dose for one treatment event."), meaning="ordered"),
        Action("allocate", N_("Allocate bags"), _from("ordered"), "allocated", "order:allocate",
               N_("Bags are set aside, first to expire first, each with its volume to give.")),
        Action("deallocate", N_("Take back allocation"), _from("allocated"), "ordered", "order:allocate",
               N_("The bags not yet issued are free again."), needs_reason=True),
        Action("accept_lot", N_("Accept conditional lot"), _from("ordered", "allocated"), None, "order:accept_lot",
               N_("The treating physician signs the outstanding tests of a lot for this order; another list voids it."),
               meaning="accepted", needs_reason=True),
        Action("complete", N_("Complete"), _from("allocated"), "completed", FOLLOWS,
               N_("All bags of the order have come to their end; it follows from the last one.")),
        Action("cancel", N_("Cancel order"), _from("ordered", "allocated"), "cancelled", "order:cancel",
               N_("The physician withdraws the order before anything was given."), needs_reason=True),
    ),
)

OOS_SUPPLY: Final = Lifecycle(
    "oos_supply",
    ("requested", "evaluated", "accepted", "declined", "withdrawn", "void"),
    (
        Action("request", N_("Request lot out of specification"), NOTHING, "requested", "oos_supply:request",
               N_("The treating physician signs which immediate hazard to the patient it averts, and why nothing else "
                  "does."), meaning="requested"),
        Action("evaluate", N_("Evaluate risk"), _from("requested", "evaluated"), "evaluated", "oos_supply:evaluate",
               N_("QA signs the risk of each failed test and which bags may be given; anew where something changed "
                  "since."), meaning="approved"),
        Action("decline", N_("Decline supply"), _from("requested", "evaluated"), "declined", "oos_supply:evaluate",
               N_("QA writes down why the lot is not supplied for this order."), needs_reason=True),
        Action("accept", N_("Accept lot out of specification"), _from("evaluated"), "accepted", "oos_supply:accept",
               N_("The treating physician signs the failed tests and QA's evaluation; any change of them ends it."),
               meaning="accepted"),
        Action("notify", N_("Record notice"), _from("accepted", "withdrawn", "void"), None, "oos_supply:notify",
               N_("It is written down who was told of the supply, when, how and by whom: the sponsor immediately.")),
        Action("withdraw", N_("Withdraw request"), _from("requested", "evaluated", "accepted"), "withdrawn",
               "oos_supply:request", N_("The treating physician no longer wants it; no further bag is given."),
               needs_reason=True),
        Action("void", N_("Make supply void"), _from("accepted"), "void", "oos_supply:evaluate",
               N_("QA ends it: what it stood on has changed, or it is not needed; no further bag is given."),
               needs_reason=True),
        Action("replace", N_("Request anew"), _from("accepted"), "void", FOLLOWS,
               N_("What it stood on had changed, and the physician requested the lot anew.")),
    ),
)
"""A lot out of specification for one order, exceptionally (domain.md §3.3 rule 4); the lot stays in quarantine."""

HOLD: Final = Lifecycle(
    "hold",
    ("standing", "lifted", "recalled"),
    (
        Action("place", N_("Hold"), NOTHING, "standing", "hold:place",
               N_("It stops the thing and everything below it at once, until QA lifts it."), needs_reason=True),
        Action("recall", N_("Recall"), NOTHING, "recalled", "hold:recall",
               N_("It stops the lot and every bag of it at once, and is never lifted."), needs_reason=True),
        Action("stop", N_("Hold after a failed result"), NOTHING, "standing", FOLLOWS,
               N_("After the release a result failed, or was made invalid and leaves a test without one: the lot is "
                  "held at once."), needs_reason=True),
        Action("follow_record", N_("Hold after a late record"), NOTHING, "standing", FOLLOWS,
               N_("What went into a released lot was not fit for use, and recorded late: the lot is held at once."),
               needs_reason=True),
        Action("follow_rejection", N_("Recall after a rejection"), NOTHING, "recalled", FOLLOWS,
               N_("What was approved before is rejected: all that was made from it is recalled in the same moment."),
               needs_reason=True),
        Action("lift", N_("Lift hold"), _from("standing"), "lifted", "hold:lift",
               N_("The thing may go on from where it was; nothing else changes."), needs_reason=True),
    ),
)
"""A hold is a row of its own that stands over another thing's status and changes none."""

DEVIATION: Final = Lifecycle(
    "deviation",
    ("open", "closed"),
    (
        Action("open", N_("Open deviation"), NOTHING, "open", "deviation:open",
               N_("Something went otherwise than it should; what happened is written down at once."),
               needs_reason=True),
        Action("follow", N_("Deviation after another act"), NOTHING, "open", FOLLOWS,
               N_("A result stopped a released lot, or a source was recorded late: a deviation is opened at once."),
               needs_reason=True),
        Action("exceed", N_("Deviation after a value outside its limits"), NOTHING, "open", FOLLOWS,
               N_("A step's value, the doublings or the passage are outside their limits: a deviation is opened in the "
                  "same moment."), needs_reason=True),
        Action("assess", N_("Assess deviation"), _from("open"), None, "deviation:assess",
               N_("QA writes down its class, its cause and what it means for lots, units and participants.")),
        Action("close", N_("Close deviation"), _from("open"), "closed", "deviation:close",
               N_("QA signs that it is assessed and that nothing more is to be done."), meaning="approved"),
    ),
)

DEVIATION_ACTION: Final = Lifecycle(
    "deviation_action",
    ("planned", "done", "dropped"),
    (
        Action("plan", N_("Plan action"), NOTHING, "planned", "deviation:assess",
               N_("QA writes down what is to be done after a deviation, by whom and by when.")),
        Action("finish", N_("Report action done"), _from("planned"), "done", "deviation:act",
               N_("Its owner writes down what was done.")),
        Action("drop", N_("Drop action"), _from("planned"), "dropped", "deviation:assess",
               N_("QA writes down why the action is not needed, or not done by this owner."), needs_reason=True),
    ),
)

# fmt: on

LIFECYCLES: Final = {
    lifecycle.noun: lifecycle
    for lifecycle in (
        STUDY_DEFINITION,
        LABEL_INSTANCE,
        PRINT_JOB,
        FOREIGN_SCAN,
        HOLD,
        DEVIATION,
        DEVIATION_ACTION,
        DONOR,
        CELL_BANK,
        MATERIAL,
        EQUIPMENT,
        LOT,
        STEP,
        LINE_CLEARANCE,
        UNIT,
        RESULT,
        FILE_MAPPING,
        INVESTIGATION,
        PARTICIPANT,
        BAND,
        ORDER,
        OOS_SUPPLY,
    )
}
"""In the order of the product's journey."""
