"""The IPP Everywhere simulator of CUPS as a label printer, with a message bus and a name service of its own."""

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.clusters import free_port

PATIENCE_SECONDS = 30
LOCK = Path(tempfile.gettempdir()) / "cotrack-name-service.lock"

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={socket}</listen>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/></policy>
</busconfig>
"""
NAMES = "[server]\nuse-ipv4=yes\nuse-ipv6=no\nallow-interfaces=lo\n[rlimits]\n"
LABEL_PRINTER = """ATTR keyword media-supported "custom_min_10x10mm","custom_max_300x300mm","om_label_100x50mm"
ATTR keyword media-default "om_label_100x50mm"
ATTR keyword media-ready "om_label_100x50mm"
ATTR collection media-size-supported {{
    MEMBER rangeOfInteger x-dimension 1000-30000
    MEMBER rangeOfInteger y-dimension 1000-30000
}}
ATTR integer media-bottom-margin-supported 0
ATTR integer media-left-margin-supported 0
ATTR integer media-right-margin-supported 0
ATTR integer media-top-margin-supported 0
ATTR keyword media-col-supported "media-size","media-bottom-margin","media-left-margin",\
"media-right-margin","media-top-margin"
ATTR mimeMediaType document-format-supported {formats}
ATTR mimeMediaType document-format-default {first}
ATTR keyword pwg-raster-document-type-supported "black_1","sgray_8"
ATTR resolution pwg-raster-document-resolution-supported 203dpi,300dpi,600dpi
ATTR keyword print-scaling-supported "none","auto"
"""
PRESS = """#!/bin/sh
# What "printing" does: as the file beside it says, and else it takes the label and is done.
. {manners}
"""


@dataclass
class IppPrinter:
    """A simulated printer: where it is, and what it kept of each label."""

    port: int
    folder: Path

    @property
    def labels(self) -> list[bytes]:
        """Return the documents that it was sent, in their order."""
        found = [each for each in (self.folder / "kept").iterdir() if each.suffix in {".pwg", ".pdf", ".jpg"}]
        return [each.read_bytes() for each in sorted(found, key=lambda each: int(each.name.split("-")[0]))]

    def behave(self, shell: str) -> None:
        """Let every label from now on be printed by these shell commands."""
        (self.folder / "manners").write_text(f"{shell}\n")


@contextmanager
def name_service(folder: Path) -> Iterator[Path]:
    """Run a message bus and a name service; a machine has one name service at a time, so that others wait for it."""
    bus = folder / "bus"
    (folder / "bus.conf").write_text(BUS.format(socket=bus))
    (folder / "names.conf").write_text(NAMES)
    quiet = ("--no-drop-root", "--no-chroot", "--no-rlimits", "--no-proc-title")
    with LOCK.open("w") as lock, ExitStack() as stack:
        fcntl.flock(lock, fcntl.LOCK_EX)
        bus_daemon = ("dbus-daemon", f"--config-file={folder / 'bus.conf'}", "--nofork", "--nopidfile")
        stack.enter_context(_running(folder, bus, *bus_daemon))
        _wait_until(bus.exists)
        stack.enter_context(_running(folder, bus, "avahi-daemon", "-f", str(folder / "names.conf"), *quiet))
        _wait_until(lambda: "startup complete" in (folder / "avahi-daemon.log").read_text())
        yield bus


@contextmanager
def ipp_printer(folder: Path, bus: Path, *formats: str) -> Iterator[IppPrinter]:
    """Run a label printer that takes these formats; it ends with the block."""
    (folder / "kept").mkdir(parents=True)
    found = IppPrinter(free_port(), folder)
    found.behave("exit 0")
    quoted = [f'"{each}"' for each in formats]
    (folder / "printer.conf").write_text(LABEL_PRINTER.format(formats=",".join(quoted), first=quoted[0]))
    press = folder / "press"
    press.write_text(PRESS.format(manners=folder / "manners"))
    press.chmod(0o755)
    simulator = ("-p", str(found.port), "-k", "-d", str(folder / "kept"), "-c", str(press))
    named = ("-a", str(folder / "printer.conf"), f"Labels {found.port}")
    with _running(folder, bus, "ippeveprinter", *simulator, *named):
        _wait_until(lambda: _answers(found.port))
        yield found


@contextmanager
def _running(folder: Path, bus: Path, name: str, *arguments: str) -> Iterator[None]:
    program = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    assert program is not None, f"{name} is not on this machine: apt-get install cups-ipp-utils dbus avahi-daemon"
    variables = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={bus}"}
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen([program, *arguments], env=variables, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("localhost", port), timeout=1).close()
    except OSError:
        return False
    return True


def _wait_until(happens: object) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not happens():  # type: ignore[operator]
        assert time.monotonic() < end, "the simulated printer did not start"
        time.sleep(0.05)
