"""Files come back to the facility's bucket, or as links whose time runs from when they are there."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from blocks.facility import Facility
from emdewar.errors import RefusedError
from emdewar.testing.s3_process import ACCESS_KEY, SECRET_KEY, S3ServerProcess
from flows.retrieve import retrieve
from tests.flows.asking import ask, go_on, until_online
from tests.flows.kept import DISK, TAPE, Kept, keep
from tests.flows.scene import Scene

pytestmark = pytest.mark.slow

Keep = Callable[..., Kept]


@pytest.fixture(scope="module")
def s3() -> Iterator[S3ServerProcess]:
    """A server that rejects wrong checksums."""
    with S3ServerProcess() as server:
        yield server


@pytest.fixture
def kept(scene: Scene, tmp_path: Path, s3: S3ServerProcess) -> Keep:
    """Archive a dataset at a facility that has a bucket."""

    def keep_files(*arguments: Any, **tape: Any) -> Kept:  # noqa: ANN401 - as `keep` takes them
        dataset = partial(keep, scene, tmp_path)(*arguments, **tape)
        credentials = {
            "minio_root_user": ACCESS_KEY,
            "minio_root_password": SECRET_KEY,
            "aws_client_parameters": {"endpoint_url": s3.url},
        }
        bucket = {"credentials": credentials, "bucket": s3.new_bucket(), "prefix": "back"}
        fields = {name: getattr(dataset.facility, name) for name in Facility.model_fields}
        facility = Facility.model_validate({**fields, "retrieve_bucket": bucket})
        facility.save(dataset.name, overwrite=True)
        return Kept(scene, dataset.name, facility, dataset.pid, dataset.contents)

    return keep_files


def root(kept: Kept) -> str:
    assert kept.facility.retrieve_bucket is not None
    return f"s3://{kept.facility.retrieve_bucket.place}"


def test_files_come_back_to_the_bucket_each_dataset_in_a_folder_of_its_own(kept: Keep) -> None:
    dataset = kept({1: [DISK], 2: [TAPE]})

    first = ask(dataset, f"{root(dataset)}/paper")
    until_online(dataset)
    go_on(dataset)

    assert dataset.facility.retrieve_bucket is not None
    links = dataset.facility.retrieve_bucket.links(
        [f"paper/{stem(dataset)}/{path}" for path in dataset.contents], expires_in=timedelta(minutes=1)
    )
    there = {name.partition(f"{stem(dataset)}/")[2]: httpx.get(url).content for name, url in links.items()}
    assert first == "WaitingForRecall"
    assert there == dataset.contents


@pytest.mark.parametrize(
    "place",
    ["s3://another-bucket/x", "{root}-beside/x", "{root}/../x", "s3://"],
    ids=["another", "beside", "above", "none"],
)
def test_nothing_is_restored_to_another_place_in_s3(kept: Keep, place: str) -> None:
    dataset = kept({1: [DISK]})

    with pytest.raises(RefusedError, match="name a place below"):
        ask(dataset, place.format(root=root(dataset)))


def test_links_open_without_a_login_and_are_renewed_when_asked_for_again(kept: Keep) -> None:
    dataset = kept({1: [DISK]})

    first, again = (_links(dataset) for _ in range(2))

    (link,) = first["links"]
    answer = httpx.get(link["url"])
    since, until = (datetime.fromisoformat(first[name]) for name in ("availableSince", "expiresAt"))
    assert link["path"] == "Data/1.bin"
    assert answer.content == dataset.contents["Data/1.bin"]
    assert until - since == timedelta(days=7)
    assert datetime.fromisoformat(again["expiresAt"]) > until


def stem(kept: Kept) -> str:
    return kept.facility.retrieve_target(kept.pid).name


def _links(kept: Kept) -> dict[str, Any]:
    """Ask for links as a scientist does; gives the job's results for the dataset."""
    with kept.scene.site.catalog("scientist") as catalog:
        job = catalog.ask_for("retrieve", {kept.pid: []}, {"destination": "links"}, owner_group="demo")
    retrieve(kept.pid, facility=kept.name, job=job.id)
    with kept.scene.site.catalog("scientist") as catalog:
        return next(dataset.result for dataset in catalog.job_datasets(job.id))
