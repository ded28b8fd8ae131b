"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _create_dataset()
    _create_job()
    _create_attachment()
    _create_datablock()
    _create_dataset_term()
    _create_job_claim()
    _create_job_dataset()
    _create_lifecycle_event()
    _create_orig_datablock()
    _create_copy()
    _create_datablock_file()
    _create_declared_file()


def downgrade() -> None:
    """Drop the tables, and all they hold."""
    op.drop_table("declared_file")
    op.drop_table("datablock_file")
    op.drop_table("copy")
    op.drop_table("orig_datablock")
    op.drop_table("lifecycle_event")
    op.drop_table("job_dataset")
    op.drop_table("job_claim")
    op.drop_table("dataset_term")
    op.drop_table("datablock")
    op.drop_table("attachment")
    op.drop_table("job")
    op.drop_table("dataset")


def _create_dataset() -> None:
    op.create_table(
        "dataset",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
        sa.Column("pid", sa.String(), nullable=False),
        sa.Column("managed", sa.Boolean(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("dataset_name", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("owner_email", sa.String(), nullable=True),
        sa.Column("orcid_of_owner", sa.String(), nullable=True),
        sa.Column("contact_email", sa.String(), nullable=False),
        sa.Column("source_folder", sa.String(), nullable=False),
        sa.Column("source_folder_host", sa.String(), nullable=True),
        sa.Column("creation_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("start_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("creation_location", sa.String(), nullable=True),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("comment", sa.String(), nullable=True),
        sa.Column("license", sa.String(), nullable=True),
        sa.Column("data_format", sa.String(), nullable=True),
        sa.Column("run_number", sa.String(), nullable=True),
        sa.Column("job_log_data", sa.String(), nullable=True),
        sa.Column("validation_status", sa.String(), nullable=True),
        sa.Column("classification", sa.String(), nullable=True),
        sa.Column("data_quality_metrics", sa.Float(), nullable=True),
        sa.Column("keywords", sa.JSON(), nullable=False),
        sa.Column("shared_with", sa.JSON(), nullable=False),
        sa.Column("principal_investigators", sa.JSON(), nullable=False),
        sa.Column("proposal_ids", sa.JSON(), nullable=False),
        sa.Column("sample_ids", sa.JSON(), nullable=False),
        sa.Column("instrument_ids", sa.JSON(), nullable=False),
        sa.Column("input_datasets", sa.JSON(), nullable=False),
        sa.Column("used_software", sa.JSON(), nullable=False),
        sa.Column("techniques", sa.JSON(), nullable=False),
        sa.Column("relationships", sa.JSON(), nullable=False),
        sa.Column("job_parameters", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("scientific_metadata", sa.JSON(), nullable=False),
        sa.Column("scientific_metadata_schema", sa.String(), nullable=True),
        sa.Column("owner_group", sa.String(), nullable=False),
        sa.Column("access_groups", sa.JSON(), nullable=False),
        sa.Column("instrument_group", sa.String(), nullable=True),
        sa.Column("is_published", sa.Boolean(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("packed_size", sa.BigInteger(), nullable=False),
        sa.Column("number_of_files", sa.Integer(), nullable=False),
        sa.Column("number_of_files_archived", sa.Integer(), nullable=False),
        sa.Column("archivable", sa.Boolean(), nullable=False),
        sa.Column("retrievable", sa.Boolean(), nullable=False),
        sa.Column("publishable", sa.Boolean(), nullable=False),
        sa.Column("is_on_central_disk", sa.Boolean(), nullable=False),
        sa.Column("archive_status_message", sa.String(), nullable=False),
        sa.Column("retrieve_status_message", sa.String(), nullable=False),
        sa.Column("archive_return_message", sa.JSON(), nullable=False),
        sa.Column("retrieve_return_message", sa.JSON(), nullable=False),
        sa.Column("retrieve_integrity_check", sa.Boolean(), nullable=False),
        sa.Column("exported_to", sa.String(), nullable=True),
        sa.Column("storage_location", sa.String(), nullable=True),
        sa.Column("date_of_disk_purging", sa.DateTime(timezone=True), nullable=True),
        sa.Column("archive_retention_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("date_of_publishing", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_on", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("pid"),
    )
    with op.batch_alter_table("dataset", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dataset_archive_status_message"), ["archive_status_message"], unique=False)
        batch_op.create_index(batch_op.f("ix_dataset_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_dataset_is_published"), ["is_published"], unique=False)
        batch_op.create_index(batch_op.f("ix_dataset_owner_group"), ["owner_group"], unique=False)
        batch_op.create_index(batch_op.f("ix_dataset_source_folder"), ["source_folder"], unique=False)


def _create_job() -> None:
    op.create_table(
        "job",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("status_code", sa.String(), nullable=False),
        sa.Column("status_message", sa.String(), nullable=False),
        sa.Column("job_params", sa.JSON(), nullable=False),
        sa.Column("job_result_object", sa.JSON(), nullable=False),
        sa.Column("owner_user", sa.String(), nullable=True),
        sa.Column("owner_group", sa.String(), nullable=True),
        sa.Column("contact_email", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_owner_group"), ["owner_group"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_status_code"), ["status_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_type"), ["type"], unique=False)


def _create_attachment() -> None:
    op.create_table(
        "attachment",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
        sa.Column("aid", sa.String(), nullable=False),
        sa.Column("dataset_id", sa.String(), nullable=False),
        sa.Column("thumbnail", sa.String(), nullable=True),
        sa.Column("caption", sa.String(), nullable=False),
        sa.Column("relationships", sa.JSON(), nullable=False),
        sa.Column("owner_group", sa.String(), nullable=False),
        sa.Column("access_groups", sa.JSON(), nullable=False),
        sa.Column("instrument_group", sa.String(), nullable=True),
        sa.Column("is_published", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.pid"]),
        sa.PrimaryKeyConstraint("aid"),
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attachment_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_attachment_dataset_id"), ["dataset_id"], unique=False)


def _create_datablock() -> None:
    op.create_table(
        "datablock",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("archive_id", sa.String(), nullable=False),
        sa.Column("dataset_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("of", sa.Integer(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("packed_size", sa.BigInteger(), nullable=False),
        sa.Column("chk_alg", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("first_file", sa.Integer(), nullable=True),
        sa.Column("number_of_files", sa.Integer(), nullable=False),
        sa.Column("crc64nvme", sa.String(), nullable=True),
        sa.Column("manifest_sha256", sa.String(), nullable=True),
        sa.Column("owner_group", sa.String(), nullable=False),
        sa.Column("access_groups", sa.JSON(), nullable=False),
        sa.Column("instrument_group", sa.String(), nullable=True),
        sa.Column("is_published", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.pid"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("archive_id"),
        sa.UniqueConstraint("dataset_id", "number", name="uq_datablock_number"),
    )
    with op.batch_alter_table("datablock", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_datablock_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_datablock_dataset_id"), ["dataset_id"], unique=False)


def _create_dataset_term() -> None:
    op.create_table(
        "dataset_term",
        sa.Column("pid", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["pid"], ["dataset.pid"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pid", "field", "value"),
    )
    with op.batch_alter_table("dataset_term", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dataset_term_value"), ["value"], unique=False)


def _create_job_claim() -> None:
    op.create_table(
        "job_claim",
        sa.Column("pid", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("job_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["pid"], ["dataset.pid"]),
        sa.PrimaryKeyConstraint("pid", "kind"),
    )
    with op.batch_alter_table("job_claim", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_claim_job_id"), ["job_id"], unique=False)


def _create_job_dataset() -> None:
    op.create_table(
        "job_dataset",
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("pid", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["pid"], ["dataset.pid"]),
        sa.PrimaryKeyConstraint("job_id", "pid"),
    )
    with op.batch_alter_table("job_dataset", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_dataset_pid"), ["pid"], unique=False)


def _create_lifecycle_event() -> None:
    op.create_table(
        "lifecycle_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pid", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("from_status", sa.String(), nullable=True),
        sa.Column("to_status", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("when", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("flow_run_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["pid"], ["dataset.pid"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("lifecycle_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lifecycle_event_pid"), ["pid"], unique=False)


def _create_orig_datablock() -> None:
    op.create_table(
        "orig_datablock",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("dataset_id", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("number_of_files", sa.Integer(), nullable=False),
        sa.Column("chk_alg", sa.String(), nullable=False),
        sa.Column("owner_group", sa.String(), nullable=False),
        sa.Column("access_groups", sa.JSON(), nullable=False),
        sa.Column("instrument_group", sa.String(), nullable=True),
        sa.Column("is_published", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.pid"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("orig_datablock", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_orig_datablock_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_orig_datablock_dataset_id"), ["dataset_id"], unique=False)


def _create_copy() -> None:
    op.create_table(
        "copy",
        sa.Column("datablock_id", sa.String(), nullable=False),
        sa.Column("store", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("crc64nvme", sa.String(), nullable=False),
        sa.Column("manifest_sha256", sa.String(), nullable=False),
        sa.Column("number_of_files", sa.Integer(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_from", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["datablock_id"], ["datablock.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("datablock_id", "store"),
    )


def _create_datablock_file() -> None:
    op.create_table(
        "datablock_file",
        sa.Column("datablock_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("pid", sa.String(), nullable=False),
        sa.Column(
            "path",
            sa.String(length=2048).with_variant(sa.String(length=2048, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chk", sa.String(), nullable=True),
        sa.Column("offset", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["datablock_id"], ["datablock.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["pid"], ["dataset.pid"]),
        sa.PrimaryKeyConstraint("datablock_id", "position"),
    )
    with op.batch_alter_table("datablock_file", schema=None) as batch_op:
        batch_op.create_index("ix_datablock_file_path", ["pid", "path"], unique=False)


def _create_declared_file() -> None:
    op.create_table(
        "declared_file",
        sa.Column("pid", sa.String(), nullable=False),
        sa.Column(
            "path",
            sa.String(length=2048).with_variant(sa.String(length=2048, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("orig_datablock_id", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chk", sa.String(), nullable=True),
        sa.Column("owner", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["orig_datablock_id"], ["orig_datablock.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["pid"], ["dataset.pid"]),
        sa.PrimaryKeyConstraint("pid", "path"),
    )
    with op.batch_alter_table("declared_file", schema=None) as batch_op:
        batch_op.create_index("ix_declared_file_list", ["orig_datablock_id"], unique=False)
