"""What belongs to the site, read from its `site.toml`: zone, wards, stations, printers, thresholds, wording."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cotrack.foundation.audit.checkpoint import is_key_name
from cotrack.foundation.locations import STATION, Location, read_locations
from cotrack.foundation.scanners import ADDS_NOTHING, Scanner, read_scanner
from cotrack.foundation.written import has_check_digit, says_autologous_only

_URL = re.compile(r"https?://\S+$")
PRINTER_PROTOCOLS = ("pdf", "zpl", "ipp")
DEFAULT_PORTS = {"pdf": 9100, "zpl": 9100, "ipp": 631}
AUTHORITIES = ("CN", "EU", "US")
"""Whose wording for investigational products the program knows: `labelling.rules.wording`, and a test compares."""
GTIN_DIGITS = 14
SECOND_SCHEMES = ("gs1",)
"""Schemes in which a site may write its units once more, for other people's systems."""


class SiteFault(Exception):
    """`site.toml` is missing or wrong; the message names the key and what to do."""

    kind = "site-definition-wrong"


@dataclass(frozen=True)
class Station:
    """A registered place of work: what is scanned or printed there is recorded under its code."""

    code: str
    name_en: str
    name_zh: str
    ward: str
    printer: str
    scanner: Scanner = ADDS_NOTHING


@dataclass(frozen=True)
class Printer:
    """`pdf` hands the label to the browser once; `zpl` sends it as one bitmap to a raw socket (port 9100); `ipp` prints
    it by the Internet Printing Protocol, on CUPS or the printer itself, under `path`.

    `tells_status`: a `zpl` printer answers `~HS`, as a Zebra does; it is asked before and after each label then.
    """

    code: str
    protocol: Literal["pdf", "zpl", "ipp"]
    host: str
    port: int
    dots_per_inch: int
    path: str = "/ipp/print"
    tells_status: bool = False


@dataclass(frozen=True)
class SecondSymbol:
    """In which scheme a site writes its units once more, and under which number of the product (GTIN)."""

    scheme: str
    gtin: str


@dataclass(frozen=True)
class Site:
    """The site definition as it is in force for this process; `sha256` is recorded at each start."""

    name_en: str
    name_zh: str
    zone: ZoneInfo
    trail: str
    maker_en: str
    maker_zh: str
    law_en: str
    law_zh: str
    authorities: tuple[str, ...]
    places: tuple[str, ...]
    locations: Mapping[str, Location]
    stations: Mapping[str, Station]
    printers: Mapping[str, Printer]
    minutes: Mapping[str, int]
    phone: Mapping[str, str]
    witnesses: tuple[str, ...]
    trail_reviewer_may_release: bool
    second_symbol: SecondSymbol | None
    self_test_required: bool
    """Whether a scan counts at a station only once its scanner read the self-test sheet true."""
    self_test_days: int
    """For how many days a passed self-test stands."""
    text: str
    sha256: str

    def station(self, code: str | None) -> Station | None:
        """Return the registered station of that code, or None."""
        return self.stations.get(code or "")


SELF_TEST_DAYS = 180
REQUIRED_MINUTES = ("check_valid", "thaw_check_valid", "thawed_life", "watch_issued", "watch_checked")


def read_site(path: Path) -> Site:
    """Read and check the site definition; raises SiteFault naming the key at fault."""
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except FileNotFoundError:
        raise SiteFault(f"{path} is missing: `cotrack init` writes one to start from") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise SiteFault(f"{path} cannot be read: {fault}") from None
    try:
        return _site(data, text)
    except (ZoneInfoNotFoundError, ValueError, TypeError) as fault:
        raise SiteFault(f"{path}: {fault.args[0]}") from None
    except KeyError as missing:
        raise SiteFault(f"{path}: {missing.args[0]} is missing") from None


