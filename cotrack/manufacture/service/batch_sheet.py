"""The cover sheet of a lot's batch record: one at a time, with a code that leads to the lot."""

from collections.abc import Mapping

from cotrack.foundation.work import Work
from cotrack.foundation.written import site_words
from cotrack.labelling.models import LabelInstance
from cotrack.labelling.rules.wording import against_wording, law_line
from cotrack.labelling.service import instances
from cotrack.manufacture.models import Lot
from cotrack.manufacture.service.legends import lot_legends
from cotrack.manufacture.service.units import STUDY_SAYS
from cotrack.study import service as study


def request_batch_sheet(work: Work, lot_number: str, *, reason: str = "", template: str = "") -> LabelInstance:
    """Ask for the cover sheet of a lot's batch record."""
    subject = f"lot:{lot_number}"
    instances.begin_request(work, "batch_sheet", subject, reason=reason)
    fields = batch_sheet_fields(work, work.lock(Lot, lot_number, share=True))
    return instances.request_label(work, "batch_sheet", subject, fields=fields, reason=reason, template=template)


def batch_sheet_fields(work: Work, lot: Lot) -> Mapping[str, str]:
    """Return what the sheet says, from the study version that the lot is bound to."""
    definition = study.definition_of(lot.study_definition)
    work.refuse_if(
        definition.against_use(*(key for name in ("product", "strength", "storage") for key in STUDY_SAYS[name]))
    )
    product, site = definition.product, work.site
    fields = {
        "number": lot.number,
        "product": product.name["zh"],
        "strength": " · ".join(words[each] for each in ("en", "zh") for words in (product.description, product.route)),
        "made_on": lot.made_on.isoformat(),
        "expires": site_words(lot.expires_at, site.zone),
        "storage": f"{product.storage['zh']} {product.storage['en']}",
        "study": definition.registration or "–",
        "study_version": f"{definition.code} {definition.version}",
        "trial": law_line(f"{site.law_zh} {site.law_en}", site.authorities),
        "legends": lot_legends(work.session, lot),
        "maker": f"{site.maker_zh} {site.maker_en}",
    }
    work.refuse_if(against_wording(fields, is_autologous=product.is_autologous))
    return fields
