"""Which role may do what: the first of the two files that a QA person reviews. Whoever is not granted is denied."""

from collections.abc import Iterable
from typing import Final

READ_PRODUCT: Final = frozenset({"lot:read", "unit:read", "study:read", "location:read"})
WORK: Final = frozenset({"deviation:act", "label:check", "station:test"})
"""What everybody does who works with product or participants."""
READ_SOURCES: Final = frozenset({"source:read", "equipment:read"})
READ_CLINIC: Final = frozenset({"participant:read", "order:read", "infusion:read"})

EVERYBODY: Final = frozenset({"self:sign_in", "self:change_password"})

_ROLES: Final[dict[str, frozenset[str]]] = {
    "technician": READ_PRODUCT
    | READ_SOURCES
    | WORK
    | {
        "source:register",
        "source:use",
        "equipment:stop",
        "step:perform",
        "step:verify",
        "lot:make",
        "lot:finish",
        "deviation:open",
        "line:clear",
        "unit:fill",
        "unit:store",
        "unit:destroy",
        "sample:handle",
        "label:print",
        "label:print_bag",
        "label:print_vial",
        "label:print_batch_sheet",
        "label:print_location",
        "label:apply",
        "label:void",
    },
    "analyst": READ_PRODUCT
    | READ_SOURCES
    | WORK
    | {
        "mapping:propose",
        "result:import",
        "result:enter",
        "result:withdraw",
        "result:review",
        "deviation:open",
        "investigation:open",
        "investigation:report",
        "sample:handle",
    },
    "qa_reviewer": READ_PRODUCT
    | READ_SOURCES
    | WORK
    | READ_CLINIC
    | {
        "source:decide",
        "equipment:keep",
        "equipment:stop",
        "source:record_late",
        "lot:release",
        "lot:release_conditionally",
        "lot:reject",
        "lot:decide_expiry",
        "lot:close",
        "hold:place",
        "hold:lift",
        "hold:recall",
        "deviation:open",
        "deviation:assess",
        "deviation:close",
        "alert:acknowledge",
        "result:review",
        "mapping:approve",
        "result:invalidate",
        "result:withdraw",
        "investigation:open",
        "investigation:decide",
        "oos_supply:evaluate",
        "oos_supply:notify",
        "study:load",
        "study:approve_quality",
        "label:void",
        "foreign_scan:open",
        "foreign_scan:purge",
        "unit:destroy",
        "trail:read",
        "trail:acknowledge",
        "trail:review",
        "person:read",
    },
    "physician": READ_PRODUCT
    | WORK
    | READ_CLINIC
    | {
        "participant:answer",
        "participant:enrol",
        "participant:withdraw",
        "participant:take_over",
        "participant:identify",
        "participant:measure",
        "alert:acknowledge",
        "order:make",
        "order:accept_lot",
        "order:cancel",
        "oos_supply:request",
        "oos_supply:accept",
        "infusion:stop",
        "label:print",
        "label:print_order_sheet",
        "label:apply",
    },
    "coordinator": READ_PRODUCT
    | WORK
    | READ_CLINIC
    | {
        "participant:screen",
        "participant:identify",
        "participant:measure",
        "participant:confirm_band",
        "order:allocate",
        "label:print",
        "label:print_band",
        "label:print_order_sheet",
        "label:apply",
    },
    "nurse": READ_PRODUCT
    | WORK
    | READ_CLINIC
    | {
        "participant:identify",
        "participant:measure",
        "participant:put_on_band",
        "participant:confirm_band",
        "unit:receive",
        "unit:return",
        "unit:thaw",
        "unit:waste",
        "infusion:check",
        "infusion:start",
        "infusion:pause",
        "infusion:stop",
        "infusion:complete",
        "label:print",
        "label:print_band",
        "label:apply",
    },
    "logistics": READ_PRODUCT
    | READ_SOURCES
    | WORK
    | {
        "order:read",
        "unit:store",
        "unit:issue",
        "unit:return",
        "unit:destroy",
        "sample:handle",
        "label:print",
        "label:print_location",
        "label:apply",
    },
    "administrator": frozenset(
        {
            "person:read",
            "person:add",
            "person:disable",
            "person:grant",
            "person:reset",
            "location:read",
            "label:print",
            "label:print_badge",
            "label:apply",
            "label:void",
            "metrics:read",
            "station:test",
            "backup:create",
            "backup:restore",
        }
    ),
    "principal_investigator": READ_PRODUCT
    | READ_SOURCES
    | WORK
    | READ_CLINIC
    | {"study:approve_investigator", "participant:withdraw", "alert:acknowledge", "oos_supply:notify", "trail:read"},
    "auditor": READ_PRODUCT | READ_SOURCES | READ_CLINIC | {"trail:read", "person:read"},
    "system": frozenset(
        {
            "system:start",
            "trail:verify",
            "backup:create",
            "person:add",
            "study:load",
            "study:begin",
            "document:keep",
        }
    ),
}

ROLES: Final = {role: granted | (EVERYBODY if role != "system" else frozenset()) for role, granted in _ROLES.items()}

PERMISSIONS: Final = frozenset().union(*ROLES.values())

NOT_TOGETHER: Final = (("administrator", frozenset(ROLES) - {"administrator", "system"}),)
"""An administrator never does GMP or clinical work (EU GMP Annex 11 draft 12.3): pairs of role and what excludes it."""


def permissions_of(roles: Iterable[str]) -> frozenset[str]:
    """Return everything that these roles together may do; an unknown or empty set of roles grants nothing."""
    return frozenset().union(*(ROLES.get(role, frozenset()) for role in roles))


def role_for(permission: str, roles: Iterable[str]) -> str | None:
    """Return the role under which a person acts: the first of theirs, by name, that grants the permission."""
    return next((role for role in sorted(roles) if permission in ROLES.get(role, frozenset())), None)


def roles_granting(permission: str) -> list[str]:
    """Return the roles that grant a permission, by name."""
    return sorted(role for role, granted in ROLES.items() if permission in granted)


def roles_in_conflict(roles: Iterable[str]) -> list[str]:
    """Return the roles among these that may not be held by one person together with another of them."""
    held = frozenset(roles)
    return sorted(
        {
            name
            for role, excluded in NOT_TOGETHER
            if role in held
            for name in (held & excluded) | {role}
            if held & excluded
        }
    )
