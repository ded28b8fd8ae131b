"""People of an identity provider: whom it vouched for, with their groups as of the last login."""

from sqlalchemy.exc import IntegrityError as ConstraintError
from sqlmodel import Session, col, select

from catalog_api.accounts import Account, identifier
from catalog_api.oidc.person import Person
from catalog_api.refusals import forbidden
from catalog_api.tables import UserRow
from catalog_api.tables.columns import now


def find(session: Session, user_id: str) -> UserRow | None:
    """Give somebody by identifier."""
    return session.get(UserRow, user_id)


def find_by(session: Session, field: str, value: str) -> UserRow | None:
    """Give the first person with a value in a column of the table."""
    return session.exec(select(UserRow).where(getattr(UserRow, field) == value).order_by(col(UserRow.id))).first()


def listed(session: Session, *, limit: int, skip: int) -> list[Account]:
    """List people by name."""
    page = select(UserRow).order_by(col(UserRow.username)).limit(limit).offset(skip)
    return [account_of(row) for row in session.exec(page)]


def sign_in(session: Session, person: Person) -> Account:
    """Take over what the provider says of somebody now; a first login makes them known.

    Raises:
        RefusedError: Somebody else has that name here.
    """
    user_id = identifier(person.issuer, person.subject)
    row = session.get(UserRow, user_id, with_for_update=True, populate_existing=True)
    if row is None:
        row = UserRow(
            id=user_id,
            username=person.username,
            provider=person.issuer,
            external_id=person.subject,
            created_by=person.username,
        )
    row.username, row.email, row.display_name = person.username, person.email, person.display_name
    row.access_groups, row.claims = list(person.groups), dict(person.claims)
    row.updated_at, row.updated_by = now(), person.username
    try:
        with session.begin_nested():
            session.add(row)
    except ConstraintError as error:
        known = find_by(session, "username", person.username)
        if known is None or known.id != user_id:
            msg = f"{person.username} is the name of somebody else here; ask the operators of the catalog to settle it"
            raise forbidden(msg) from error
        # The same person logged in twice at the same moment for the first time.
        row = known
    return account_of(row)


def account_of(row: UserRow) -> Account:
    """Give the account of a person."""
    return Account(
        username=row.username,
        email=row.email,
        groups=frozenset(row.access_groups),
        strategy="oidc",
        provider=row.provider,
        subject=row.external_id,
        display_name=row.display_name,
    )
