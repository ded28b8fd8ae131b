"""The blocks of buckets: endpoint and keys from prefect-aws, nothing asked before it is needed, nothing told."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect_aws import AwsCredentials, MinIOCredentials
from prefect_aws.client_parameters import AwsClientParameters
from pydantic import SecretStr, ValidationError

from blocks.s3 import S3Archive, S3Retrieve, account_of
from emdewar.stores.s3 import S3Store

ENDPOINT = "http://127.0.0.1:9"


def aws(**parameters: Any) -> AwsCredentials:  # noqa: ANN401 - as prefect-aws takes them
    return AwsCredentials(
        aws_access_key_id="THEACCESSKEY",
        aws_secret_access_key=SecretStr("the-secret-key"),
        region_name="eu-central-2",
        aws_client_parameters=AwsClientParameters(**parameters),
    )


def minio() -> MinIOCredentials:
    return MinIOCredentials(
        minio_root_user="THEACCESSKEY",
        minio_root_password=SecretStr("the-secret-key"),
        aws_client_parameters=AwsClientParameters(endpoint_url=ENDPOINT),
    )


@pytest.mark.parametrize("credentials", [aws(endpoint_url=ENDPOINT), minio()])
def test_endpoint_and_keys_are_those_of_the_credentials(credentials: AwsCredentials | MinIOCredentials) -> None:
    account = account_of(credentials)

    assert account.endpoint_url == ENDPOINT
    assert tuple(account.keys())[:2] == ("THEACCESSKEY", "the-secret-key")
    assert account.origin("bucket") == ENDPOINT


def test_without_an_endpoint_the_region_of_aws_is_meant() -> None:
    account = account_of(aws())

    assert account.origin("em-archive") == "https://em-archive.s3.eu-central-2.amazonaws.com"
    assert account.target("em-archive", "a/b c.tar", {}) == "/a/b%20c.tar"


def test_the_bucket_is_in_the_path_unless_the_credentials_say_otherwise() -> None:
    styled = aws(endpoint_url="https://s3.example.org", config={"s3": {"addressing_style": "virtual"}})

    assert account_of(aws(endpoint_url=ENDPOINT)).target("em-archive", "x", {}) == "/em-archive/x"
    assert account_of(styled).origin("em-archive") == "https://em-archive.s3.example.org"


def test_a_certificate_is_always_checked() -> None:
    with pytest.raises(ValidationError, match="verify_cert_path"):
        S3Archive(store_name="cold", credentials=aws(endpoint_url=ENDPOINT, verify=False), bucket="em-archive")


def test_without_an_endpoint_there_is_no_block() -> None:
    lost = MinIOCredentials(minio_root_user="a", minio_root_password=SecretStr("b"))

    with pytest.raises(ValidationError, match="endpoint_url"):
        S3Retrieve(credentials=lost, bucket="em-archive")


@pytest.mark.parametrize("prefix", ["../up", "a//b", "a/./b"])
def test_a_prefix_that_is_no_folder_is_refused(prefix: str) -> None:
    with pytest.raises(ValidationError, match="prefix"):
        S3Retrieve(credentials=minio(), bucket="em-archive", prefix=prefix)


def test_an_archive_opens_without_asking_anybody() -> None:
    archive = S3Archive(
        store_name="cold", credentials=minio(), bucket="em-archive", prefix="/blocks/", storage_class="DEEP_ARCHIVE"
    )

    store = archive.store()

    assert isinstance(store, S3Store)
    assert (archive.kind, archive.place, archive.folders) == ("s3", f"{ENDPOINT}/em-archive/blocks", [])
    assert repr(store) == "S3Store('cold', 's3://em-archive/blocks')"


def test_links_and_files_lie_below_the_prefix() -> None:
    retrieve = S3Retrieve(credentials=minio(), bucket="em-back", prefix="restored")

    link = retrieve.links(["set/a b.mrc"], expires_in=timedelta(days=1))["set/a b.mrc"]

    assert retrieve.place == "em-back/restored"
    assert retrieve.destination("set").place == "s3://em-back/restored/set"
    assert link.startswith(f"{ENDPOINT}/em-back/restored/set/a%20b.mrc?")
    assert "the-secret-key" not in link


def test_keys_are_in_no_representation() -> None:
    archive = S3Archive(store_name="cold", credentials=aws(endpoint_url=ENDPOINT), bucket="em-archive")

    said = [repr(archive), str(archive), repr(account_of(archive.credentials)), repr(archive.store())]

    assert not any("the-secret-key" in text for text in said)


@pytest.mark.parametrize("credentials", [aws(endpoint_url=ENDPOINT), minio()])
def test_a_document_gives_the_type_of_credentials_that_was_written(
    credentials: AwsCredentials | MinIOCredentials,
) -> None:
    fields = credentials.model_dump(exclude_none=True, context={"include_secrets": True})
    document = {"store_name": "cold", "bucket": "em-archive", "credentials": fields}

    archive = S3Archive.model_validate(document)

    assert type(archive.credentials) is type(credentials)
    assert account_of(archive.credentials).keys().access_key == "THEACCESSKEY"


def test_a_file_of_certificates_is_trusted(tmp_path: Path) -> None:
    certificates = tmp_path / "ca.pem"
    certificates.touch()

    assert account_of(aws(endpoint_url="https://s3.example.org", verify_cert_path=certificates)).ca_file == certificates
