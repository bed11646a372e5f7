"""Study texts for tests: the two files of the repository, and newer versions of the demonstration."""

from collections.abc import Callable

from cotrack.foundation.resources import resource
from cotrack.foundation.work import Work
from cotrack.study import service as study
from cotrack.study.models import StudyDefinition
from support.texts import DEMONSTRATION
from support.worlds import World

DEFINITIONS = resource("study/definitions")
PUBLIC = study.read_study_file(DEFINITIONS / "msc-ifna.toml")


def newer(*changes: tuple[str, str], version: str = "2-demonstration") -> str:
    """Return the demonstration's study as another version, with some values changed."""
    text = DEMONSTRATION.replace('version = "1-demonstration"', f'version = "{version}"')
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def loaded(world: World, text: str) -> str:
    sha256: str = world.do("qian.m", lambda work: study.load(work, text)).sha256
    return sha256


def by_quality(sha256: str) -> Callable[[Work], StudyDefinition]:
    return lambda work: study.approve_as_quality(work, sha256)


def by_investigator(sha256: str) -> Callable[[Work], StudyDefinition]:
    return lambda work: study.approve_as_investigator(work, sha256)


def in_effect(world: World, text: str) -> str:
    sha256 = loaded(world, text)
    world.sign("qian.m", by_quality(sha256))
    world.sign("prof.han", by_investigator(sha256))
    return sha256