def _site(data: Mapping[str, Any], text: str) -> Site:
    printers = {entry["code"]: _printer(entry) for entry in _entries(data, "printer")}
    stations = {entry["code"]: _station(entry, printers) for entry in _entries(data, "station")}
    minutes = {name: _minutes(_table(data, "minutes"), name) for name in REQUIRED_MINUTES}
    places = _places(data)
    return Site(
        name_en=_text(data, "name_en"),
        name_zh=_text(data, "name_zh"),
        zone=ZoneInfo(_text(data, "zone")),
        trail=_trail(_text(data, "trail")),
        maker_en=_wording(data, "maker_en"),
        maker_zh=_wording(data, "maker_zh"),
        law_en=_wording(data, "law_en"),
        law_zh=_wording(data, "law_zh"),
        authorities=_authorities(data),
        places=places,
        locations=_locations(data, places, stations),
        stations=stations,
        printers=printers,
        minutes=minutes,
        witnesses=_witnesses(data.get("witnesses", [])),
        trail_reviewer_may_release=_switch(data, "trail_reviewer_may_release", default=True),
        second_symbol=_second_symbol(_table(data, "second_symbol")) if "second_symbol" in data else None,
        self_test_required=_switch(data, "self_test_required", default=False),
        self_test_days=_whole(data.get("self_test_days", SELF_TEST_DAYS), "self_test_days"),
        phone={name: str(number) for name, number in _table(data, "phone").items()},
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


def _text(data: Mapping[str, Any], name: str) -> str:
    found = data[name]
    if not isinstance(found, str) or not found.strip():
        raise TypeError(f"{name} must be a text")
    return found


def _wording(data: Mapping[str, Any], name: str) -> str:
    """Return a text that stands on the labels of every product: it says of none that it is autologous."""
    found = _text(data, name)
    if says_autologous_only(found):
        raise ValueError(f"{name} says “for autologous use only”: that is for a product's study to say, never a site's")
    return found


def _authorities(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the authorities whose wording stands on labels beside the site's own; none where nothing is said."""
    found = data.get("authorities", [])
    if not isinstance(found, list) or not all(each in AUTHORITIES for each in found):
        raise ValueError(f"authorities: must be a list of {', '.join(AUTHORITIES)}")
    return tuple(found)


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data[name]
    if not isinstance(found, dict):
        raise TypeError(f"{name} must be a table")
    return found


def _entries(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the tables of a list; two of one code would be taken for each other."""
    found = data[name]
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise TypeError(f"{name} must be a list of tables")
    codes = [_text(each, "code") for each in found]
    for code in codes:
        if codes.count(code) > 1:
            raise ValueError(f"{name} {code} stands twice")
    return found


def _places(data: Mapping[str, Any]) -> tuple[str, ...]:
    places = data["places"]
    if not isinstance(places, list) or not all(isinstance(each, str) for each in places):
        raise TypeError("places must be a list of texts")
    return tuple(places)


def _locations(
    data: Mapping[str, Any], places: tuple[str, ...], stations: Mapping[str, Station]
) -> Mapping[str, Location]:
    entries = _entries(data, "location") if "location" in data else []
    at = [Location(each.code, STATION, each.name_en, each.name_zh, each.ward) for each in stations.values()]
    return read_locations(entries, places, at)


def _witnesses(urls: Any) -> tuple[str, ...]:
    """Return the addresses outside that each signed head of the trail is sent to."""
    if not isinstance(urls, list) or not all(isinstance(url, str) and _URL.match(url) for url in urls):
        raise ValueError("witnesses: must be a list of http or https addresses")
    return tuple(urls)


def _switch(data: Mapping[str, Any], name: str, *, default: bool) -> bool:
    found = data.get(name, default)
    if not isinstance(found, bool):
        raise TypeError(f"{name} must be true or false")
    return found


def _second_symbol(entry: Mapping[str, Any]) -> SecondSymbol:
    scheme, gtin = _text(entry, "scheme"), _text(entry, "gtin")
    if scheme not in SECOND_SCHEMES:
        raise ValueError(f"second_symbol.scheme: {scheme!r} is none of {', '.join(SECOND_SCHEMES)}")
    if len(gtin) != GTIN_DIGITS or not has_check_digit(gtin):
        raise ValueError("second_symbol.gtin: must be a GTIN of 14 digits with its check digit")
    return SecondSymbol(scheme, gtin)


def _trail(name: str) -> str:
    """Return the trail's name as it stands in checkpoints (C2SP signed notes): without blanks and without `+`."""
    if not is_key_name(name):
        raise ValueError("trail: must be a name without blanks and without +")
    return name


def _printer(entry: Mapping[str, Any]) -> Printer:
    protocol = entry["protocol"]
    if protocol not in PRINTER_PROTOCOLS:
        raise ValueError(f"printer {entry['code']}: protocol {protocol!r} is none of {', '.join(PRINTER_PROTOCOLS)}")
    return Printer(
        code=entry["code"],
        protocol=protocol,
        host=str(entry.get("host", "")),
        port=int(entry.get("port", DEFAULT_PORTS[protocol])),
        dots_per_inch=int(entry.get("dots_per_inch", 300)),
        path=str(entry.get("path", "/ipp/print")),
        tells_status=_switch(entry, "tells_status", default=False),
    )


def _station(entry: Mapping[str, Any], printers: Mapping[str, Printer]) -> Station:
    if entry["printer"] not in printers:
        raise ValueError(f"station {entry['code']}: there is no printer {entry['printer']!r}")
    return Station(
        code=entry["code"],
        name_en=_text(entry, "name_en"),
        name_zh=_text(entry, "name_zh"),
        ward=entry.get("ward", ""),
        printer=entry["printer"],
        scanner=read_scanner(entry),
    )


def _minutes(entries: Mapping[str, Any], name: str) -> int:
    return _whole(entries[name], f"minutes.{name}")


def _whole(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"{name} must be a whole number above zero")
    return value
