"""A picture that somebody sends is read in a process of its own: whatever it does there, the service goes on."""

import fcntl
import io
import os
import random
import resource
import subprocess
import sys
import time
import zlib
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from PIL import Image
from support.pace import slowness
from support.pictures import SYMBOLS, data_matrix, page, photo, qr, sent
from support.readings import papers
from support.readings.decoders import ZBAR, ZXING, Decoder
from support.readings.degrade import noisy
from support.readings.shots import FLAT, VIAL, Thing, taken, within_the_measure

from cotrack.labelling.gateways import decoder, decoding
from cotrack.labelling.gateways.decoding import LIMITS, MOST_PICTURE_BYTES, DecodersBusy, Limits, PictureNotRead, Read
from cotrack.labelling.gateways.decoding import read_picture as read_in

TEXT = "CT1BT7K3Q5M2XPTABAK7QM" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 3 + "ABCDEFG"
OTHER = "CT1TT7K3Q5M2XPTABAK7QM" + "765432ZYXWVUTSRQPONMLKJIHGFEDCBA" * 3 + "GFEDCBA"
IDENTIFIERS = {"qr": "]Q1", "data_matrix": "]d1"}


def read(content: bytes, folder: Path, limits: Limits = LIMITS) -> Read:
    before = children()
    try:
        return read_in(content, folder, limits)
    finally:
        assert children() == before, "a decoder was left behind"


def children() -> set[str]:
    """The processes that this one has started and not seen end."""
    lists = Path("/proc/self/task").glob("*/children")
    return {each for found in lists for each in found.read_text().split()}


def refused(content: bytes, folder: Path, limits: Limits = LIMITS) -> str:
    with pytest.raises(PictureNotRead) as refusal:
        read(content, folder, limits)
    return str(refusal.value)


@pytest.mark.parametrize("kind", SYMBOLS)
@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "WEBP", "BMP"])
def test_each_symbol_is_read_from_each_kind_of_file(tmp_path: Path, kind: str, form: str) -> None:
    found = read(sent(SYMBOLS[kind](TEXT), form), tmp_path)
    assert [each.text for each in found.codes] == [IDENTIFIERS[kind] + TEXT]
    assert found.unread == 0


def test_all_labels_of_a_page_are_read_each_text_once(tmp_path: Path) -> None:
    found = read(sent(page(qr(TEXT), data_matrix(OTHER), qr(TEXT), data_matrix(TEXT))), tmp_path)
    assert sorted(each.text[3:] for each in found.codes) == sorted([TEXT, OTHER])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_read_however_its_camera_was_held(tmp_path: Path, orientation: int) -> None:
    picture = page(qr(TEXT), data_matrix(OTHER))
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = picture if orientation == 1 else picture.transpose(list(Image.Transpose)[orientation - 2])
    found = read(sent(turned, "JPEG", exif=exif), tmp_path)
    assert {each.text[3:] for each in found.codes} == {TEXT, OTHER}


def test_what_is_clear_in_a_picture_is_paper(tmp_path: Path) -> None:
    black = Image.new("LA", (400, 400), (0, 0))
    symbol = qr(TEXT).resize((360, 360), Image.Resampling.NEAREST)
    black.paste((0, 255), (20, 20), symbol.point(lambda shade: 255 - shade))
    assert [each.text[3:] for each in read(sent(black), tmp_path).codes] == [TEXT]


def test_a_page_in_a_photo_of_12_million_dots_is_read_within_a_second(tmp_path: Path) -> None:
    content = photo([TEXT, OTHER])
    took = []
    for _ in range(5):
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        found = read(content, tmp_path)
        after, ended = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        assert {each.text[3:] for each in found.codes} == {TEXT, OTHER}
        # Beside other work the decoder waits for its turn: what counts then is what it used of the processor.
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        took.append(min(ended - begun, used))
    assert min(took) < slowness(), took


NO_PICTURE = "This is no picture (PNG, JPEG, TIFF, BMP, GIF, WEBP)."
TOO_LARGE = "This is too large a picture: cut out the label."
DAMAGED = "This picture is damaged: take it again."


