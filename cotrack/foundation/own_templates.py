"""Where a site keeps templates of labels of its own: which files they are, for whoever draws by them or keeps them."""

from pathlib import Path
from typing import Final

from cotrack.foundation.resources import resource
from cotrack.foundation.site import SiteFault

LONGEST_NAME_BYTES: Final = 80
"""A template is a member of a back-up under its name, and a tar header has room for 100 bytes."""


def own_templates(folder: Path | None) -> list[Path]:
    """Return the files of a site's own templates, by name; a checkout that is its own home has none.

    Raises SiteFault naming a file that no back-up could hold.
    """
    if folder is None or not folder.is_dir() or folder.samefile(resource("labels")):
        return []
    found = sorted(folder.glob("*.typ"))
    for path in found:
        if not path.name.isprintable() or len(path.name.encode()) > LONGEST_NAME_BYTES:
            raise SiteFault(f"{folder}: the name {path.name!r} is too long, or holds what cannot be printed")
    return found
