"""What Alembic runs: our tables, on the connection that the catalog hands over."""

from alembic import context
from sqlmodel import SQLModel

from catalog_api import tables

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    include_name=lambda name, kind, _parents: kind != "table" or name in SQLModel.metadata.tables,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()

__all__ = ["tables"]
