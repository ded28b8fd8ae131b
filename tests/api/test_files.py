"""File lists: declared once, counted exactly, paged in code point order, fast for 20,000 files."""

import httpx
import pytest

from tests.api.bodies import PID, data_file, dataset, declare, path

FILES = path(PID, "files")


@pytest.fixture
def with_dataset(flows: httpx.Client) -> httpx.Client:
    """The flows' account, with a dataset registered."""
    flows.post("/api/v4/datasets", json=dataset())
    return flows


def test_the_same_list_twice_is_declared_once(with_dataset: httpx.Client) -> None:
    answers = [declare(with_dataset, range(3), _id="list-1") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 409]
    assert answers[1].json()["reason"] == "duplicateId"
    assert with_dataset.get(path()).json()["numberOfFiles"] == 3


def test_a_path_is_declared_once_per_dataset(with_dataset: httpx.Client) -> None:
    declare(with_dataset, range(3))

    answer = declare(with_dataset, range(2, 5))

    assert answer.status_code == 409
    assert answer.json()["paths"] == ["movies/movie_000002.eer"]
    assert with_dataset.get(path()).json()["numberOfFiles"] == 3
    assert len(with_dataset.get(FILES).json()) == 3


def test_a_path_twice_in_one_list_is_refused(with_dataset: httpx.Client) -> None:
    answer = declare(with_dataset, range(0), dataFileList=[data_file(1), data_file(1)])

    assert answer.status_code == 409


def test_counters_follow_what_is_declared_and_removed(with_dataset: httpx.Client) -> None:
    declare(with_dataset, range(3), _id="a")
    declare(with_dataset, range(3, 5), _id="b")

    with_dataset.delete("/api/v4/origdatablocks/a")

    found = with_dataset.get(path()).json()
    assert (found["size"], found["numberOfFiles"]) == (1003 + 1004, 2)


@pytest.mark.parametrize("chk", [None, "", "ABC", "A" * 64])
def test_a_managed_dataset_takes_no_file_without_a_sha256(with_dataset: httpx.Client, chk: str | None) -> None:
    answer = declare(with_dataset, range(0), dataFileList=[data_file(1, chk=chk)])

    assert answer.status_code == 400


def test_scicats_clients_declare_files_with_any_checksum(owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset())
    file = {"path": "a.mrc", "size": 5, "time": "2026-11-20T12:00:00", "chk": "md5", "uid": "me", "perm": "644"}

    made = owner.post(path(PID, "origdatablocks", version="v3"), json={"size": 5, "dataFileList": [file]}).json()

    found = owner.get(path(PID, "origdatablocks", version="v3")).json()
    assert found == [made | {"dataFileList": [file | {"time": "2026-11-20T12:00:00.000Z"}]}]


def test_files_are_sorted_by_code_point(with_dataset: httpx.Client) -> None:
    names = ["b", "a/b", "a.b", "B", "ä", "\U0001f9ca", "\uffff"]
    declare(with_dataset, range(0), dataFileList=[data_file(n, path=name) for n, name in enumerate(names)])

    found = [file["path"] for file in with_dataset.get(FILES).json()]

    assert found == sorted(names)


def test_pages_neither_overlap_nor_leave_out(with_dataset: httpx.Client) -> None:
    declare(with_dataset, range(25))

    pages = [with_dataset.get(FILES, params={"skip": skip, "limit": 10}).json() for skip in (0, 10, 20)]

    assert [file["path"] for page in pages for file in page] == [data_file(n)["path"] for n in range(25)]


@pytest.mark.parametrize("query", [{"limit": 100_001}, {"limit": -1}, {"skip": -1}, {"limit": "x"}, {"skip": 2**70}])
def test_a_page_has_limits(with_dataset: httpx.Client, query: dict[str, int]) -> None:
    assert with_dataset.get(FILES, params=query).status_code == 400


def test_twenty_thousand_files_are_declared_in_one_request(with_dataset: httpx.Client) -> None:
    answer = declare(with_dataset, range(20_000))

    assert answer.status_code == 201
    assert len(with_dataset.get(FILES, params={"limit": 100_000}).json()) == 20_000


def test_a_total_that_is_not_the_sum_is_refused(with_dataset: httpx.Client) -> None:
    assert declare(with_dataset, range(2), size=1).status_code == 400


def test_an_unknown_dataset_has_no_files(flows: httpx.Client) -> None:
    assert declare(flows, range(2), "20.500/none").status_code == 404