def png_that_claims(width: int, height: int) -> bytes:
    """A small PNG whose header promises any number of dots."""
    content = bytearray(sent(Image.new("L", (8, 8))))
    content[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    header = bytes(content[12:29])
    content[29:33] = zlib.crc32(header).to_bytes(4, "big")
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", NO_PICTURE, id="nothing"),
        pytest.param(b"no picture at all", NO_PICTURE, id="letters"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", NO_PICTURE, id="postscript"),
        pytest.param(b"%PDF-1.7\n", NO_PICTURE, id="pdf"),
        pytest.param(sent(qr(TEXT))[:400], DAMAGED, id="cut"),
        pytest.param(sent(qr(TEXT), "JPEG")[:4000], DAMAGED, id="cut_jpeg"),
        pytest.param(sent(Image.new("1", (20_000, 20_000))), TOO_LARGE, id="bomb"),
        pytest.param(sent(Image.new("1", (8_000, 8_000))), TOO_LARGE, id="large"),
        pytest.param(png_that_claims(60_000, 60_000), TOO_LARGE, id="claims"),
        pytest.param(b"\x89PNG" + bytes(MOST_PICTURE_BYTES), TOO_LARGE, id="bytes"),
    ],
)
def test_what_is_no_picture_to_read_is_one_plain_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    assert refused(content, tmp_path) == words


def test_a_damaged_picture_is_read_or_refused_and_nothing_else(tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311 (which bytes are broken is no secret)
    for content in (sent(qr(TEXT)), sent(qr(TEXT), "JPEG"), sent(qr(TEXT), "TIFF"), sent(qr(TEXT), "WEBP")):
        for _ in range(8):
            broken = bytearray(content)
            for _ in range(12):
                broken[chance.randrange(len(broken))] = chance.randrange(256)
            with suppress(PictureNotRead):
                assert {each.text[3:] for each in read(bytes(broken), tmp_path).codes} <= {TEXT}


@pytest.mark.parametrize("megabytes", [20, 50, 70])
def test_a_decoder_without_enough_memory_dies_alone(tmp_path: Path, megabytes: int) -> None:
    """Python says so at some limits; at others its libraries fail in their own way, libzbar by a null pointer."""
    content = photo([TEXT, OTHER])
    assert refused(content, tmp_path, Limits(memory=megabytes * 1_000_000)) in {TOO_LARGE, FAILED}
    assert read(content, tmp_path).codes


FAILED = "The decoder failed at this picture: take it again, or scan the label."
SLOW = "Reading this picture took too long: cut out the label, or take it again."


def test_a_decoder_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    begun = time.monotonic()
    assert refused(photo([TEXT]), tmp_path, Limits(seconds=0.1)) == SLOW
    assert time.monotonic() - begun < 5


def taken_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str) -> None:
    """Put a program in the decoder's place, as a crafted picture might."""
    program = tmp_path / "decoder"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))


@pytest.mark.parametrize(
    ("script", "words"),
    [
        pytest.param("kill -SEGV $$", FAILED, id="crashes"),
        pytest.param("kill -STOP $$", SLOW, id="stands_still"),
        pytest.param("exec sleep 600", SLOW, id="hangs"),
        pytest.param("exit 0", FAILED, id="says_nothing"),
        pytest.param("echo '[]'", FAILED, id="says_a_list"),
        pytest.param("""echo '{"codes": [{"text": 7}], "unread": 0}'""", FAILED, id="says_half"),
        pytest.param("""echo '{"codes": 3}'""", FAILED, id="says_a_number"),
        pytest.param("""echo '{"fault": "../x"}'""", "", id="says_another_fault"),
        pytest.param("head -c 3000000 /dev/zero", FAILED, id="floods"),
    ],
)
def test_a_decoder_that_was_taken_over_is_believed_no_further_than_its_shape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    taken_over(monkeypatch, tmp_path, script)
    limits = Limits(seconds=0.5)
    if words:
        assert refused(sent(qr(TEXT)), tmp_path, limits) == words
    else:
        assert read(sent(qr(TEXT)), tmp_path, limits) == Read([], 0)


def test_a_decoder_sees_nothing_of_the_services_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COTRACK_DATABASE_URL", "postgresql://secret")
    taken_over(monkeypatch, tmp_path, f"env > {tmp_path}/seen; ls -l /proc/$$/fd > {tmp_path}/open")
    with Path("/etc/hostname").open("rb") as kept:
        os.set_inheritable(kept.fileno(), True)  # noqa: FBT003 (its signature)
        assert refused(sent(qr(TEXT)), tmp_path) == FAILED
    assert "COTRACK" not in (tmp_path / "seen").read_text()
    assert "hostname" not in (tmp_path / "open").read_text()


TRIES = {
    "a file": "open('/etc/hostname')",
    "a connection": "import socket; socket.socket()",
    "memory": "bytearray(600_000_000)",
    "a long answer": "sys.stdout.write('x' * 2_000_000); sys.stdout.flush()",
}


