"""Publishing a dataset opens all that belongs to it; a bare `isPublished` does not."""

from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import update

from catalog_api.database import Database
from catalog_api.tables import AttachmentRow, DatablockRow, DatasetRow, OrigDatablockRow
from tests.api.bodies import ARCHIVE, As, data_file, dataset, declare, life, path
from tests.api.rights_matrix import Verb, every_pair

BELOW = ("origdatablocks", "datablocks", "attachments")
PUBLISHERS = {"admin", "flows", "owner"}
PUBLISH = Verb("publish", lambda client: client.post(path("20.500/abc", "publish")), PUBLISHERS, 201)


@pytest.fixture
def whole(as_: As) -> None:
    """A dataset of p1 with a file list, a datablock and an attachment."""
    admin = as_("admin")
    admin.post("/api/v4/datasets", json=dataset()).raise_for_status()
    files = {"size": 1001, "chkAlg": "sha256", "dataFileList": [data_file(1)]}
    admin.post(path("20.500/abc", "origdatablocks", version="v3"), json=files).raise_for_status()
    block = {**files, "archiveId": "tape/1", "packedSize": 900, "version": "1"}
    admin.post(path("20.500/abc", "datablocks", version="v3"), json=block).raise_for_status()
    picture = {"caption": "grid", "thumbnail": "data:image/png;base64,AA==", "ownerGroup": "p1", "accessGroups": []}
    admin.post(path("20.500/abc", "attachments", version="v3"), json=picture).raise_for_status()


def _seen(client: httpx.Client) -> list[int]:
    """How many file lists and datablocks somebody finds."""
    return [len(client.get(address).json()) for address in ("/api/v4/origdatablocks/public", "/api/v3/datablocks")]


@pytest.mark.usefixtures("whole")
def test_publishing_opens_everything_below_the_dataset(owner: httpx.Client, anonymous: httpx.Client) -> None:
    before = _seen(anonymous)

    answer = owner.post(path("20.500/abc", "publish"))

    [picture] = anonymous.get(path("20.500/abc", "attachments", version="v3")).json()
    assert answer.status_code == 201
    assert answer.json()["isPublished"] is True
    assert (before, _seen(anonymous), picture["isPublished"]) == ([0, 0], [1, 1], True)


@pytest.mark.usefixtures("whole")
def test_a_published_picture_is_in_everybodys_list(owner: httpx.Client, anonymous: httpx.Client) -> None:
    before = anonymous.get("/api/v4/attachments/public").json()

    owner.post(path("20.500/abc", "publish"))

    assert (before, [one["caption"] for one in anonymous.get("/api/v4/attachments/public").json()]) == ([], ["grid"])


@pytest.mark.usefixtures("whole")
def test_a_bare_patch_leaves_the_files_closed(owner: httpx.Client, anonymous: httpx.Client) -> None:
    owner.patch(path(), json={"isPublished": True}).raise_for_status()

    opened = anonymous.get(path(version="v3"))

    assert opened.json()["isPublished"] is True
    assert _seen(anonymous) == [0, 0]


@pytest.mark.usefixtures("whole")
def test_what_comes_after_publishing_is_open_too(as_: As, owner: httpx.Client, anonymous: httpx.Client) -> None:
    owner.post(path("20.500/abc", "publish")).raise_for_status()

    more = {"size": 1002, "chkAlg": "sha256", "dataFileList": [data_file(2)]}
    block = {**more, "archiveId": "tape/2", "packedSize": 900, "version": "1"}
    for what, body in (("origdatablocks", more), ("datablocks", block)):
        as_("admin").post(path("20.500/abc", what, version="v3"), json=body).raise_for_status()

    assert _seen(anonymous) == [2, 2]


@pytest.mark.usefixtures("whole")
def test_publishing_tells_the_lifecycle_when_and_leaves_the_rest(owner: httpx.Client) -> None:
    before = owner.get(path()).json()["datasetlifecycle"]

    after = owner.post(path("20.500/abc", "publish")).json()["datasetlifecycle"]

    assert before["publishedOn"] is None
    assert {name for name in before if before[name] != after[name]} == {"publishedOn"}


