"""Fixed words of the program that people read: roles, meanings, outcomes, nouns of the foundation."""

from typing import Final

from cotrack.foundation.words import N_

FOUNDATION_WORDS: Final = {
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
    "done": N_("done"),
    "refused": N_("refused"),
    "mismatch": N_("mismatch"),
    "match": N_("match"),
    "approved": N_("approved"),
    "reviewed": N_("reviewed"),
    "conditionally released": N_("conditionally released"),
    "ordered": N_("ordered"),
    "performed": N_("performed"),
    "verified": N_("verified"),
    "person": N_("person"),
}
