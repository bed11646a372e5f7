"""`site.toml` is read whole or refused with the key at fault."""

import hashlib
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cotrack.foundation.resources import resource
from cotrack.foundation.scanners import Scanner
from cotrack.foundation.site import SecondSymbol, Site, SiteFault, read_site

EXAMPLE = resource("study/definitions/site.toml").read_text(encoding="utf-8")


def site_of(tmp_path: Path, text: str) -> Site:
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    return read_site(path)


def fault_of(tmp_path: Path, text: str) -> str:
    with pytest.raises(SiteFault) as caught:
        site_of(tmp_path, text)
    place, _, words = str(caught.value).partition("site.toml")
    assert place == f"{tmp_path}/"
    return words.removeprefix(": ")


def test_the_site_file_to_start_from_is_whole(tmp_path: Path) -> None:
    site = site_of(tmp_path, EXAMPLE)
    assert site.zone == ZoneInfo("Asia/Shanghai")
    assert site.places == ("LN2-A", "LN2-B", "LN2-QUARANTINE")
    assert site.minutes["check_valid"] == 10
    assert site.phone == {"physician": "8-1101", "qa": "8-2202", "cell_bank": "8-3303"}
    assert {code for code, station in site.stations.items() if station.ward} == {"WARD-3A-1", "WARD-3A-2", "WARD-5B-1"}


def test_the_site_is_known_by_the_hash_of_its_text(tmp_path: Path) -> None:
    site = site_of(tmp_path, EXAMPLE)
    assert site.text == EXAMPLE
    assert site.sha256 == hashlib.sha256(EXAMPLE.encode()).hexdigest()


def test_only_a_registered_station_is_found(tmp_path: Path) -> None:
    site = site_of(tmp_path, EXAMPLE)
    station = site.station("WARD-3A-1")
    assert station is not None
    assert (station.ward, station.printer) == ("3A", "P-BROWSER")
    assert [site.station(code) for code in (None, "", "WARD-3A-9", "ward-3a-1")] == [None] * 4


def test_a_printer_has_the_usual_port_and_density_where_none_is_said(tmp_path: Path) -> None:
    site = site_of(tmp_path, EXAMPLE)
    browser, filling = site.printers["P-BROWSER"], site.printers["P-FILL"]
    assert (browser.protocol, browser.host, browser.port, browser.dots_per_inch) == ("pdf", "", 9100, 300)
    assert (filling.protocol, filling.host) == ("zpl", "127.0.0.1")


def test_what_a_stations_scanner_adds_is_signs_alone(tmp_path: Path) -> None:
    at_first = 'code = "FILL-1"\n'
    site = site_of(tmp_path, EXAMPLE.replace(at_first, at_first + 'scanner = { prefix = "~", suffix = "##" }\n'))
    assert (site.stations["FILL-1"].scanner.prefix, site.stations["FILL-1"].scanner.suffix) == ("~", "##")
    assert site.stations["FREEZER-1"].scanner == Scanner("", "")
    for wrong in (
        '{ prefix = "C" }',
        '{ prefix = "]" }',
        '{ suffix = "######" }',
        '{ other = "~" }',
        '"~"',
        "{ prefix = 1 }",
    ):
        text = EXAMPLE.replace(at_first, f"{at_first}scanner = {wrong}\n")
        assert fault_of(tmp_path, text) == "station FILL-1: scanner takes a prefix and a suffix of up to five signs"


def test_a_self_test_is_asked_for_only_where_the_site_says_so(tmp_path: Path) -> None:
    assert (site_of(tmp_path, EXAMPLE).self_test_required, site_of(tmp_path, EXAMPLE).self_test_days) == (True, 180)
    older = EXAMPLE.replace("self_test_required = true\nself_test_days = 180\n", "")
    assert older != EXAMPLE
    assert (site_of(tmp_path, older).self_test_required, site_of(tmp_path, older).self_test_days) == (False, 180)
    wrong = EXAMPLE.replace("self_test_days = 180", "self_test_days = 0")
    assert fault_of(tmp_path, wrong) == "self_test_days must be a whole number above zero"


