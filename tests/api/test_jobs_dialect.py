"""Jobs as SciCat's clients ask for them: whose they are, who may what, and how they are listed in both dialects."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from catalog_api.settings import Settings
from tests.api.bodies import PID, As, dataset, declare

V3, V4 = "/api/v3/jobs", "/api/v4/jobs"

TYPES = """\
configVersion: v1
jobs:
  - {jobType: open, create: {auth: "#all"}, update: {auth: "#all"}}
  - {jobType: public, create: {auth: "#datasetPublic"}, update: {auth: "#jobOwnerUser"}}
  - {jobType: read, create: {auth: "#datasetAccess"}, update: {auth: "#jobOwnerGroup"}}
  - {jobType: own, create: {auth: "#datasetOwner"}, update: {auth: "#jobOwnerUser"}}
  - {jobType: member-only, create: {auth: member}, update: {auth: "@p9"}}
  - {jobType: agents-only, create: {auth: "#jobAdmin"}, update: {auth: "#jobAdmin"}}
"""


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """A catalog with types of jobs of its own."""
    path = tmp_path / "job-types.yaml"
    path.write_text(TYPES)
    return settings.model_copy(update={"job_types_file": path})


@pytest.fixture
def with_datasets(flows: httpx.Client) -> httpx.Client:
    """The flows' account, with a dataset of group p1 that p2 reads, one of p9, and a published one of p9."""
    flows.post("/api/v4/datasets", json=dataset())
    flows.post("/api/v4/datasets", json=dataset("20.500/far", ownerGroup="p9", accessGroups=[]))
    flows.post("/api/v4/datasets", json=dataset("20.500/open", ownerGroup="p9", accessGroups=[], isPublished=True))
    return flows


def job(kind: str, *pids: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    return {"type": kind, "jobParams": {"datasetList": [{"pid": pid, "files": []} for pid in pids]}, **more}


def listed(client: httpx.Client, address: str = V4, **parameters: Any) -> Any:  # noqa: ANN401 (JSON)
    return client.get(address, params={name: json.dumps(value) for name, value in parameters.items()}).json()


@pytest.mark.parametrize(
    ("who", "kind", "pid", "group", "status"),
    [
        ("nobody", "open", "20.500/far", None, 201),
        ("nobody", "public", "20.500/open", None, 201),
        ("nobody", "public", PID, None, 403),
        ("nobody", "own", PID, None, 401),
        ("nobody", "member-only", PID, None, 403),
        ("nobody", "open", PID, "p1", 403),
        ("owner", "own", PID, "p1", 201),
        ("owner", "own", "20.500/far", "p1", 403),
        ("owner", "own", PID, "p9", 403),
        ("owner", "own", PID, None, 403),
        ("member", "read", PID, "p2", 201),
        ("member", "own", PID, "p2", 403),
        ("stranger", "read", PID, "p9", 403),
        ("stranger", "read", "20.500/open", "p9", 201),
        ("member", "member-only", PID, "p2", 201),
        ("owner", "member-only", PID, "p1", 403),
        ("owner", "agents-only", PID, "p1", 403),
        ("agent", "agents-only", "20.500/far", "p9", 201),
        ("agent", "own", "20.500/far", "p9", 201),
        ("agent", "own", "20.500/far", "p1", 403),
        ("agent", "open", PID, None, 422),
        ("reporter", "open", PID, "reporters", 403),
        ("admin", "own", "20.500/far", "p1", 201),
        ("admin", "own", PID, None, 422),
    ],
)
def test_who_may_open_a_job_follows_from_its_type(  # noqa: PLR0913, PLR0917 (one rule a column)
    as_: As, with_datasets: httpx.Client, who: str, kind: str, pid: str, group: str | None, status: int
) -> None:
    body = job(kind, pid) | ({"ownerGroup": group} if group else {})

    answer = as_(who).post(V4, json=body)

    assert answer.status_code == status, answer.text
    assert len(listed(with_datasets)) == (status == 201)


@pytest.mark.parametrize(
    ("kind", "who", "status"),
    [
        ("open", "stranger", 200),
        ("open", "nobody", 403),
        ("open", "agent", 403),
        ("open", "reporter", 200),
        ("own", "owner", 200),
        ("own", "stranger", 403),
        ("read", "owner", 200),
        ("read", "member", 403),
        ("agents-only", "owner", 403),
        ("agents-only", "reporter", 200),
        ("agents-only", "admin", 200),
        ("member-only", "stranger", 200),
    ],
)
def test_who_may_report_on_a_job_follows_from_its_type(
    as_: As, with_datasets: httpx.Client, kind: str, who: str, status: int
) -> None:
    made = with_datasets.post(V4, json=job(kind, PID, ownerUser="owner", ownerGroup="p1")).json()

    answer = as_(who).patch(f"{V4}/{made['id']}", json={"statusCode": "any word", "statusMessage": "m"})

    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("who", "status"),
    [("owner", 200), ("member", 403), ("nobody", 403), ("agent", 200), ("reporter", 200), ("archiver", 200)],
)
def test_a_job_is_seen_by_its_user_its_group_and_those_who_tend_jobs(
    as_: As, with_datasets: httpx.Client, who: str, status: int
) -> None:
    made = with_datasets.post(V4, json=job("open", PID, ownerUser="owner", ownerGroup="p1")).json()

    one, many = as_(who).get(f"{V4}/{made['id']}"), as_(who).get(V4)

    assert one.status_code == status
    assert many.json() == ([one.json()] if status == 200 else []) or many.status_code == 403


