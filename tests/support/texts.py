"""The demonstration's study as a version that describes no process: most tests ask nothing of a lot's steps."""

from cotrack.foundation.resources import resource
from cotrack.study import service as study

WHOLE = study.read_study_file(resource("study/definitions") / "msc-ifna.demonstration.toml")


def without_process(text: str) -> str:
    """Return a study text without the description of how a lot is made, as versions had it before there was one."""
    head, said, rest = text.partition('process = "sponsor_to_set"\n')
    assert said
    return head + rest.partition("\n# How a lot is made.")[0]


DEMONSTRATION = without_process(WHOLE)
