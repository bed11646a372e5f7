"""Label folders with a real fault in them, and what is kept of signed documents."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdfium2
import pytest
from sqlalchemy.orm import undefer

from cotrack.foundation import resources
from cotrack.labelling.gateways import typesetting
from cotrack.labelling.models import KeptDocument, OwedDocument
from cotrack.labelling.service import keeping
from cotrack.labelling.service.remaking import Remade, remade
from cotrack.release.service import dispositions
from support.stages import LOT, results_of
from support.worlds import World

Change = Callable[[Path], None]


class Labels:
    """The folder of templates as an installation has it, which a test may spoil and put right."""

    def __init__(self, folder: Path, patches: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._patches = patches

    def changed(self, name: str, change: Callable[[str], str]) -> None:
        """Let the installation have a template that was changed."""
        shutil.copytree(resources.resource("labels"), self._folder / "labels", dirs_exist_ok=True)
        path = self._folder / "labels" / "documents" / f"{name}.typ"
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
        self._patches.setattr(resources, "PACKAGE", self._folder / "package")
        forget()

    def removed(self, name: str) -> None:
        """Let the installation lack a template."""
        self.changed(name, lambda text: text)
        (self._folder / "labels" / "documents" / f"{name}.typ").unlink()

    def mended(self) -> None:
        """Put the folder right."""
        self._patches.undo()
        forget()


def forget() -> None:
    """Let the process read its templates anew, as a new one does."""
    typesetting.template.cache_clear()
    if hasattr(typesetting._threads, "compiler"):
        del typesetting._threads.compiler


@pytest.fixture
def labels(tmp_path: Path) -> Iterator[Labels]:
    """The installation's label folder."""
    with pytest.MonkeyPatch.context() as patches:
        yield Labels(tmp_path / "installed", patches)
    forget()


def text_of(document: bytes) -> str:
    """Return what a reader of a PDF reads, in one line; what breaks over lines is put together."""
    pdf = pypdfium2.PdfDocument(document)
    return " ".join(" ".join(page.get_textpage().get_text_bounded().split()) for page in pdf).replace("\ufffe", "")


def owed(world: World, subject: str, name: str = "certificate") -> list[OwedDocument]:
    """Return the signed documents about a thing, oldest first."""
    found: list[OwedDocument] = world.read(lambda session: list(keeping.documents_of(session, subject, name)))
    return found[::-1]


def kept(world: World, owed_id: int) -> KeptDocument | None:
    """Return what is kept of a signed document, its bytes too."""

    def read(session: object) -> KeptDocument | None:
        query = session.query(KeptDocument).options(undefer(KeptDocument.content))  # type: ignore[attr-defined]
        found: KeptDocument | None = query.filter_by(owed_id=owed_id).one_or_none()
        return found

    return world.read(read)  # type: ignore[no-any-return]


def keep_all(world: World) -> None:
    """Do what the background work does in a turn."""
    keeping.keep_all(world.runtime.ground, world.settings.witness_file)


def all_remade(world: World) -> list[Remade]:
    """Make every kept document again."""
    found: list[Remade] = world.read(lambda session: list(remade(session)))
    return found


def conditionally(world: World, reason: str = "urgent") -> None:
    """Release the lot conditionally."""
    world.sign("qian.m", lambda work: dispositions.release_conditionally(work, LOT, reason=reason))


def lot_waits_for_sterility(world: World) -> None:
    """Bring a lot before a conditional decision."""
    world.journey.finished_lot(LOT)
    lines = [line for line in results_of(world, LOT).decode().splitlines() if ",Sterility,BacT" not in line]
    world.journey.results("\n".join(lines).encode())
    world.journey.review(LOT)
    world.journey.trail_reviewed(LOT)
