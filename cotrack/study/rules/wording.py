"""What the texts of a study may not say of its product, because labels repeat them."""

from cotrack.foundation.written import says_autologous_only
from cotrack.study.rules.definition import Definition
from cotrack.study.rules.file_table import Fault


def against_wording(definition: Definition) -> list[Fault]:
    """Return each text that calls a product autologous which the file does not say is (21 CFR 1271.90(c)(1)).

    Versions that were signed before this was asked stay readable: it is asked when a text is loaded, and when a label
    is printed.
    """
    if definition.product.is_autologous:
        return []
    words = "says “for autologous use only”, and the product is not autologous"
    return [Fault(key, words) for key, text in label_texts(definition).items() if says_autologous_only(text)]


def label_texts(definition: Definition) -> dict[str, str]:
    """Return every text of a study that may stand on a label, by its key."""
    product = definition.product
    found = {
        "study.title": definition.title,
        "study.short": definition.short,
        "product.name": product.name,
        "product.description": product.description,
        "product.route": product.route,
        "product.storage": product.storage,
        "labels.trial_use": definition.trial_use,
        "labels.handling": definition.handling,
    }
    return {
        f"{key}_{language}": text
        for key, words in found.items()
        for language, text in (("en", words.en), ("zh", words.zh))
        if text is not None
    }