def test_a_job_of_nobody_has_no_owner_rather_than_an_empty_one(
    anonymous: httpx.Client, with_datasets: httpx.Client
) -> None:
    made = anonymous.post(V4, json=job("open", PID)).json()

    assert not made.keys() & {"ownerUser", "ownerGroup", "contactEmail"}
    assert (made["createdBy"], made["configVersion"]) == ("anonymous", "v1")
    assert with_datasets.get(f"{V4}/{made['id']}").json() == made


@pytest.mark.parametrize(
    ("body", "email"),
    [
        ({"ownerUser": "owner", "ownerGroup": "p1"}, "owner@example.org"),
        ({"ownerGroup": "p1"}, "agent@example.org"),
        ({"contactEmail": "a@example.org"}, "a@example.org"),
    ],
    ids=["its user's", "who asks", "as given"],
)
def test_a_job_has_somebody_to_be_told(as_: As, with_datasets: httpx.Client, body: dict[str, Any], email: str) -> None:
    answer = as_("agent").post(V4, json=job("open", PID) | body)

    assert (answer.status_code, answer.json()["contactEmail"]) == (201, email)
    assert with_datasets.get(V4).json()[0]["contactEmail"] == email


def test_a_user_who_is_not_known_is_refused(as_: As, with_datasets: httpx.Client) -> None:
    answer = as_("agent").post(V4, json=job("open", PID, ownerUser="ownr", ownerGroup="p1"))

    assert answer.status_code == 422
    assert "ownr" in answer.json()["message"]
    assert listed(with_datasets) == []


@pytest.mark.parametrize(
    ("datasets", "said"),
    [
        ([], "List of passed datasets is empty."),
        ("all", "Invalid dataset list."),
        ([{"files": []}], "Invalid dataset list."),
        ([{"pid": 5}], "Invalid dataset list."),
        ([{"pid": PID, "files": "all"}], "Invalid dataset list."),
        ([{"pid": PID, "fils": []}], "Invalid dataset list."),
        ([{"pid": "a"}, {"pid": PID}, {"pid": "b"}], "Datasets with pid a,b do not exist."),
        ([{"pid": PID, "files": ["none.tiff"]}], "At least one requested file could not be found."),
    ],
)
def test_a_list_of_datasets_that_cannot_be_met_is_said_in_scicats_words(
    owner: httpx.Client, with_datasets: httpx.Client, datasets: object, said: str
) -> None:
    declare(with_datasets, range(2))

    answer = owner.post(V4, json={"type": "open", "ownerGroup": "p1", "jobParams": {"datasetList": datasets}})

    assert (answer.status_code, answer.json()["message"]) == (422, said)


def test_files_that_are_there_may_be_named(owner: httpx.Client, with_datasets: httpx.Client) -> None:
    declare(with_datasets, range(3))
    wanted = [{"pid": PID, "files": ["movies/movie_000000.eer", "movies/movie_000002.eer"]}]

    answer = owner.post(V4, json={"type": "own", "ownerGroup": "p1", "jobParams": {"datasetList": wanted}})

    assert (answer.status_code, answer.json()["jobParams"]["datasetList"]) == (201, wanted)


