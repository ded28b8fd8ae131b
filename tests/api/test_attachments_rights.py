"""Who may see, attach, change and take off pictures."""

from typing import Any

import pytest

from tests.api.block_bodies import picture, posted, registered
from tests.api.bodies import PID, As, dataset, path
from tests.api.document_bodies import made, proposal, sample
from tests.api.rights_matrix import ROLES, Verb, every_pair

HERE = "/api/v4/attachments"
A1 = f"{HERE}/a1"
DATASET, SAMPLE, PROPOSAL = (
    f"/api/v3/{what}/attachments" for what in ("datasets/20.500%2Fabc", "samples/s1", "proposals/20260001")
)
OLD = {"caption": "plot"}
READERS = {"admin", "flows", "owner", "member"}
SEERS = READERS | {"archiver"}
WRITERS = {"admin", "flows", "owner"}
EVERYBODY = set(ROLES)
VERBS = (
    Verb("read", lambda client: client.get(A1), READERS),
    Verb("list", lambda client: client.get(HERE), EVERYBODY),
    Verb("attach", lambda client: client.post(HERE, json=picture(aid="a2")), WRITERS, 201),
    Verb("check", lambda client: client.post(f"{HERE}/isValid", json=picture(aid="a2")), WRITERS),
    Verb("change", lambda client: client.patch(A1, json={"caption": "new"}), WRITERS),
    Verb("replace", lambda client: client.put(A1, json=picture(caption="new")), WRITERS),
    Verb("give-away", lambda client: client.patch(A1, json={"ownerGroup": "p9"}), {"admin", "flows"}),
    Verb("delete", lambda client: client.delete(A1), WRITERS | {"cleaner"}),
    Verb("list-below-dataset", lambda client: client.get(DATASET), SEERS),
    Verb("attach-below-dataset", lambda client: client.post(DATASET, json=OLD), WRITERS, 201),
    Verb("change-below-dataset", lambda client: client.put(f"{DATASET}/a1", json=OLD), WRITERS),
    Verb("delete-below-dataset", lambda client: client.delete(f"{DATASET}/a1"), WRITERS | {"cleaner"}),
    Verb("delete-all-below-dataset", lambda client: client.delete(DATASET), WRITERS | {"cleaner"}),
)
BELOW_OTHERS = (
    Verb("list-below-sample", lambda client: client.get(SAMPLE), READERS),
    Verb("attach-below-sample", lambda client: client.post(SAMPLE, json=OLD), WRITERS, 201, exceptions={"nobody": 401}),
    Verb("list-below-proposal", lambda client: client.get(PROPOSAL), READERS | {"office"}),
    Verb("attach-below-proposal", lambda client: client.post(PROPOSAL, json=OLD), {"admin", "flows", "office"}, 201),
)
OPEN: dict[str, Any] = {"isPublished": True}


@pytest.mark.parametrize(("verb", "who"), every_pair(VERBS))
def test_who_may_do_what_with_a_picture(as_: As, verb: Verb, who: str) -> None:
    posted(registered(as_), HERE, picture())

    answer = verb.tried_by(as_(who))

    assert answer.status_code == verb.expected(who)


@pytest.mark.parametrize(("verb", "who"), every_pair(BELOW_OTHERS, (*ROLES, "office")))
def test_who_may_do_what_below_samples_and_proposals(as_: As, verb: Verb, who: str) -> None:
    made(as_, "samples", sample())
    made(as_, "proposals", proposal())

    answer = verb.tried_by(as_(who))

    assert answer.status_code == verb.expected(who)


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize(
    ("of_dataset", "of_picture", "readers"),
    [
        pytest.param({}, {}, READERS, id="closed"),
        pytest.param({}, OPEN, EVERYBODY, id="published"),
        pytest.param(OPEN, {}, READERS, id="closed-of-a-published-dataset"),
        pytest.param({"accessGroups": []}, {}, READERS - {"member"}, id="of-a-dataset-that-is-not-shared"),
        pytest.param({}, {"accessGroups": ["p9"]}, READERS | {"stranger"}, id="shared"),
    ],
)
def test_a_picture_is_seen_alike_wherever_it_is_looked_for(
    as_: As, of_dataset: dict[str, Any], of_picture: dict[str, Any], readers: set[str], who: str
) -> None:
    posted(registered(as_, **of_dataset), HERE, picture(**of_picture))
    client = as_(who)

    seen = [client.get(A1).status_code == 200, len(client.get(HERE).json()) == 1]

    assert seen == [who in readers] * 2


@pytest.mark.parametrize("published", [True, False])
def test_the_public_list_has_what_is_published(as_: As, *, published: bool) -> None:
    posted(registered(as_), HERE, picture(isPublished=published))

    found = as_("admin").get(f"{HERE}/public").json()

    assert len(found) == int(published)


def test_below_a_published_dataset_everybody_sees_its_pictures(as_: As) -> None:
    posted(registered(as_, isPublished=True), HERE, picture())

    answers = [as_("nobody").get(path(PID, "attachments", version=version)) for version in ("v3", "v4")]

    assert [len(answer.json()) for answer in answers] == [1, 1]


def test_nobody_attaches_as_another_group(as_: As) -> None:
    owner = registered(as_)

    assert owner.post(HERE, json=picture(ownerGroup="p9")).status_code == 403


def test_nobody_attaches_to_a_foreign_dataset_by_way_of_an_own_one(as_: As) -> None:
    owner = registered(as_)
    other = posted(as_("stranger"), "/api/v4/datasets", dataset(None, ownerGroup="p9"))["pid"]
    relations = [{"targetId": pid, "targetType": "dataset"} for pid in (PID, other)]

    assert owner.post(HERE, json=picture(relationships=relations)).status_code == 403


def test_nobody_attaches_to_what_may_only_be_read(as_: As) -> None:
    registered(as_)
    made(as_, "proposals", proposal())
    relation = [{"targetId": "20260001", "targetType": "proposal"}]

    answers = [
        as_(who).post(HERE, json=picture(aid=who, ownerGroup=group, relationships=relation))
        for who, group in (("owner", "p1"), ("member", "p2"), ("stranger", "p9"), ("office", "proposals"))
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403, 201]


def test_what_belongs_to_a_foreign_dataset_is_not_changed_by_way_of_an_own_sample(as_: As) -> None:
    made(as_, "samples", sample("s9", ownerGroup="p9"))
    registered(as_)
    relations = [{"targetId": PID, "targetType": "dataset"}, {"targetId": "s9", "targetType": "sample"}]
    for aid, group in (("a1", "p1"), ("a2", "p9")):
        posted(as_("admin"), HERE, picture(aid=aid, ownerGroup=group, relationships=relations))

    answers = [as_("stranger").patch(f"/api/v3/samples/s9/attachments/{aid}", json=OLD) for aid in ("a1", "a2")]

    assert [answer.status_code for answer in answers] == [403, 403]


@pytest.mark.parametrize("below", [DATASET, SAMPLE])
def test_nobody_attaches_below_something_as_another_group(as_: As, below: str) -> None:
    made(as_, "samples", sample())
    owner = registered(as_)

    answers = [owner.post(below, json={**OLD, "ownerGroup": group}) for group in ("p9", "p1")]

    assert [answer.status_code for answer in answers] == [403, 201]


def test_nobody_gives_a_picture_below_something_to_another_group(as_: As) -> None:
    owner = registered(as_)
    posted(owner, HERE, picture())

    assert owner.patch(f"{DATASET}/a1", json={"ownerGroup": "p9"}).status_code == 403
