"""Column types that mean the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, String, TypeDecorator
from sqlmodel import Field, SQLModel

from catalog_api.json_type import Json

BigSerial = BigInteger().with_variant(Integer, "sqlite")
"""A row number that the database counts up; SQLite only does so for INTEGER."""

PathText = String(2048).with_variant(String(2048, collation="C"), "postgresql")
"""A path, ordered by code point: what SQLite does by itself and PostgreSQL does with collation C."""

JsonValue = JSON(none_as_null=True)
"""Free JSON; nothing is NULL and not the word `null`."""


_STEP = timedelta(milliseconds=1)


class UtcMoment(TypeDecorator[datetime]):
    """A moment in UTC; SQLite forgets the zone, so it is put back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy names it)
        """Give the moment with its zone."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def now() -> datetime:
    """Give this moment, to the millisecond that the wire carries."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def later_than(*moments: datetime) -> datetime:
    """Give the moment of a change of rows that are locked, later than when they were last changed.

    Two changes in one millisecond are two versions, or optimistic locking would miss the second.
    """
    return max(now(), *(moment + _STEP for moment in moments)) if moments else now()


class Row(SQLModel):
    """Base of all tables; over the wire the names become camel case."""


class Bookkeeping(Row):
    """Who made and who last changed a row, and when."""

    created_at: datetime = Field(default_factory=now, sa_type=UtcMoment, index=True)
    updated_at: datetime = Field(default_factory=now, sa_type=UtcMoment)
    created_by: str = ""
    updated_by: str = ""


def json_list() -> Json:
    """Declare a column that holds a JSON list, empty by default."""
    return Field(default_factory=list, sa_type=JSON)


def json_object() -> Json:
    """Declare a column that holds a JSON object, empty by default."""
    return Field(default_factory=dict, sa_type=JSON)