def test_a_merge_patch_merges_the_result_and_plain_json_replaces_it(with_datasets: httpx.Client) -> None:
    address = f"{V4}/{with_datasets.post(V4, json=job('open', PID)).json()['id']}"
    merge = {"Content-Type": "application/merge-patch+json"}
    with_datasets.patch(address, json={"jobResultObject": {"a": {"b": 1, "c": 2}}})

    merged = with_datasets.patch(address, content=b'{"jobResultObject": {"a": {"b": 5}}}', headers=merge).json()
    replaced = with_datasets.patch(address, json={"jobResultObject": {"d": 1}, "statusMessage": None}).json()
    cleared = with_datasets.patch(address, content=b'{"jobResultObject": null}', headers=merge).json()

    assert merged["jobResultObject"] == {"a": {"b": 5, "c": 2}}
    assert (replaced["jobResultObject"], replaced["statusMessage"]) == ({"d": 1}, "Job submitted.")
    assert cleared["jobResultObject"] == {}


def test_every_change_of_a_jobs_status_is_remembered(with_datasets: httpx.Client) -> None:
    address = f"{V4}/{with_datasets.post(V4, json=job('open', PID)).json()['id']}"
    with_datasets.patch(address, json={"statusCode": "begun", "statusMessage": "half"})
    with_datasets.patch(address, json={"jobResultObject": {"a": 1}})
    with_datasets.patch(address, json={"statusCode": "ended"})

    told = with_datasets.get(f"{address}/status-events").json()

    assert [entry["statusCode"] for entry in told] == ["jobSubmitted", "begun", "ended"]
    assert {entry["who"] for entry in told} == {"flows"}


def test_a_job_can_be_given_its_first_status_where_statuses_are_free(
    owner: httpx.Client, with_datasets: httpx.Client
) -> None:
    body = job("own", PID, ownerGroup="p1")
    body["jobParams"]["jobStatusMessage"] = "custom"

    made = owner.post(V4, json=body).json()

    assert (made["statusCode"], made["statusMessage"]) == ("custom", "custom")
    assert "jobStatusMessage" not in made["jobParams"]
    assert listed(with_datasets, filter={"where": {"statusCode": "custom"}})


@pytest.mark.parametrize(
    ("kind", "pids", "params", "group"),
    [
        ("own", [PID], {}, "p1"),
        ("own", [PID], {"ownerGroup": "p1"}, "p1"),
        ("read", [PID, "20.500/open"], {}, "p1"),
        ("read", ["20.500/open"], {}, "p1"),
    ],
)
def test_the_group_of_a_v3_job_follows_from_its_datasets(  # noqa: PLR0913, PLR0917 (one rule a column)
    owner: httpx.Client, with_datasets: httpx.Client, kind: str, pids: list[str], params: dict[str, str], group: str
) -> None:
    datasets = [{"pid": pid, "files": []} for pid in pids]

    made = owner.post(V3, json={"type": kind, "jobParams": params, "datasetList": datasets})

    assert made.status_code == 201, made.text
    assert with_datasets.get(f"{V4}/{made.json()['id']}").json()["ownerGroup"] == group


def test_a_job_reads_in_both_dialects(owner: httpx.Client, with_datasets: httpx.Client) -> None:
    sent = {
        "type": "own",
        "emailJobInitiator": "a@example.org",
        "jobParams": {"tapeCopies": "one", "username": "owner", "datasetList": "passed over"},
        "datasetList": [{"pid": PID, "files": []}],
        "executionTime": "2030-01-01T00:00:00.000Z",
        "creationTime": "passed over",
    }

    old = owner.post(V3, json=sent).json()
    new = with_datasets.get(f"{V4}/{old['id']}").json()

    assert old["jobParams"] == {"tapeCopies": "one", "username": "owner"}
    assert (old["datasetList"], old["executionTime"]) == (sent["datasetList"], sent["executionTime"])
    assert (old["emailJobInitiator"], old["jobStatusMessage"]) == ("a@example.org", "jobSubmitted")
    assert new["jobParams"] == old["jobParams"] | {
        "datasetList": sent["datasetList"],
        "executionTime": sent["executionTime"],
    }
    assert (new["ownerUser"], new["contactEmail"]) == ("owner", "a@example.org")


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"emailJobInitiator": "owner@example.org"}, 1),
        ({"jobStatusMessage": {"inq": ["jobSubmitted"]}}, 2),
        ({"jobParams.username": "owner"}, 1),
        ({"datasetList.pid": "20.500/open"}, 1),
        ({"executionTime": "2030"}, 1),
        ({"jobParams.n": {"gt": 4}}, 1),
    ],
)
def test_v3_names_find_jobs(
    owner: httpx.Client, with_datasets: httpx.Client, where: dict[str, Any], found: int
) -> None:
    owner.post(V3, json={"type": "own", "datasetList": [{"pid": PID}], "executionTime": "2030", "jobParams": {"n": 5}})
    with_datasets.post(V3, json={"type": "open", "datasetList": [{"pid": "20.500/open"}]})

    assert len(listed(with_datasets, V3, filter={"where": where})) == found


