"""Looks at processes that a test has started, so that it can end the very one that it means."""

from pathlib import Path


def children_of(process: int) -> list[int]:
    """Return the processes that a process has started and that it still has."""
    threads = Path(f"/proc/{process}/task").iterdir()
    return [int(each) for thread in threads for each in (thread / "children").read_text().split()]


def words_of(process: int) -> list[str]:
    """Return the command line of a process; none where it has ended."""
    try:
        text = Path(f"/proc/{process}/cmdline").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [each for each in text.split("\0") if each]
