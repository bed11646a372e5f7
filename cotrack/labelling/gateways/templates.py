"""Templates of labels: the program's own, and those that a site puts over or beside them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from cotrack.foundation.own_templates import own_templates
from cotrack.foundation.resources import resource
from cotrack.foundation.site import SiteFault
from cotrack.labelling.gateways.typesetting import LabelNotPrintable, Template
from cotrack.labelling.rules.headers import Header, HeaderFault, against_beside, read_header
from cotrack.labelling.rules.kinds import KINDS


def label_template(folder: Path | None, kind: str, *, name: str = "") -> Template:
    """Return the template of a kind of label, the site's own where it has one; `name` asks for a further one.

    Raises LabelNotPrintable where there is none of that name for this kind.
    """
    found = label_templates(folder).get(name or kind)
    if found is None or found.kind != kind:
        raise LabelNotPrintable("There is no template {name} for this kind of label.", name=name or kind)
    return found


def template_of_version(folder: Path | None, kind: str, version: str) -> Template | None:
    """Return the very template that a label was asked for with; None where it was changed or taken away since."""
    found = label_templates(folder).values()
    return next((each for each in found if (each.kind, each.version) == (kind, version)), None)


def further_templates(folder: Path | None, kind: str) -> list[str]:
    """Return the names of the templates that a site has for a kind beside the one of the kind's own name."""
    return sorted(each.name for each in label_templates(folder).values() if each.kind == kind and each.name != kind)


@cache
def label_templates(folder: Path | None) -> Mapping[str, Template]:
    """Return every template of a label by its name, read once: the program's, then the site's over and beside them.

    Raises SiteFault naming file and line where a header is wrong.
    """
    own = {name: _read(resource("labels") / f"{name}.typ", name) for name in KINDS}
    found = {name: made for name, (made, _) in own.items()}
    versions = [each.version for each in found.values()]
    for path in own_templates(folder):
        made, header = _read(path, path.stem)
        faults = against_beside(header, own[header.kind][1], versions)
        if path.stem in KINDS and path.stem != header.kind:
            faults.append(HeaderFault(header.lines["kind"], f"a file of this name is of the kind {path.stem}"))
        if faults:
            raise _fault(path, faults)
        versions.append(made.version)
        found[made.name] = made
    return MappingProxyType(found)


def _read(path: Path, name: str) -> tuple[Template, Header]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise SiteFault(f"{path} cannot be read: {fault}") from None
    header = read_header(text)
    if not isinstance(header, Header):
        raise _fault(path, header)
    made = Template(name, header.version, header.fields, text.encode(), MappingProxyType(header.symbols), header.kind)
    return made, header


def _fault(path: Path, faults: list[HeaderFault]) -> SiteFault:
    return SiteFault("; ".join(f"{path}, line {each.line}: {each.words}" for each in faults))