def test_jobs_are_searched_counted_and_sorted(owner: httpx.Client, with_datasets: httpx.Client) -> None:
    for kind in ("own", "read", "own"):
        owner.post(V4, json=job(kind, PID, ownerGroup="p1"))

    newest = listed(owner, filter={"fields": ["type"], "limits": {"limit": 2}})
    sorted_ = listed(owner, filter={"limits": {"sort": {"type": "desc"}}})
    counted = listed(owner, f"{V4}/fullfacet", fields={"createdBy": "owner"}, facets=["type"])
    searched = listed(owner, f"{V3}/fullquery", fields={"type": "own"}, limits={"order": "creationTime:desc"})
    none = listed(owner, f"{V4}/fullfacet", filter={"where": {"type": "none"}})

    assert [set(entry) for entry in newest] == [{"_id", "type"}] * 2
    assert [entry["type"] for entry in sorted_] == ["read", "own", "own"]
    assert counted[0]["all"] == [{"totalSets": 3}]
    assert {"_id": "own", "count": 2} in counted[0]["type"]
    assert searched[0]["creationTime"] >= searched[1]["creationTime"]
    assert none == [{"all": []}]
    assert len(listed(with_datasets)) == 3


def test_jobs_are_listed_with_the_datasets_that_the_caller_sees(
    owner: httpx.Client, with_datasets: httpx.Client
) -> None:
    declare(with_datasets, range(2))
    with_datasets.post(V4, json=job("open", PID, "20.500/far", ownerGroup="p1"))

    [seen] = listed(owner, filter={"include": ["datasets"], "fields": ["id", "datasets.pid"]})
    [details] = listed(
        owner, f"{V4}/datasetDetails", filter={"fields": ["datasetDetails.origdatablocks.dataFileList.path"]}
    )
    old = owner.get(f"{V3}/datasetDetails", params={"jobId": seen["id"], "datasetFields": '{"owner": true}'}).json()

    assert [entry["pid"] for entry in seen["datasets"]] == [PID]
    [files] = details["datasetDetails"][0]["origdatablocks"]
    assert [file["path"] for file in files["dataFileList"]] == ["movies/movie_000000.eer", "movies/movie_000001.eer"]
    assert [entry.keys() for entry in old] == [{"_id", "owner"}]


def test_only_datasets_can_be_included_in_jobs(with_datasets: httpx.Client) -> None:
    answer = with_datasets.get(V4, params={"filter": json.dumps({"include": ["datasets.datablocks"]})})

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("The 'include' filter must contain 'datasets'")


@pytest.mark.parametrize(
    ("who", "kind", "found"),
    [
        ("owner", "own", [PID]),
        ("member", "read", [PID, "20.500/open"]),
        ("nobody", "own", []),
        ("nobody", "open", [PID, "20.500/open", "20.500/far"]),
        ("owner", "agents-only", []),
        ("admin", "own", [PID, "20.500/open", "20.500/far"]),
    ],
)
def test_clients_are_told_which_datasets_a_job_could_name(
    as_: As, with_datasets: httpx.Client, who: str, kind: str, found: list[str]
) -> None:
    asked = [PID, "20.500/open", "20.500/none", "20.500/far", PID]

    answer = as_(who).post(f"{V4}/check-create-access", json={"type": kind, "datasetIds": asked})

    assert (answer.status_code, answer.json()) == (200, {"eligibleDatasetIds": found})
    assert len(with_datasets.get("/api/v4/datasets").json()) == 3


@pytest.mark.parametrize("file", ["movies/movie_000001.eer", "none.tiff"])
def test_nobody_learns_from_a_job_which_files_a_hidden_dataset_has(
    as_: As, with_datasets: httpx.Client, file: str
) -> None:
    declare(with_datasets, range(3))
    wanted = [{"pid": PID, "files": [file]}]

    answer = as_("stranger").post(V4, json={"type": "own", "ownerGroup": "p9", "jobParams": {"datasetList": wanted}})

    assert (answer.status_code, file in answer.text) == (403, False)