def test_a_missing_file_says_what_writes_one(tmp_path: Path) -> None:
    with pytest.raises(SiteFault, match=r"is missing: `cotrack init` writes one to start from$"):
        read_site(tmp_path / "site.toml")


@pytest.mark.parametrize("content", [b"name_en = ", b"\xff\xfe"])
def test_a_file_that_is_no_toml_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "site.toml"
    path.write_bytes(content)
    with pytest.raises(SiteFault, match="cannot be read"):
        read_site(path)


@pytest.mark.parametrize(
    "line",
    [
        'name_en = "Demonstration hospital, cell therapy ward"',
        'name_zh = "演示医院细胞治疗病区"',
        'zone = "Asia/Shanghai"',
        'maker_en = "Demonstration GMP facility"',
        'maker_zh = "演示 GMP 制备中心"',
        'law_en = "For clinical trial use only"',
        'law_zh = "仅用于临床试验"',
        'places = ["LN2-A", "LN2-B", "LN2-QUARANTINE"]',
        "check_valid = 10",
        "thaw_check_valid = 30",
        "thawed_life = 90",
        "watch_issued = 60",
        "watch_checked = 15",
        'protocol = "pdf"',
        'name_zh = "灌装间 1"',
    ],
)
def test_a_missing_key_is_named(tmp_path: Path, line: str) -> None:
    assert line in EXAMPLE
    assert fault_of(tmp_path, EXAMPLE.replace(line, "", 1)) == f"{line.partition(' ')[0]} is missing"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('protocol = "pdf"', 'protocol = "fax"', "printer P-BROWSER: protocol 'fax' is none of pdf, zpl, ipp"),
        ('printer = "P-BROWSER"', 'printer = "P-9"', "station FILL-1: there is no printer 'P-9'"),
        ("check_valid = 10", "check_valid = 0", "minutes.check_valid must be a whole number above zero"),
        ("check_valid = 10", "check_valid = true", "minutes.check_valid must be a whole number above zero"),
        ("check_valid = 10", "check_valid = 1.5", "minutes.check_valid must be a whole number above zero"),
        ("check_valid = 10", 'check_valid = "10"', "minutes.check_valid must be a whole number above zero"),
        ("port = 9100", 'port = "raw"', "invalid literal for int() with base 10: 'raw'"),
        ('zone = "Asia/Shanghai"', 'zone = "../Shanghai"', "ZoneInfo keys must refer to subdirectories"),
        ('places = ["LN2-A", "LN2-B", "LN2-QUARANTINE"]', 'places = "LN2-A"', "places"),
        ('places = ["LN2-A", "LN2-B", "LN2-QUARANTINE"]', "places = [1]", "places must be a list of texts"),
        ('code = "WARD-5B-1"', 'code = "WARD-3A-1"', "station WARD-3A-1 stands twice"),
        ('code = "P-FILL"', 'code = "P-BROWSER"', "printer P-BROWSER stands twice"),
        ('code = "P-FILL"', "code = 7", "code must be a text"),
        ('name_zh = "演示医院细胞治疗病区"', 'name_zh = " "', "name_zh must be a text"),
        ('zone = "Asia/Shanghai"', "zone = 8", "zone must be a text"),
        ('zone = "Asia/Shanghai"', 'zone = "Mars/Base"', "No time zone found with key Mars/Base"),
    ],
)
def test_a_value_that_makes_no_sense_is_named(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in EXAMPLE
    words = fault_of(tmp_path, EXAMPLE.replace(old, new, 1))
    assert fault in words
    assert "is missing" not in words


@pytest.mark.parametrize(
    ("table", "value", "fault"),
    [
        ("[[printer]]", 'printer = "P-1"', "printer must be a list of tables"),
        ("[[printer]]", 'printer = ["P-1"]', "printer must be a list of tables"),
        ("[[station]]", "station = 5", "station must be a list of tables"),
        ("[minutes]", "minutes = 10", "minutes must be a table"),
        ("[phone]", 'phone = "8-1101"', "phone must be a table"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, table: str, value: str, fault: str) -> None:
    top = EXAMPLE.split("# Thresholds", maxsplit=1)[0]
    tables = [f"[{each}" for each in EXAMPLE.split("\n[")[1:]]
    others = "\n".join(each for each in tables if not each.startswith(table))
    assert fault_of(tmp_path, f"{top}\n{value}\n{others}") == fault


def test_a_site_asks_for_two_people_of_quality_only_where_it_says_so(tmp_path: Path) -> None:
    line = "trail_reviewer_may_release = true\n"
    assert line in EXAMPLE
    assert site_of(tmp_path, EXAMPLE.replace(line, "")).trail_reviewer_may_release
    assert not site_of(tmp_path, EXAMPLE.replace(line, line.replace("true", "false"))).trail_reviewer_may_release
    wrong = EXAMPLE.replace(line, line.replace("true", '"no"'))
    assert fault_of(tmp_path, wrong) == "trail_reviewer_may_release must be true or false"


LOCATION = """
[[location]]
code = "BED-1"
kind = "bed"
name_en = "Bed 1"
name_zh = "1 床"
within = "3A"
"""


def test_stations_wards_and_places_are_locations_without_being_listed(tmp_path: Path) -> None:
    site = site_of(tmp_path, EXAMPLE.partition("# Whatever else has a label")[0])
    kinds = {code: each.kind for code, each in site.locations.items()}
    assert kinds == {
        **dict.fromkeys(site.places, "freezer"),
        **dict.fromkeys(site.stations, "station"),
        **dict.fromkeys(("3A", "5B"), "ward"),
    }
    assert (site.locations["WARD-3A-1"].within, site.locations["FILL-1"].within) == ("3A", "")


def test_what_is_listed_is_a_location_too_and_may_name_a_place(tmp_path: Path) -> None:
    locations = site_of(tmp_path, EXAMPLE + LOCATION).locations
    assert (locations["BED-1"].kind, locations["BED-1"].within) == ("bed", "3A")
    assert locations["LN2-A"].name_zh == "气相液氮罐 A"
    assert locations["LN2-B"].name_zh == "LN2-B"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"BED-1"', '"Bed 1"', "location Bed 1: capital letters"),
        ('"BED-1"', f'"{"A" * 25}"', "24 at most"),
        ('"BED-1"', '"FILL-1"', "location FILL-1: there is a station or a ward of this code"),
        ('"BED-1"', '"3A"', "location 3A: there is a station or a ward of this code"),
        ('"BED-1"', '"BOX-0001"', "location BOX-0001 stands twice"),
        ('"bed"', '"chair"', "kind 'chair' is none of"),
        ('"1 床"', '" "', "location BED-1: name_zh must be a text"),
        ('name_zh = "1 床"\n', "", "name_zh is missing"),
        ('within = "3A"', 'within = "9Z"', "there is no location '9Z' for it to be in"),
    ],
    ids=str,
)
def test_a_location_that_makes_no_sense_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in LOCATION
    assert words in fault_of(tmp_path, EXAMPLE + LOCATION.replace(old, new))


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ('{ scheme = "gs1", gtin = "09521234543212" }', "second_symbol.gtin: must be a GTIN of 14 digits"),
        ('{ scheme = "gs1", gtin = "9521234543213" }', "second_symbol.gtin: must be a GTIN of 14 digits"),
        ('{ scheme = "gs1", gtin = "0952123454321٣" }', "second_symbol.gtin: must be a GTIN of 14 digits"),
        ('{ scheme = "isbt", gtin = "09521234543213" }', "second_symbol.scheme: 'isbt' is none of gs1"),
        ('{ scheme = "gs1" }', "gtin is missing"),
        ('"gs1"', "second_symbol must be a table"),
    ],
)
def test_a_second_symbol_names_its_scheme_and_a_whole_gtin(tmp_path: Path, entry: str, fault: str) -> None:
    line = '# second_symbol = { scheme = "gs1", gtin = "09521234543213" }\n'
    assert line in EXAMPLE
    assert site_of(tmp_path, EXAMPLE).second_symbol is None
    assert site_of(tmp_path, EXAMPLE.replace(line, line[2:])).second_symbol == SecondSymbol("gs1", "09521234543213")
    assert fault_of(tmp_path, EXAMPLE.replace(line, f"second_symbol = {entry}\n")).startswith(fault)
