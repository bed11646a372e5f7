"""Documents as archive files: by typst's own check when they are set, and by two other programs' second look."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from support.clients import Client
from support.papers import keep_all
from support.stages import HER, LOT, at_the_bedside
from support.worlds import World

Person = Callable[[str], Client]


def papers(world: World, auditor: Client) -> dict[str, bytes]:
    """Return one of each kind of document, by its name."""
    bedside = at_the_bedside(world)
    infusion = world.journey.started(HER, bedside.bag)
    world.journey.completed(infusion, "25.5", "4.5")
    keep_all(world)
    addresses = (
        f"/lots/{LOT}/certificate.pdf",
        f"/lots/{LOT}/release-record.pdf",
        f"/lots/{LOT}/labels.pdf",
        f"/trends/viability.pdf?lot={LOT}",
        f"/infusions/{infusion.id}/record.pdf",
    )
    return {each: auditor.get(each).data for each in addresses}


def said(*command: str) -> str:
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, (command, run.stdout, run.stderr)
    return run.stdout


def test_every_document_is_whole_tagged_and_pdf_a_to_other_programs_too(
    world: World, person: Person, tmp_path: Path
) -> None:
    for address, content in papers(world, person("shen.i")).items():
        path = tmp_path / "paper.pdf"
        path.write_bytes(content)
        assert "No syntax or stream encoding errors found" in said("qpdf", "--check", str(path)), address
        facts = dict(re.findall(r"^([^:]+): +(.+)$", said("pdfinfo", str(path)), re.MULTILINE))
        wanted = {"Tagged": "yes", "Encrypted": "no", "JavaScript": "no", "Form": "none"}
        assert {name: facts[name] for name in wanted} == wanted, address
        assert facts["Page size"].endswith("(A4)"), address
        meta = said("pdfinfo", "-meta", str(path))
        assert "<pdfaid:part>2</pdfaid:part>" in meta, address
        assert "<pdfaid:conformance>A</pdfaid:conformance>" in meta, address