@pytest.mark.parametrize("name", TRIES)
def test_a_decoder_gives_up_what_it_does_not_need(tmp_path: Path, name: str) -> None:
    program = f"""
import runpy, socket, sys
ours = runpy.run_path({str(decoding._PROGRAM)!r})
ours["_shut_in"](500_000_000, 5)
try:
    {TRIES[name]}
except (OSError, MemoryError):
    sys.exit(7)
"""
    with (tmp_path / "answer").open("wb") as answer:
        run = subprocess.run([sys.executable, "-I", "-c", program], stdout=answer, stderr=subprocess.PIPE, check=False)
    assert run.returncode in {7, -25}, run.stderr


def test_no_more_than_two_pictures_are_read_at_once_and_the_third_is_told_to_try_again(tmp_path: Path) -> None:
    content, short = sent(qr(TEXT)), Limits(patience_seconds=0.2)
    with (tmp_path / "decoder-0.lock").open("w") as one, (tmp_path / "decoder-1.lock").open("w") as other:
        fcntl.flock(one, fcntl.LOCK_EX)
        assert read(content, tmp_path, short).codes
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(DecodersBusy, match="try again"):
            read(content, tmp_path, short)
    assert read(content, tmp_path, short).codes


def read_at_second_look(reader: Decoder, paper: papers.Paper, thing: Thing) -> bytes:
    """Take photographs within the measure until there is one that a reader reads at its second look only."""
    photographs = (taken(paper, thing, within_the_measure(seed)) for seed in count())
    found = (each for each in photographs if not reader.look(each) and reader.look_again(each) == [paper.code])
    return sent(next(found))


def without_the_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let the first decoder see one symbol and read none."""
    answer = """{"codes": [], "unread": 1}"""
    taken_over(
        monkeypatch, tmp_path, f"""[ "$3" = zxing ] && {{ echo '{answer}'; exit; }}\nexec {sys.executable} "$@" """
    )


def small_symbol() -> papers.Paper:
    return papers.data_matrix(papers.real_code("sample", 0), 0.25)


def test_a_symbol_that_is_missed_as_it_lies_is_read_turned_and_measured_there(tmp_path: Path) -> None:
    paper = small_symbol()
    (found,) = read(read_at_second_look(ZXING, paper, VIAL), tmp_path).codes
    assert found.text == f"]d1{paper.code}"
    assert found.facts.modules == 36
    assert found.facts.module_px == pytest.approx(4, abs=0.8)
    assert found.facts.quiet == 4, "it is measured in the picture in which it was found"


def test_a_symbol_that_the_second_decoder_misses_in_the_dark_it_reads_smoothed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (paper,) = papers.papers("bag", "en", papers.real_code("bag", 0), 600)
    content = read_at_second_look(ZBAR, paper, FLAT)
    without_the_first(monkeypatch, tmp_path)
    assert [each.text for each in read(content, tmp_path).codes] == [f"]Q1{paper.code}"]


def test_a_second_look_that_might_not_end_in_time_is_not_taken() -> None:
    picture = Image.open(io.BytesIO(read_at_second_look(ZXING, small_symbol(), VIAL)))
    load, changed = decoder.READERS["zxing"]
    assert decoder._looked(picture, load(), changed, 0)[:2] == (picture, [])
    assert decoder._looked(picture, load(), changed, LIMITS.processor_seconds)[1]


def test_12_million_dots_without_a_code_are_looked_at_twice_within_the_limits(tmp_path: Path) -> None:
    content = sent(noisy(Image.new("L", (4000, 3000), 120), 60, seed=1), "JPEG", quality=85)
    assert not read(content, tmp_path).codes


def test_the_second_decoder_reads_what_the_first_could_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_the_first(monkeypatch, tmp_path)
    found = read(sent(qr(TEXT)), tmp_path)
    assert ([each.text for each in found.codes], found.unread) == ([f"]Q1{TEXT}"], 0)


def test_what_the_second_decoder_breaks_takes_nothing_from_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = """{"codes": [{"text": "QQ==", "identifier": "]Q1", "symbology": "QR Code"}], "unread": 1}"""
    taken_over(monkeypatch, tmp_path, f"""[ "$3" = zxing ] && {{ echo '{first}'; exit; }}\nkill -SEGV $$""")
    found = read(sent(qr(TEXT)), tmp_path)
    assert ([each.text for each in found.codes], found.unread) == (["]Q1A"], 1)
