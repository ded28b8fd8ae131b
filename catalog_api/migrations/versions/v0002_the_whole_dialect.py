"""Everything that SciCat's clients ask about, and the indexes that answer them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PATH_TEXT = sa.String(length=2048).with_variant(sa.String(length=2048, collation="C"), "postgresql")

TABLES = (
    "change_record",
    "instrument",
    "policy",
    "proposal",
    "published_data",
    "sample",
    "user_identity",
    "user_settings",
    "chosen_password",
    "attachment_access",
    "attachment_target",
    "dataset_access",
    "dataset_text",
    "metadata_value",
    "outbox",
)
"""The new tables, parents first."""


def upgrade() -> None:
    """Make the new tables, and bring attachments, jobs and datasets to their new shape."""
    _create_change_record()
    _create_instrument()
    _create_policy()
    _create_proposal()
    _create_published_data()
    _create_sample()
    _create_user_identity()
    _create_user_settings()
    _create_chosen_password()
    _create_attachment_access()
    _create_attachment_target()
    _create_dataset_access()
    _create_dataset_text()
    _create_metadata_value()
    _create_outbox()
    _index_texts()
    _widen_attachment()
    _widen_job()
    _number_file_lists()
    _widen_declared_file()
    op.add_column("datablock_file", sa.Column("owner", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("dataset", sa.Column("scientific_metadata_valid", sa.Boolean(), nullable=True))
    _fill_dataset_access()
    _fill_attachment_access()


def downgrade() -> None:
    """Refuse: attachments of samples and proposals would be lost."""
    msg = "version 0002 cannot be taken back without losing data; restore the backup that was made before it"
    raise NotImplementedError(msg)


def _bookkeeping() -> list[sa.Column[Any]]:
    return [
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
    ]


def _create_change_record() -> None:
    op.create_table(
        "change_record",
        sa.Column("id", BIG_SERIAL, nullable=False),
        sa.Column("subsystem", sa.String(), nullable=False),
        sa.Column("document_id", sa.String(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_change_record_document", "change_record", ["subsystem", "document_id"])
    op.create_index("ix_change_record_timestamp", "change_record", ["timestamp"])


def _create_instrument() -> None:
    op.create_table(
        "instrument",
        *_bookkeeping(),
        sa.Column("pid", sa.String(), nullable=False),
        sa.Column("unique_name", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("custom_metadata", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("pid"),
        sa.UniqueConstraint("unique_name"),
    )
    op.create_index("ix_instrument_created_at", "instrument", ["created_at"])


def _create_policy() -> None:
    op.create_table(
        "policy",
        *_bookkeeping(),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("manager", sa.JSON(), nullable=False),
        sa.Column("job_policies", sa.JSON(), nullable=False),
        sa.Column("owner_group", sa.String(), nullable=False),
        sa.Column("access_groups", sa.JSON(), nullable=False),
        sa.Column("instrument_group", sa.String(), nullable=True),
        sa.Column("is_published", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("owner_group"),
    )
    op.create_index("ix_policy_created_at", "policy", ["created_at"])


def _create_proposal() -> None:
    op.create_table(
        "proposal",
        *_bookkeeping(),
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("pi_email", sa.String(), nullable=True),
        sa.Column("pi_firstname", sa.String(), nullable=True),
        sa.Column("pi_lastname", sa.String(), nullable=True),
        sa.Column("firstname", sa.String(), nullable=True),
        sa.Column("lastname", sa.String(), nullable=True),
        sa.Column("abstract", sa.String(), nullable=True),
        sa.Column("start_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("measurement_period_list", sa.JSON(), nullable=False),
        sa.Column("proposal_metadata", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("parent_proposal_id", sa.String(), nullable=True),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("instrument_ids", sa.JSON(), nullable=False),
        sa.Column("keywords", sa.JSON(), nullable=False),
        sa.Column("number_of_datasets", sa.Integer(), nullable=False),
        sa.Column("owner_group", sa.String(), nullable=False),
        sa.Column("access_groups", sa.JSON(), nullable=False),
        sa.Column("instrument_group", sa.String(), nullable=True),
        sa.Column("is_published", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("proposal_id"),
    )
    op.create_index("ix_proposal_created_at", "proposal", ["created_at"])
    op.create_index("ix_proposal_owner_group", "proposal", ["owner_group"])
    op.create_index("ix_proposal_parent_proposal_id", "proposal", ["parent_proposal_id"])


def _create_published_data() -> None:
    op.create_table(
        "published_data",
        *_bookkeeping(),
        sa.Column("doi", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("abstract", sa.String(), nullable=False),
        sa.Column("dataset_pids", sa.JSON(), nullable=False),
        sa.Column("proposal_ids", sa.JSON(), nullable=False),
        sa.Column("sample_ids", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("registered_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("number_of_files", sa.Integer(), nullable=False),
        sa.Column("size_of_archive", sa.Float(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("doi"),
    )
    op.create_index("ix_published_data_created_at", "published_data", ["created_at"])
    op.create_index("ix_published_data_status", "published_data", ["status"])


def _create_sample() -> None:
    op.create_table(
        "sample",
        *_bookkeeping(),
        sa.Column("sample_id", sa.String(), nullable=False),
        sa.Column("sample_name", sa.String(), nullable=True),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("type", sa.String(), nullable=True),
        sa.Column("proposal_id", sa.String(), nullable=True),
        sa.Column("parent_sample_id", sa.String(), nullable=True),
        sa.Column("sample_characteristics", sa.JSON(), nullable=False),
        sa.Column("owner_group", sa.String(), nullable=False),
        sa.Column("access_groups", sa.JSON(), nullable=False),
        sa.Column("instrument_group", sa.String(), nullable=True),
        sa.Column("is_published", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("sample_id"),
    )
    op.create_index("ix_sample_created_at", "sample", ["created_at"])
    op.create_index("ix_sample_owner_group", "sample", ["owner_group"])
    op.create_index("ix_sample_parent_sample_id", "sample", ["parent_sample_id"])
    op.create_index("ix_sample_proposal_id", "sample", ["proposal_id"])


def _create_user_identity() -> None:
    op.create_table(
        "user_identity",
        *_bookkeeping(),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("access_groups", sa.JSON(), nullable=False),
        sa.Column("claims", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("username"),
    )
    op.create_index("ix_user_identity_created_at", "user_identity", ["created_at"])
    op.create_index("ix_user_identity_external_id", "user_identity", ["external_id"])


def _create_user_settings() -> None:
    op.create_table(
        "user_settings",
        *_bookkeeping(),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("dataset_count", sa.Integer(), nullable=False),
        sa.Column("job_count", sa.Integer(), nullable=False),
        sa.Column("external_settings", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("user_id"),
    )
    op.create_index("ix_user_settings_created_at", "user_settings", ["created_at"])


def _create_chosen_password() -> None:
    op.create_table(
        "chosen_password",
        *_bookkeeping(),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("replaces", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("username"),
    )
    op.create_index("ix_chosen_password_created_at", "chosen_password", ["created_at"])


def _create_attachment_access() -> None:
    op.create_table(
        "attachment_access",
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("aid", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["aid"], ["attachment.aid"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("audience", "aid"),
    )
    op.create_index("ix_attachment_access_aid", "attachment_access", ["aid"])


def _create_attachment_target() -> None:
    op.create_table(
        "attachment_target",
        sa.Column("aid", sa.String(), nullable=False),
        sa.Column("target_type", sa.String(), nullable=False),
        sa.Column("target_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["aid"], ["attachment.aid"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("aid", "target_type", "target_id"),
    )
    op.create_index("ix_attachment_target", "attachment_target", ["target_type", "target_id"])


def _create_dataset_access() -> None:
    op.create_table(
        "dataset_access",
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("pid", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["pid"], ["dataset.pid"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("audience", "pid"),
    )
    op.create_index("ix_dataset_access_newest", "dataset_access", ["audience", "created_at", "pid"])
    op.create_index("ix_dataset_access_pid", "dataset_access", ["pid"])


def _create_dataset_text() -> None:
    op.create_table(
        "dataset_text",
        sa.Column("id", BIG_SERIAL, nullable=False),
        sa.Column("pid", sa.String(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["pid"], ["dataset.pid"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("pid"),
    )


def _create_metadata_value() -> None:
    op.create_table(
        "metadata_value",
        sa.Column("pid", sa.String(), nullable=False),
        sa.Column("path", PATH_TEXT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", sa.Float(), nullable=True),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("flag", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["pid"], ["dataset.pid"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pid", "path", "position"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_metadata_value_number", "metadata_value", ["path", "number"], postgresql_include=["pid"])


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("pid", sa.String(), nullable=True),
        sa.Column("deployment", sa.String(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("flow_run_id", sa.String(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_outbox_delivered_at", "outbox", ["delivered_at"])
    op.create_index("ix_outbox_job_id", "outbox", ["job_id"])
    op.create_index("ix_outbox_next_attempt_at", "outbox", ["next_attempt_at"])


def _index_texts() -> None:
    index = "CREATE INDEX ix_metadata_value_text ON metadata_value (path, substr(text, 1, 200))"
    if op.get_bind().dialect.name == "postgresql":
        vector = "tsvector GENERATED ALWAYS AS (to_tsvector('simple', document)) STORED"
        op.execute(f"ALTER TABLE dataset_text ADD COLUMN words {vector}")
        op.execute("CREATE INDEX ix_dataset_text_words ON dataset_text USING gin (words)")
    else:
        for statement in _FTS5:
            op.execute(statement)
    op.execute(index)


_FTS5 = (
    """CREATE VIRTUAL TABLE dataset_words USING fts5(
        document, content='dataset_text', content_rowid='id', tokenize='unicode61')""",
    """CREATE TRIGGER dataset_text_insert AFTER INSERT ON dataset_text BEGIN
        INSERT INTO dataset_words(rowid, document) VALUES (new.id, new.document); END""",
    """CREATE TRIGGER dataset_text_delete AFTER DELETE ON dataset_text BEGIN
        INSERT INTO dataset_words(dataset_words, rowid, document) VALUES ('delete', old.id, old.document); END""",
    """CREATE TRIGGER dataset_text_update AFTER UPDATE ON dataset_text BEGIN
        INSERT INTO dataset_words(dataset_words, rowid, document) VALUES ('delete', old.id, old.document);
        INSERT INTO dataset_words(rowid, document) VALUES (new.id, new.document); END""",
)


def _widen_attachment() -> None:
    """Let attachments belong to more than one dataset, and to samples and proposals."""
    op.execute(
        "INSERT INTO attachment_target (aid, target_type, target_id) SELECT aid, 'dataset', dataset_id FROM attachment"
    )
    op.drop_index("ix_attachment_dataset_id", "attachment")
    with op.batch_alter_table("attachment", naming_convention={"fk": "fk_%(table_name)s_%(column_0_name)s"}) as table:
        if op.get_bind().dialect.name == "sqlite":
            table.drop_constraint("fk_attachment_dataset_id", type_="foreignkey")
        table.drop_column("dataset_id")
    op.create_index("ix_attachment_owner_group", "attachment", ["owner_group"])


def _widen_job() -> None:
    op.add_column("job", sa.Column("access_groups", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("job") as table:
        table.alter_column("access_groups", server_default=None)
    op.add_column("job", sa.Column("config_version", sa.String(), nullable=True))
    for column in (
        sa.Column("status_code", sa.String(), nullable=True),
        sa.Column("status_message", sa.String(), nullable=True),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
    ):
        op.add_column("job_dataset", column)


def _fill_dataset_access() -> None:
    """Note who may see the datasets that are there already."""
    op.execute(
        """INSERT INTO dataset_access (audience, pid, created_at)
        SELECT seen.audience, seen.pid, dataset.created_at FROM (
            SELECT owner_group AS audience, pid FROM dataset
            UNION SELECT value, pid FROM dataset_term WHERE field = 'access_groups'
            UNION SELECT 'mailto:' || lower(value), pid FROM dataset_term WHERE field = 'shared_with'
            UNION SELECT '', pid FROM dataset WHERE is_published
        ) AS seen JOIN dataset ON dataset.pid = seen.pid"""
    )


def _fill_attachment_access() -> None:
    """Note who may see the attachments that are there already."""
    entries = "json_each(access_groups)"
    if op.get_bind().dialect.name == "postgresql":
        entries = "json_array_elements_text(access_groups) AS entry(value)"
    op.execute(
        f"""INSERT INTO attachment_access (audience, aid)
        SELECT owner_group, aid FROM attachment
        UNION SELECT value, aid FROM attachment, {entries}
        UNION SELECT '', aid FROM attachment WHERE is_published"""  # noqa: S608 (one of two constants)
    )


def _number_file_lists() -> None:
    """Count the lists of each dataset in the order in which they were declared."""
    op.add_column("orig_datablock", sa.Column("number", sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        """UPDATE orig_datablock SET number = (
            SELECT count(*) FROM orig_datablock AS other WHERE other.dataset_id = orig_datablock.dataset_id
            AND (other.created_at, other.id) <= (orig_datablock.created_at, orig_datablock.id))"""
    )
    with op.batch_alter_table("orig_datablock") as table:
        table.alter_column("number", server_default=None)


def _widen_declared_file() -> None:
    """Let lists of datasets that the flows do not manage name the same path, and keep the order of each list."""
    op.drop_index("ix_declared_file_list", "declared_file")
    op.rename_table("declared_file", "declared_file_0001")
    op.create_table(
        "declared_file",
        sa.Column("pid", sa.String(), nullable=False),
        sa.Column("path", PATH_TEXT, nullable=False),
        sa.Column("list_number", sa.Integer(), nullable=False),
        sa.Column("orig_datablock_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chk", sa.String(), nullable=True),
        sa.Column("owner", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["orig_datablock_id"], ["orig_datablock.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pid", "path", "list_number", name="pk_declared_file"),
    )
    op.execute(
        """INSERT INTO declared_file
            (pid, path, list_number, orig_datablock_id, position, size, time, chk, owner)
        SELECT pid, path, 0, orig_datablock_id,
            row_number() OVER (PARTITION BY orig_datablock_id ORDER BY path) - 1, size, time, chk, owner
        FROM declared_file_0001"""
    )
    op.drop_table("declared_file_0001")
    op.create_index("ix_declared_file_list", "declared_file", ["orig_datablock_id", "position"])
