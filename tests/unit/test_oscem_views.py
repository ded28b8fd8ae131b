"""Views of a dataset: what RO-Crate, schema.org and DataCite demand is there, whatever the record lacks."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from emdewar.errors import RefusedError
from emdewar.oscem.session import describe_session
from emdewar.oscem.views.datacite import datacite
from emdewar.oscem.views.lacking import lacking
from emdewar.oscem.views.measured import UNIT_CODES, Measured, measured, property_value
from emdewar.oscem.views.people import Creator, Funding, creators, fundings, orcid_url
from emdewar.oscem.views.publication import CC0, CC_BY, Licence, Publication, Related, emdb, empiar, pdb
from emdewar.oscem.views.ro_crate import file_id, ro_crate
from emdewar.oscem.views.schema_org import schema_org, script
from emdewar.records import DataFile, Dataset

MOMENT = datetime(2026, 1, 31, 12, tzinfo=UTC)
Json = dict[str, Any]

RECORD: Json = {
    "acquisition": {
        "technique": "spa",
        "date_time": "2026-01-31T12:00:00+01:00",
        "detectors": [{"name": "Falcon 4i", "mode": "COUNTING"}],
        "dose_per_movie": {"value": 27.54, "unit": "e/Å^2", "valueSI": 2.754e21, "unitSI": "1/m^2"},
        "pixel_size": {"value": 0.415, "unit": "Å"},
        "nominal_defocus": {"minimal": {"value": -1200, "unit": "nm"}, "maximal": {"value": -400, "unit": "nm"}},
        "microscope_software": "EPU 3.8.1",
    },
    "instrument": {
        "microscope": {"model": "TFS KRIOS", "manufacturer": "TFS"},
        "acceleration_voltage": {"value": 300, "unit": "kV"},
    },
    "sample": {"overall_molecule": {"name_sample": "Ribosome", "source": "yeast"}},
    "organizational": {
        "authors": [
            {
                "family_name": "Doe",
                "given_name": "Jane",
                "email": "jane@example.org",
                "type_org": "Academic",
                "name_org": "University of Somewhere",
                "orcid": "0000-0002-1825-0097",
            },
            {"family_name": "Roe", "given_name": "Rita", "email": "r@example.org", "type_org": "Academic"},
        ],
        "grants": [{"project_id": "123", "grant_name": "Ribosomes"}, {"project_id": "456"}],
        "funder": [{"funder_name": "Science Fund"}],
    },
}
FILES = [
    DataFile(path=path, size=5, time=MOMENT, chk="0" * 64) for path in ("Data/a b.tiff", "Größe.eer", "100%#1.mdoc")
]
PUBLICATION = Publication(
    "The Facility",
    date(2026, 11, 21),
    CC0,
    doi="10.5072/AbC.1",
    url="https://data.example.org/ds/1",
    download="https://data.example.org/ds/1/files",
    publisher_ror="https://ror.org/03yrm5c26",
    catalog="The Catalog",
    related=(empiar("EMPIAR-12345", is_released=True), emdb("EMD-1"), pdb("9XYZ")),
)
POOR = Publication("The Facility", date(2026, 11, 21), CC_BY)


def _dataset(**changes: Any) -> Dataset:  # noqa: ANN401 - any field
    fields: Json = {
        "pid": "20.500/ab-1",
        "dataset_name": "grid 1",
        "type": "raw",
        "owner": "Jane Doe",
        "owner_group": "group",
        "contact_email": "someone@example.org",
        "source_folder": "/landing/1",
        "creation_time": MOMENT,
        "start_time": MOMENT,
        "end_time": MOMENT,
        "size": 12_345_678_901,
        "number_of_files": 3,
    }
    return Dataset(**{**fields, **changes})


def _entities(crate: Json) -> dict[str, Json]:
    return {entity["@id"]: entity for entity in crate["@graph"]}


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if set(value) == {"@id"}:
            yield value["@id"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


RECORDS = pytest.mark.parametrize("record", [RECORD, {}, {"acquisition": {"technique": "subtomo"}}], ids=len)
PUBLICATIONS = pytest.mark.parametrize("publication", [PUBLICATION, POOR], ids=["rich", "poor"])


@RECORDS
@PUBLICATIONS
@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_crate_has_its_descriptor_and_what_its_root_must_have(
    record: Json,
    publication: Publication,
    version: Any,  # noqa: ANN401 - a literal
) -> None:
    crate = ro_crate(_dataset(), record, publication, FILES, version=version)

    entities = _entities(crate)
    assert crate["@context"][0] == f"https://w3id.org/ro/crate/{version}/context"
    assert entities["ro-crate-metadata.json"] == {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": f"https://w3id.org/ro/crate/{version}"},
        "about": {"@id": "./"},
    }
    root = entities["./"]
    assert root["@type"] == "Dataset"
    assert root["name"]
    assert root["description"]
    assert date.fromisoformat(root["datePublished"])
    assert entities[root["license"]["@id"]]["name"]


@RECORDS
@PUBLICATIONS
def test_a_crate_is_flat_and_every_reference_leads_somewhere(record: Json, publication: Publication) -> None:
    crate = ro_crate(_dataset(), record, publication, FILES)

    entities = _entities(crate)
    assert len(entities) == len(crate["@graph"])
    for entity in entities.values():
        assert entity["@type"]
        values = [inner for value in entity.values() for inner in (value if isinstance(value, list) else [value])]
        assert all(set(value) == {"@id"} for value in values if isinstance(value, dict)), entity
    known = {*entities, "https://w3id.org/ro/crate/1.2"}
    assert set(_references(crate["@graph"])) <= known


def test_a_crate_lists_every_file_under_an_address_that_is_one() -> None:
    crate = ro_crate(_dataset(), RECORD, PUBLICATION, FILES)

    entities = _entities(crate)
    listed = [part["@id"] for part in entities["./"]["hasPart"]]
    assert listed == ["Data/a%20b.tiff", "Größe.eer", "100%25%231.mdoc"]
    assert entities["Data/a%20b.tiff"]["encodingFormat"] == "image/tiff"
    assert entities["Data/a%20b.tiff"]["sha256"] == "0" * 64


@given(st.text(min_size=1))
def test_no_name_makes_an_address_of_something_else(path: str) -> None:
    address = file_id(path.encode(errors="replace").decode())

    assert not re.search(r"[\s#?:\"<>\\^`{|}]", address)


def test_a_crate_says_with_which_microscope_the_data_were_taken() -> None:
    entities = _entities(ro_crate(_dataset(), RECORD, PUBLICATION))

    (action,) = (entity for entity in entities.values() if entity["@type"] == "CreateAction")
    assert [entities[tool["@id"]]["name"] for tool in action["instrument"]] == ["TFS KRIOS", "EPU"]
    assert action["result"] == {"@id": "./"}


@RECORDS
@PUBLICATIONS
def test_schema_org_has_what_search_engines_demand(record: Json, publication: Publication) -> None:
    described = schema_org(_dataset(), record, publication)

    assert described["@context"] == "https://schema.org/"
    assert described["@type"] == "Dataset"
    assert described["name"]
    assert 50 <= len(described["description"]) <= 5000
    assert described["license"].startswith("https://")
    assert all(creator["@type"] == "Person" and creator["name"] for creator in described["creator"])
    assert all(item["@type"] == "DataDownload" and item["contentUrl"] for item in described.get("distribution", []))
    assert json.loads(json.dumps(described)) == described


def test_quantities_are_variables_with_unit_and_code() -> None:
    variables = {item["propertyID"]: item for item in schema_org(_dataset(), RECORD, POOR)["variableMeasured"]}

    assert variables["instrument.acceleration_voltage"] == {
        "@type": "PropertyValue",
        "name": "acceleration voltage",
        "propertyID": "instrument.acceleration_voltage",
        "value": 300,
        "unitText": "kV",
        "unitCode": "KVT",
    }
    defocus = variables["acquisition.nominal_defocus"]
    assert (defocus["minValue"], defocus["maxValue"], defocus["unitCode"]) == (-1200, -400, "C45")
    dose = variables["acquisition.dose_per_movie"]
    assert (dose["value"], dose["unitText"], dose.get("unitCode")) == (27.54, "e/Å^2", None)


def test_codes_of_units_are_common_codes() -> None:
    assert all(re.fullmatch("[0-9A-Z]{2,3}", code) for code in UNIT_CODES.values())


def test_a_short_description_is_completed_by_facts_and_a_long_one_cut() -> None:
    short, long = (
        schema_org(_dataset(description=text), RECORD, POOR)["description"] for text in ("Grid 1.", "x" * 6000)
    )

    assert short.startswith("Grid 1. Single-particle")
    assert "dose 27.54 e/Å^2" in short
    assert (len(long), long[-3:]) == (5000, "...")


MANDATORY = {"creators", "titles", "publisher", "publicationYear", "types", "schemaVersion"}


@RECORDS
@PUBLICATIONS
def test_datacite_has_all_mandatory_attributes(record: Json, publication: Publication) -> None:
    attributes = datacite(_dataset(), record, publication, FILES)

    assert attributes.keys() >= MANDATORY
    assert attributes["types"]["resourceTypeGeneral"] == "Dataset"
    assert all(creator["name"] for creator in attributes["creators"])
    assert attributes["publisher"]["name"]
    assert 1000 <= attributes["publicationYear"] <= 9999
    assert all(value not in (None, [], "") for value in attributes.values())


def test_datacite_says_who_paid_how_much_there_is_and_what_it_belongs_to() -> None:
    attributes = datacite(_dataset(), RECORD, PUBLICATION, FILES)

    assert attributes["doi"] == "10.5072/abc.1"
    assert attributes["sizes"] == ["3 files", "12.35 GB"]
    assert attributes["formats"] == ["eer", "image/tiff", "text/plain"]
    assert attributes["fundingReferences"] == [
        {"funderName": "Science Fund", "awardNumber": "123", "awardTitle": "Ribosomes"},
        {"funderName": "Science Fund", "awardNumber": "456"},
    ]
    assert [(item["relationType"], item["relatedIdentifier"]) for item in attributes["relatedIdentifiers"]] == [
        ("IsIdenticalTo", "10.6019/EMPIAR-12345"),
        ("IsSourceOf", "https://www.ebi.ac.uk/emdb/EMD-1"),
        ("IsSourceOf", "10.2210/pdb9xyz/pdb"),
    ]
    assert {"date": "2026-01-31T12:00:00Z/2026-01-31T12:00:00Z", "dateType": "Collected"} in attributes["dates"]


def test_no_address_of_a_person_is_published() -> None:
    views = (
        datacite(_dataset(), RECORD, PUBLICATION),
        schema_org(_dataset(), RECORD, PUBLICATION),
        ro_crate(_dataset(), RECORD, PUBLICATION),
    )

    assert "@example.org" not in json.dumps(views)


def test_without_authors_investigators_and_then_the_owner_stand_in() -> None:
    named = _dataset(principal_investigators=["Roe, R.", "Roe, R."])

    assert creators(named, {}) == (Creator("Roe, R."),)
    assert creators(_dataset(), {}) == (Creator("Jane Doe"),)
    assert creators(_dataset(owner=" "), {}) == (Creator("group"),)


def test_funders_and_grants_are_joined_only_where_that_is_certain() -> None:
    def joined(funders: list[str], grants: list[str]) -> list[tuple[str | None, str | None]]:
        lists = {"funder": [{"funder_name": name} for name in funders], "grants": [{"project_id": p} for p in grants]}
        return [(one.funder, one.award_number) for one in fundings({"organizational": lists})]

    assert joined(["A"], ["1", "2"]) == [("A", "1"), ("A", "2")]
    assert joined(["A", "B"], ["1", "2"]) == [("A", "1"), ("B", "2")]
    assert joined(["A", "B"], ["1"]) == [("A", None), ("B", None), (None, "1")]
    assert fundings({"organizational": {"funder": "A"}}) == ()
    assert fundings({}) == ()
    assert Funding("A") == Funding("A", None, None)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-0097"),
        ("https://orcid.org/0000-0002-1694-233x", "https://orcid.org/0000-0002-1694-233X"),
        ("0000000218250097", "https://orcid.org/0000-0002-1825-0097"),
        ("0000-0002-1825-0098", None),
        ("ORCID_123124151231", None),
        (None, None),
    ],
)
def test_an_orcid_counts_only_with_the_right_check_digit(text: str | None, address: str | None) -> None:
    assert orcid_url(text) == address


def test_what_only_a_person_can_say_is_named_with_who_can_supply_it() -> None:
    wrong = {"organizational": {"authors": [{"family_name": "Doe", "orcid": "0000"}], "grants": [{"project_id": "1"}]}}

    found = {finding.path: finding for finding in lacking(_dataset(), wrong, POOR)}

    assert found.keys() == {
        "organizational.authors.0.orcid",
        "organizational.funder",
        "description",
        "doi",
        "url",
    }
    assert all(finding.source for finding in found.values())
    assert [finding.path for finding in lacking(_dataset(description="x" * 50), RECORD, PUBLICATION)] == []
    assert "Jane Doe" in next(iter(lacking(_dataset(), {}, PUBLICATION))).value


@pytest.mark.samples
def test_every_published_example_has_all_three_views(samples: Path) -> None:
    paths = sorted((samples / "oscem" / "examples").glob("example_valid_*.yaml"))

    for path in paths:
        record = yaml.safe_load(path.read_text())
        crate = ro_crate(_dataset(), record, PUBLICATION, FILES)
        assert set(_references(crate["@graph"])) <= {*_entities(crate), "https://w3id.org/ro/crate/1.2"}
        assert schema_org(_dataset(), record, PUBLICATION)["variableMeasured"]
        assert datacite(_dataset(), record, PUBLICATION).keys() >= MANDATORY
    assert len(paths) == 5


@pytest.mark.samples
@pytest.mark.parametrize(
    "folder", ["epu/openem_epu3.8.1_falcon4i/spa2", "mdoc/openem_serialem_k2", "tomo5/SYNTHETIC_tomo5_session"]
)
def test_a_real_session_tells_its_numbers(samples: Path, folder: str) -> None:
    record = describe_session(samples / folder).record

    values = {value.path: property_value(value) for value in measured(record)}

    assert values["acquisition.dose_per_movie"]["unitText"] == "e/Å^2"
    assert values["acquisition.nominal_defocus"]["minValue"] <= values["acquisition.nominal_defocus"]["maxValue"]
    paths = [value.path for value in measured(record)]
    assert all(one != other for one, other in pairwise(sorted(paths)))


@pytest.mark.parametrize(
    "record",
    [
        {"acquisition": {"pixel_size": {"value": float("nan"), "unit": "Å"}}},
        {"acquisition": {"dose_per_movie": {"value": None, "unit": "e/Å^2"}}},
        {"acquisition": {"tilt_angle": {end: {"value": 1, "unit": [1]} for end in ("minimal", "maximal")}}},
        {"organizational": {"authors": [{"family_name": 5, "given_name": "\ud800", "name_org": {"a": 1}}]}},
        {"organizational": {"grants": [{"project_id": 5, "grant_name": ["x"]}], "funder": [{"funder_name": "\x00"}]}},
        {"instrument": {"microscope": {"model": {"a": 1}}}, "acquisition": {"microscope_software": ["x"]}},
    ],
)
def test_whatever_a_record_holds_all_views_can_be_written(record: Json) -> None:
    for view in (
        schema_org(_dataset(), record, POOR),
        datacite(_dataset(), record, POOR, FILES),
        ro_crate(_dataset(), record, POOR, FILES),
    ):
        text = json.dumps(view, allow_nan=False, ensure_ascii=False)

        assert text.encode()
        assert "\\u0000" not in text
        assert "None" not in text


def test_no_text_can_leave_the_script_of_a_landing_page() -> None:
    described = schema_org(_dataset(dataset_name="</script><script>alert(1)//<!--\u2028"), RECORD, PUBLICATION)

    text = script(described)

    assert not {"<", ">", "&", "\u2028"} & set(text)
    assert json.loads(text) == described


@pytest.mark.parametrize("doi", ["10.5072/AbC.1", "https://doi.org/10.5072/abc.1", "doi:10.5072/abc.1"])
@pytest.mark.parametrize("ror", ["https://ror.org/03yrm5c26", "03yrm5c26"])
def test_identifiers_are_taken_with_or_without_resolver(doi: str, ror: str) -> None:
    publication = Publication("The Facility", date(2026, 11, 21), CC0, doi=doi, publisher_ror=ror)

    attributes = datacite(_dataset(), RECORD, publication)

    assert attributes["doi"] == "10.5072/abc.1"
    assert attributes["publisher"]["publisherIdentifier"] == "https://ror.org/03yrm5c26"
    assert schema_org(_dataset(), RECORD, publication)["@id"] == "https://doi.org/10.5072/abc.1"
    assert "https://ror.org/03yrm5c26" in _entities(ro_crate(_dataset(), RECORD, publication))


@pytest.mark.parametrize("wrong", [{"doi": "abc"}, {"doi": "10.5072/a b"}, {"publisher_ror": "The Facility"}])
def test_an_identifier_that_is_none_is_refused(wrong: Json) -> None:
    with pytest.raises(RefusedError):
        Publication("The Facility", date(2026, 11, 21), CC0, **wrong)


@pytest.mark.parametrize(
    ("related", "url"),
    [
        (Related("12345678", "PMID", "IsCitedBy"), "https://pubmed.ncbi.nlm.nih.gov/12345678"),
        (Related("2401.00001", "arXiv", "IsCitedBy"), "https://arxiv.org/abs/2401.00001"),
        (Related("https://example.org/x", "URL", "IsCitedBy"), "https://example.org/x"),
    ],
)
def test_what_is_related_is_named_by_an_address_that_leads_there(related: Related, url: str) -> None:
    publication = Publication("The Facility", date(2026, 11, 21), CC0, related=(related,))

    assert schema_org(_dataset(), RECORD, publication)["citation"] == [url]
    assert url in _entities(ro_crate(_dataset(), RECORD, publication))


def test_access_is_free_only_under_a_licence_that_says_so() -> None:
    closed = Publication("The Facility", date(2026, 11, 21), Licence("NONE", "Closed", "https://example.org/closed"))

    assert schema_org(_dataset(), RECORD, PUBLICATION)["isAccessibleForFree"] is True
    assert "isAccessibleForFree" not in schema_org(_dataset(), RECORD, closed)


def test_both_angstrom_signs_have_the_code_of_the_angstrom() -> None:
    codes = {Measured("acquisition.pixel_size", 1.2, unit=sign).unit_code for sign in ("\u00c5", "\u212b")}

    assert codes == {"A11"}


def test_a_program_has_a_version_only_where_one_is_said() -> None:
    crates = [
        ro_crate(_dataset(), {"acquisition": {"microscope_software": software}}, POOR)
        for software in ("EPU 3.8.1", "SerialEM")
    ]

    programs = [_entities(crate)["#software"] for crate in crates]
    assert [(program["name"], program.get("version")) for program in programs] == [("EPU", "3.8.1"), ("SerialEM", None)]