@pytest.mark.usefixtures("whole")
def test_publishing_again_changes_nothing(owner: httpx.Client) -> None:
    first = owner.post(path("20.500/abc", "publish")).json()

    second = owner.post(path("20.500/abc", "publish"))

    assert second.status_code == 201
    assert second.json() == first


@pytest.mark.usefixtures("whole")
def test_a_published_dataset_is_in_everybodys_list(owner: httpx.Client, anonymous: httpx.Client) -> None:
    before = anonymous.get("/api/v3/datasets").json()

    owner.post(path("20.500/abc", "publish"))

    assert (before, [one["pid"] for one in anonymous.get("/api/v3/datasets").json()]) == ([], ["20.500/abc"])


@pytest.mark.usefixtures("whole")
def test_publishing_is_in_the_history_of_all_that_was_opened(as_: As, owner: httpx.Client) -> None:
    owner.post(path("20.500/abc", "publish"))

    found = as_("auditor").get("/api/v3/history", params={"filter": '{"operation": "update", "user": "owner"}'})

    opened = {
        one["subsystem"]: (one["before"]["isPublished"], one["after"]["isPublished"]) for one in found.json()["items"]
    }
    assert opened == dict.fromkeys(("Dataset", "OrigDatablock", "Datablock", "Attachment"), (False, True))


@pytest.mark.usefixtures("whole")
def test_publishing_is_an_event_of_the_lifecycle(owner: httpx.Client) -> None:
    owner.post(path("20.500/abc", "publish"))

    events = owner.get(path("20.500/abc", "lifecycle-events")).json()

    assert (events[-1]["field"], events[-1]["who"]) == ("publishedOn", "owner")


@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize(("verb", "who"), every_pair([PUBLISH]))
def test_who_publishes_a_dataset(as_: As, verb: Verb, who: str) -> None:
    answer = verb.tried_by(as_(who))

    assert answer.status_code == verb.expected(who)


def test_a_dataset_that_is_not_there_is_not_found(owner: httpx.Client) -> None:
    answer = owner.post(path("20.500/none", "publish"))

    assert answer.status_code == 404


AHEAD = datetime(2100, 1, 1, tzinfo=UTC)
"""When somebody changed something last, by a clock that goes ahead of ours."""


def _changed_ahead(database: Database) -> None:
    with database.writing() as session:
        for table in (DatasetRow, OrigDatablockRow, DatablockRow, AttachmentRow):
            session.execute(update(table).values(updated_at=AHEAD))


@pytest.mark.usefixtures("whole")
def test_what_is_published_is_a_later_version(owner: httpx.Client, database: Database) -> None:
    _changed_ahead(database)

    owner.post(path("20.500/abc", "publish")).raise_for_status()

    below = [owner.get(path("20.500/abc", what, version="v3")).json()[0] for what in BELOW]
    versions = [one["updatedAt"] for one in (owner.get(path("20.500/abc")).json(), *below)]
    assert versions == ["2100-01-01T00:00:00.001Z"] * 4


def test_what_is_scheduled_and_taken_back_is_a_later_version_each_time(as_: As, database: Database) -> None:
    flows = as_("flows")
    flows.post("/api/v4/datasets", json=dataset()).raise_for_status()
    declare(flows, range(1)).raise_for_status()
    _changed_ahead(database)

    job = as_("admin").post("/api/v4/jobs", json={**ARCHIVE, "ownerGroup": "p1"}).json()["id"]
    scheduled = flows.get(path()).json()["updatedAt"]
    as_("janitor").delete(f"/api/v4/jobs/{job}").raise_for_status()

    assert life(flows)["archiveStatusMessage"] == "datasetCreated"
    assert [scheduled[-5:], flows.get(path()).json()["updatedAt"][-5:]] == [".001Z", ".002Z"]
