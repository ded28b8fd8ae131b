"""Copies that turn out damaged or lost stay on record as such, and blocks that lack a good one are found by index."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give every copy a status, and every datablock of the flows the names of the stores with a good one."""
    _widen_copy()
    op.create_index("ix_copy_oldest", "copy", ["store", "status", "verified_at", "datablock_id", "size"])
    op.add_column("datablock", sa.Column("verified_on", sa.String(), nullable=True))
    _fill_verified_on()
    op.create_index("ix_datablock_verified_on", "datablock", ["verified_on", "archive_id"])


def _widen_copy() -> None:
    """Take all copies there are for good, as they were when they were read back."""
    op.add_column("copy", sa.Column("status", sa.String(), nullable=False, server_default="verified"))
    op.add_column("copy", sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("copy", sa.Column("finding", sa.JSON(none_as_null=True), nullable=True))
    op.execute("UPDATE copy SET checked_at = verified_at")
    with op.batch_alter_table("copy") as table:
        table.alter_column("status", server_default=None)
        table.alter_column("checked_at", nullable=False)


def _fill_verified_on() -> None:
    names = (
        "SELECT group_concat(store, ',') FROM (SELECT store FROM copy WHERE datablock_id = datablock.id ORDER BY store)"
    )
    if op.get_bind().dialect.name == "postgresql":
        names = (
            """SELECT string_agg(store, ',' ORDER BY store COLLATE "C") FROM copy WHERE datablock_id = datablock.id"""
        )
    op.execute(
        f"""UPDATE datablock SET verified_on = coalesce(({names}), '')
        WHERE dataset_id IN (SELECT pid FROM dataset WHERE managed)"""  # noqa: S608 (one of two constants)
    )
