"""Labels of tubes, vials, boxes, places, shippers, badges, sheets and stations, beside those of bags and people."""

from alembic import op
from cotrack.foundation.db.constraints import change_constraints

revision = "0017"
down_revision = "0016"

KINDS = (
    "kind IN ('bag', 'tag', 'wristband', 'sample', 'tube', 'vial', 'batch_sheet', 'order_sheet', 'badge', 'location', "
    "'box', 'shipper')"
)
"""A check that takes more words than before."""


def upgrade():
    name = "ck_label_instance_kind"
    change_constraints(op.get_bind(), "label_instance", replaced={name: {name: f"CHECK ({KINDS})"}})
