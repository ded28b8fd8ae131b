"""What a site says of itself is checked before anything is changed."""

import json
from pathlib import Path
from typing import Any

import pytest

from deployments.apply import concerns, read_site
from emdewar.errors import RefusedError

CATALOG = {"url": "http://127.0.0.1:8000", "username": "emdewar", "password": "x"}
ARCHIVE = {"store_name": "disk-1", "root": "/archive/1"}
FACILITY = {"catalog": CATALOG, "landing_zone": "/landing", "retrieve_folder": "/back", "archives": [ARCHIVE]}
MICROSCOPE = {"instrument": "krios1", "drop_folder": "/mnt/krios1"}


def site_file(folder: Path, facility: dict[str, Any], microscope: dict[str, Any], name: str = "default") -> Path:
    path = folder / "site.json"
    path.write_text(json.dumps({"facilities": {name: facility}, "microscopes": {"default": microscope}}))
    return path


def test_a_sound_site_file_is_read(tmp_path: Path) -> None:
    site = read_site(site_file(tmp_path, FACILITY, MICROSCOPE))

    assert site.facilities["default"].archives[0].store_name == "disk-1"
    assert "x" not in repr(site.facilities["default"].catalog.password)


@pytest.mark.parametrize(
    ("facility", "microscope", "words"),
    [
        ({}, {"quiet_perod_s": 5}, "quiet_perod_s"),
        ({"landing_zon": "/x"}, {}, "landing_zon"),
        ({"landing_zone": "relative"}, {}, "absolute"),
        ({"archives": []}, {}, "archives"),
        ({"archives": [ARCHIVE, {**ARCHIVE, "root": "/archive/2"}]}, {}, "share a name or a place"),
        ({"archives": [ARCHIVE, {**ARCHIVE, "store_name": "disk-2"}]}, {}, "share a name or a place"),
        ({"datablock_target_bytes": 0}, {}, "datablock_target_bytes"),
        ({"archives": [{**ARCHIVE, "rot": "/x"}]}, {}, "rot"),
        ({"archives": [{"kind": "s4", **ARCHIVE}]}, {}, "kind|s4"),
        ({"policy": {"copys": []}}, {}, "copys"),
        ({"policy": {"copies": [{"store": "disk-9"}]}}, {}, "disk-9"),
        ({"policy": {"required_copies": 2, "copies": [{"store": "disk-1"}]}}, {}, "required_copies"),
    ],
)
def test_a_mistake_is_named_with_its_place(
    tmp_path: Path, facility: dict[str, Any], microscope: dict[str, Any], words: str
) -> None:
    path = site_file(tmp_path, {**FACILITY, **facility}, {**MICROSCOPE, **microscope})

    with pytest.raises(RefusedError, match=words):
        read_site(path)


def test_what_is_allowed_but_rarely_meant_is_noted(tmp_path: Path) -> None:
    site = read_site(site_file(tmp_path, {**FACILITY, "datablock_target_bytes": 8_000_000}, MICROSCOPE))

    assert [concern.split(":")[0] for concern in concerns(site)] == ["facility default", "facility default"]
    assert "suit a tape" in concerns(site)[0]


def test_a_block_name_that_prefect_would_not_take_is_refused_first(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="Bad_Name"):
        read_site(site_file(tmp_path, FACILITY, MICROSCOPE, name="Bad_Name x"))


@pytest.mark.parametrize("content", ["", "{", "[1"])
def test_a_file_that_is_no_json_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "site.json"
    path.write_text(content)

    with pytest.raises(RefusedError, match="is not JSON"):
        read_site(path)


@pytest.mark.parametrize("destination", ["back", "~/back", "/landing/x", "/archive/1", "/landing/../archive/1/x"])
def test_nothing_is_restored_over_what_is_kept(tmp_path: Path, destination: str) -> None:
    facility = read_site(site_file(tmp_path, FACILITY, MICROSCOPE)).facilities["default"]

    with pytest.raises(RefusedError, match="absolute path outside"):
        facility.check_destination(Path(destination))


@pytest.mark.parametrize("wanted", ["/etc", "..", "a/../../b", "/back/../etc", "/backx"])
def test_a_job_has_nothing_written_outside_the_retrieve_folder(tmp_path: Path, wanted: str) -> None:
    facility = read_site(site_file(tmp_path, FACILITY, MICROSCOPE)).facilities["default"]

    with pytest.raises(RefusedError, match="name a folder below"):
        facility.ordered_target("20.500/abc", wanted)


@pytest.mark.parametrize(("wanted", "folder"), [("", ""), ("paper", "paper/"), ("/back", ""), ("/back/a/b", "a/b/")])
def test_a_job_may_choose_a_folder_below_the_retrieve_folder(tmp_path: Path, wanted: str, folder: str) -> None:
    facility = read_site(site_file(tmp_path, FACILITY, MICROSCOPE)).facilities["default"]

    target = facility.ordered_target("20.500/abc", wanted)

    assert target.as_posix() == f"{facility.retrieve_folder}/{folder}20.500_abc"


@pytest.mark.parametrize("session", ["/mnt/krios1", "/mnt/krios1/a/b", "/etc", "nul\0byte", ""])
def test_only_a_folder_of_the_drop_folder_is_a_session(tmp_path: Path, session: str) -> None:
    microscope = read_site(site_file(tmp_path, FACILITY, MICROSCOPE)).microscopes["default"]

    assert not microscope.holds(session)
    assert microscope.holds("/mnt/krios1/session 1")
