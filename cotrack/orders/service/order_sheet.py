"""The sheet of a dose order on paper: its code leads to the order; it names nobody but the physician."""

from collections.abc import Mapping
from typing import Final

from cotrack.foundation.blockers import Blocker
from cotrack.foundation.words import N_
from cotrack.foundation.work import Work
from cotrack.foundation.written import site_words
from cotrack.labelling.models import LabelInstance
from cotrack.labelling.rules.wording import against_wording, law_line
from cotrack.labelling.service import instances
from cotrack.orders.models import Order
from cotrack.orders.service.dosing import OPEN_STATES
from cotrack.study import service as study

VIABLE_CELLS: Final = "活细胞 viable cells"


def request_order_sheet(work: Work, number: str, *, reason: str = "", template: str = "") -> LabelInstance:
    """Ask for the sheet of an order that is still to be carried out."""
    subject = f"order:{number}"
    instances.begin_request(work, "order_sheet", subject, reason=reason)
    order = work.lock(Order, number, share=True)
    words = N_("The order {number} is not open any more: no sheet is printed.")
    against = [] if order.status in OPEN_STATES else [Blocker("order_not_valid", words, {"number": number})]
    work.refuse_if(against)
    fields = order_sheet_fields(work, order)
    return instances.request_label(work, "order_sheet", subject, fields=fields, reason=reason, template=template)


def order_sheet_fields(work: Work, order: Order) -> Mapping[str, str]:
    """Return what the sheet says: the order as it was signed, and never a bag, because bags may be changed."""
    definition = study.definition_of(order.study_definition)
    product, site, signature = definition.product, work.site, order.signature
    fields = {
        "number": order.number,
        "coi": order.coi_id,
        "participant": order.participant.subject_number,
        "infusion": str(order.infusion_number),
        "planned": order.planned_on.isoformat(),
        "product": product.name["zh"],
        "route": f"{product.route['zh']} {product.route['en']}",
        "dose": f"{order.cells_per_kg:,} {VIABLE_CELLS}/kg × {order.weight_kg} kg ({order.weighed_on.isoformat()})",
        "target": f"{order.target_million_cells} ×10⁶",
        "ordered": f"{signature.printed_name} · {site_words(order.ordered_at, site.zone)}",
        "trial": law_line(f"{site.law_zh} {site.law_en}", site.authorities),
    }
    work.refuse_if(against_wording(fields, is_autologous=product.is_autologous))
    return fields
