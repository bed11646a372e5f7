"""Reads the codes in a picture that a person sent: in a process of its own, with limits, never in this one.

libzbar has crashed on crafted pictures (CVE-2023-40889, CVE-2023-40890), and no decoder is better than its last fault.
"""

import fcntl
import json
import os
import subprocess
import sys
import time
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cotrack.foundation.errors import Refused
from cotrack.foundation.resources import resource
from cotrack.foundation.words import N_
from cotrack.labelling.gateways.needs import check_system
from cotrack.labelling.rules.print_hint import PrintFacts

MOST_PICTURE_BYTES: Final = 15 * 1024 * 1024
"""A photo of 12 million dots has 3 to 8 MB."""
DECODERS_AT_ONCE: Final = 2
MOST_ANSWER_BYTES: Final = 1024 * 1024
LOOK_SECONDS: Final = 0.05
_ENVIRONMENT: Final = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
_PROGRAM: Final = resource("labelling/gateways/decoder.py")


@dataclass(frozen=True)
class Limits:
    """What a decoder may take: seconds by the clock and of the processor, bytes of memory, seconds of waiting for it.

    A photo of 12 million dots takes half a second and 150 MB, one in which nothing is read three seconds.
    """

    seconds: float = 8
    processor_seconds: int = 6
    memory: int = 768 * 1024 * 1024
    patience_seconds: float = 5


LIMITS: Final = Limits()


class PictureNotRead(Refused):
    """A picture that holds no code, is no picture, or was too much for its decoder; the detail says which."""

    kind = "picture-not-read"
    title = N_("The picture could not be read")
    status = 422


class DecodersBusy(Refused):
    """As many pictures as this machine reads at once are being read."""

    kind = "decoders-busy"
    title = N_("Other pictures are being read")
    status = 503


@dataclass(frozen=True)
class PictureCode:
    """One code in a picture: its text as a scanner would send it, with its symbology identifier, and how it looks."""

    text: str
    identifier: str
    facts: PrintFacts


@dataclass(frozen=True)
class Read:
    """What a picture holds; `unread` codes were seen in it and could not be read."""

    codes: Sequence[PictureCode]
    unread: int


_FAULTS: Final = {
    "no_picture": N_("This is no picture (PNG, JPEG, TIFF, BMP, GIF, WEBP)."),
    "too_large": N_("This is too large a picture: cut out the label."),
    "damaged": N_("This picture is damaged: take it again."),
}


def read_picture(content: bytes, turns: Path, limits: Limits = LIMITS) -> Read:
    """Return the codes in a picture, by zxing-cpp, and by pyzbar where it read none or not all.

    A decoder that read nothing looks again, at the picture turned or smoothed, where its time allows.
    `turns` is the folder of this installation's locks: no more than two pictures are read at once on a machine.
    Raises PictureNotRead, DecodersBusy, or SystemNeedMissing where the second decoder's library is not there. Nothing
    that the picture does to its decoder reaches this process.
    """
    if len(content) > MOST_PICTURE_BYTES:
        raise PictureNotRead(_FAULTS["too_large"])
    with _turn(turns, limits.patience_seconds):
        read = _decoded("zxing", content, limits)
        if read.codes and not read.unread:
            return read
        check_system()
        return _together(read, _second(content, limits))


def _second(content: bytes, limits: Limits) -> Read:
    """Return what the second decoder read; where it fails, that takes nothing from the first one's answer."""
    try:
        return _decoded("zbar", content, limits)
    except PictureNotRead:
        return Read((), 0)


def _together(first: Read, second: Read) -> Read:
    codes = _once([*first.codes, *second.codes])
    return Read(codes, max(0, first.unread - (len(codes) - len(first.codes))))


def _once(codes: Sequence[PictureCode]) -> Sequence[PictureCode]:
    """Return each text once, whatever symbol it stands in: a curved bag shows its code twice."""
    found: dict[str, PictureCode] = {}
    for each in codes:
        found.setdefault(each.text.removeprefix(each.identifier), each)
    return list(found.values())


def _decoded(decoder: str, content: bytes, limits: Limits) -> Read:
    """Return what a decoder read; raises PictureNotRead where it died, hung, or wrote what is no answer."""
    answer = _answer(decoder, content, limits)
    try:
        said = json.loads(answer)
        fault = _FAULTS.get(said.get("fault", ""), "")
        read = Read(_once([_code(each) for each in said.get("codes", ())]), int(said.get("unread", 0)))
    except (ValueError, TypeError, LookupError, AttributeError):
        raise PictureNotRead("The decoder failed at this picture: take it again, or scan the label.") from None
    if fault:
        raise PictureNotRead(fault)
    return read


def _code(said: Mapping[str, Any]) -> PictureCode:
    """Take one code from the decoder's answer, which is trusted no further than its shape."""
    measured = {
        name: said.get(name) for name in ("modules", "module_px", "module_mm", "contrast", "quiet", "corrected")
    }
    if not all(each is None or isinstance(each, int | float) for each in measured.values()):
        raise TypeError("a measure is no number")
    text = b64decode(said["text"]).decode("utf-8", "replace")
    identifier = str(said["identifier"])
    return PictureCode(f"{identifier}{text}", identifier, PrintFacts(str(said["symbology"]), **measured))


def _answer(decoder: str, content: bytes, limits: Limits) -> bytes:
    """Return what the decoder wrote; nothing where it died. Raises PictureNotRead where it took too long."""
    command = [sys.executable, "-I", str(_PROGRAM), decoder, str(limits.memory), str(limits.processor_seconds)]
    # Both ends are files in memory: no pipe that a decoder could let us wait at, and nothing on a disk.
    with _in_memory(content) as picture, _in_memory(b"") as answer:
        process = subprocess.Popen(  # noqa: S603 (our own program, and numbers)
            command, stdin=picture, stdout=answer, stderr=subprocess.DEVNULL, env=_ENVIRONMENT, cwd="/"
        )
        try:
            ended = process.wait(timeout=limits.seconds)
        except subprocess.TimeoutExpired:
            raise PictureNotRead("Reading this picture took too long: cut out the label, or take it again.") from None
        finally:
            process.kill()
            process.wait()
        return os.pread(answer, MOST_ANSWER_BYTES, 0) if ended == 0 else b""


@contextmanager
def _in_memory(content: bytes) -> Iterator[int]:
    descriptor = os.memfd_create("cotrack-picture")
    try:
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _turn(folder: Path, patience_seconds: float) -> Iterator[None]:
    """Hold one of the turns that this machine's processes share; raises DecodersBusy where none comes free in time."""
    end = time.monotonic() + patience_seconds
    while True:
        for number in range(DECODERS_AT_ONCE):
            descriptor = os.open(folder / f"decoder-{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if _is_free(descriptor):
                try:
                    yield
                finally:
                    os.close(descriptor)
                return
            os.close(descriptor)
        if time.monotonic() > end:
            raise DecodersBusy("Other pictures are being read: try again in a moment.")
        time.sleep(LOOK_SECONDS)


def _is_free(descriptor: int) -> bool:
    """Take the lock where nobody holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
