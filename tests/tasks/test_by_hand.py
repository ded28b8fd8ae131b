"""What people entered survives any number of ingests."""

import json
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from emdewar.oscem.findings import Finding
from emdewar.records import Dataset
from tasks.by_hand import OURS, said_by_people, with_parts_of_people, with_place_to_enter

Json = dict[str, Any]

READ: Json = {
    "acquisition": {"pixel_size": {"value": 0.83, "unit": "Å"}, "detectors": [{"name": "K3"}], "frames_per_movie": 40},
    "instrument": {"microscope": {"model": "TITAN52339260"}},
}


def _ingested(kept: Json, read: Json = READ) -> Json:
    """What an ingest makes of a dataset's metadata, when files count where both speak."""
    said = said_by_people(kept)
    record = deepcopy(read)
    for part in ("acquisition", "instrument"):
        record[part] = {**said.get(part, {}), **record[part]}
    of_files = ("acquisition", "instrument")
    ours = {
        "by_hand": {part: said[part] for part in of_files if part in said},
        "written": {part: record[part] for part in of_files},
    }
    stored: Json = json.loads(json.dumps(with_parts_of_people(kept, record, ours)))
    return stored


def test_a_sample_entered_by_a_person_is_used_and_stays() -> None:
    kept = {**_ingested({}), "sample": {"overall_molecule": {"name_sample": "Ribosome"}}, "note": "mine"}

    again = _ingested(_ingested(kept))

    assert said_by_people(again)["sample"] == kept["sample"]
    assert (again["sample"], again["note"]) == (kept["sample"], "mine")


def test_what_an_ingest_wrote_is_not_taken_for_a_persons_word() -> None:
    assert said_by_people(_ingested(_ingested({}))) == {}


def test_the_catalogs_own_si_values_are_no_change() -> None:
    kept = _ingested({})
    kept["acquisition"]["pixel_size"] |= {"valueSI": 8.3e-11, "unitSI": "m"}

    assert said_by_people(kept) == {}


def test_a_value_that_files_lack_stays_when_somebody_added_it() -> None:
    kept = _ingested({})
    kept["acquisition"]["holder"] = "Autoloader"

    again = _ingested(_ingested(kept))

    assert again["acquisition"]["holder"] == "Autoloader"
    assert said_by_people(again) == {"acquisition": {"holder": "Autoloader"}}


def test_a_value_that_somebody_corrected_is_remembered_over_ingests() -> None:
    kept = _ingested({})
    kept["instrument"]["microscope"]["model"] = "TFS KRIOS"

    again = _ingested(_ingested(_ingested(kept)))

    assert said_by_people(again) == {"instrument": {"microscope": {"model": "TFS KRIOS"}}}


def test_a_value_that_somebody_took_out_is_forgotten() -> None:
    kept = _ingested({})
    kept["acquisition"]["holder"] = "Autoloader"
    kept = _ingested(kept)
    del kept["acquisition"]["holder"]

    assert said_by_people(kept) == {}


def test_metadata_of_an_earlier_version_are_not_taken_for_a_persons_word() -> None:
    kept = {**READ, OURS: {"findings": [], "provenance": {"acquisition.pixel_size": "x.xml: pixelSize"}}}

    assert said_by_people(kept) == {}


def test_metadata_entered_before_the_first_ingest_are_a_persons_word() -> None:
    assert said_by_people({"acquisition": {"holder": "x"}}) == {"acquisition": {"holder": "x"}}


SLOTS = st.dictionaries(st.sampled_from("abcdef"), st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", "unit"]), inner, max_size=3),
    max_leaves=6,
))  # fmt: skip


@given(SLOTS, SLOTS)
def test_nothing_that_people_enter_is_ever_lost(entered: Json, read: Json) -> None:
    kept = {"sample": {"x": entered}, "acquisition": deepcopy(entered)}
    files = {"acquisition": read, "instrument": {}}

    again = _ingested(_ingested(kept, files), files)

    assert again["sample"] == kept["sample"]
    assert said_by_people(again).get("acquisition", {}).keys() == entered.keys() - {
        name for name, value in entered.items() if value == {}
    }


def _dataset() -> Dataset:
    fields = {"pid": "p/1", "datasetName": "n", "type": "raw", "owner": "Jane Doe", "ownerGroup": "g"}
    more = {"contactEmail": "a@b.org", "sourceFolder": "/x", "creationTime": "2026-01-31T12:00:00Z"}
    return Dataset.model_validate({**fields, **more, "proposalIds": ["P-1"]})


def test_a_person_is_told_where_to_enter_what_is_missing() -> None:
    missing = Finding(path="organizational", expectation="authors", value="none", source="a person")
    other = Finding(path="instrument.cs", expectation="a value", value="none", source="Microscope block")

    told = with_place_to_enter(missing, _dataset())

    assert "dataset p/1: scientificMetadata.organizational" in told.source
    assert "Jane Doe" in told.value
    assert "P-1" in told.value
    assert with_place_to_enter(other, _dataset()) == other
