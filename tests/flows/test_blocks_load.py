"""A facility comes back from the Prefect server as it was saved: each store of its type, with its secrets."""

import json

import pytest
from prefect.client.orchestration import get_client

from blocks.facility import Facility
from blocks.s3 import S3Archive, S3Retrieve
from tests.flows.scene import Scene

pytestmark = pytest.mark.slow

S3 = {
    "kind": "s3",
    "store_name": "cold",
    "bucket": "em-archive",
    "storage_class": "DEEP_ARCHIVE",
    "credentials": {
        "block_type_slug": "aws-credentials",
        "aws_access_key_id": "key",
        "aws_secret_access_key": "a secret",
        "region_name": "eu-central-1",
    },
}
STORES = [
    {"store_name": "disk", "root": "/archive/disk"},
    {"kind": "nearline", "store_name": "tape", "root": "/hsm", "tape": {"kind": "simulated", "folder": "/tape"}},
    S3,
]
TAPE_WITH_TOKEN = {
    "kind": "nearline",
    "store_name": "library",
    "root": "/hsm2",
    "tape": {"kind": "rest", "url": "https://tape.example.org", "prefix": "/vo", "token": "a planted token"},
}


def test_stores_of_all_kinds_come_back_as_their_types_with_their_secrets(scene: Scene) -> None:
    fields = {**dict(scene.facility), "archives": STORES, "policy": {"release_after_days": 30}}
    saved = Facility.model_validate(fields)

    saved.save("all-kinds", overwrite=True)
    loaded = Facility.named("all-kinds")
    loaded.save("all-kinds-again", overwrite=True)
    again = Facility.named("all-kinds-again")

    assert [type(archive) for archive in again.archives] == [type(archive) for archive in saved.archives]
    assert again.policy == saved.policy
    assert list(again.stores()) == ["disk", "tape", "cold"]
    assert again.archives[2].credentials.aws_secret_access_key.get_secret_value() == "a secret"  # type: ignore[union-attr]
    assert again.catalog.password.get_secret_value() == scene.facility.catalog.password.get_secret_value()


def test_the_server_shows_nobody_the_secrets_of_stores(scene: Scene) -> None:
    bucket = {"credentials": S3["credentials"], "bucket": "em-retrieved"}
    fields = {**dict(scene.facility), "archives": [*STORES, TAPE_WITH_TOKEN], "policy": None, "retrieve_bucket": bucket}
    blocks = [Facility.model_validate(fields), S3Archive.model_validate(S3), S3Retrieve.model_validate(bucket)]
    for block in blocks:
        block.save("with-secrets", overwrite=True)

    with get_client(sync_client=True) as client:
        slugs = [block.get_block_type_slug() for block in blocks]
        shown = [client.read_block_document_by_name("with-secrets", slug, include_secrets=False) for slug in slugs]

    said = json.dumps([document.data for document in shown])
    assert "a secret" not in said
    assert "a planted token" not in said
    assert scene.facility.catalog.password.get_secret_value() not in said
