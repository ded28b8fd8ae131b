"""`python -m catalog_api`: bring the schema up to date, then serve."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
import uvicorn
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from catalog_api import accounts
from catalog_api.application import create_app
from catalog_api.database import Database
from catalog_api.settings import Settings
from emdewar.errors import DewarError

commands = typer.Typer(add_completion=False, help="The EM Dewar catalog.", no_args_is_help=False)
Password = Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)]


@commands.callback(invoke_without_command=True)
def serve(context: typer.Context) -> None:
    """Migrate the database, then serve; settings come from EMDEWAR_CATALOG_* in the environment."""
    if context.invoked_subcommand is None:
        with _told_to_the_person():
            settings = Settings()
            _migrate(settings)
            app = create_app(settings)
        uvicorn.run(app, host=settings.host, port=settings.port, server_header=False)


@commands.command()
def migrate() -> None:
    """Bring the database's schema to its newest version."""
    with _told_to_the_person():
        _migrate(Settings())


@commands.command()
def hash_password(password: Password) -> None:
    """Ask for a password and print its argon2 hash, for the accounts file."""
    typer.echo(accounts.hash_password(password))


def _migrate(settings: Settings) -> None:
    database = Database(settings)
    try:
        database.migrate()
    finally:
        database.close()


@contextmanager
def _told_to_the_person() -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        faults = "; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors(include_input=False))
        raise typer.BadParameter(f"EMDEWAR_CATALOG_ settings: {faults}") from error
    except DewarError as error:
        raise typer.BadParameter(str(error)) from error
    except OperationalError as error:
        raise typer.BadParameter(f"the database cannot be opened: {error.orig}") from error


if __name__ == "__main__":
    commands()
