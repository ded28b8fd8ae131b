"""`python -m catalog_api`: bring the schema up to date, then serve."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from catalog_api import accounts, application
from catalog_api import backup as copies
from catalog_api.database import Database
from catalog_api.search import reindex as index
from catalog_api.service import logs
from catalog_api.service.metrics import SHARED_FOLDER
from catalog_api.settings import Settings
from emdewar.errors import DewarError

commands = typer.Typer(add_completion=False, help="The EM Dewar catalog.", no_args_is_help=False)
Password = Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)]
LAST_REQUESTS_S = 30
"""How long requests that are being answered may take when the catalog is told to stop."""

IDLE_S = 75
"""How long connections are kept between requests: longer than reverse proxies do, which else meet a closed one."""

SILENT_S = 60
"""How long a process may be deaf before it is replaced: large bodies and a busy machine are no reason."""


@commands.callback(invoke_without_command=True)
def serve(context: typer.Context) -> None:
    """Migrate the database, then serve; settings come from EMDEWAR_CATALOG_* in the environment."""
    if context.invoked_subcommand is not None:
        return
    with _told_to_the_person(), ExitStack() as stack:
        settings = Settings()
        logs.configure(settings.log_format)
        _migrate(settings)
        if settings.workers > 1:
            # Each process counts for itself, in files here, so that any of them can answer for all.
            os.environ.setdefault(SHARED_FOLDER, stack.enter_context(tempfile.TemporaryDirectory(prefix="emdewar-")))
        # What is wrong with the settings is said here, once, and not by every process.
        application.create_app(settings).state.site.close()
        _serve(settings)


def worker() -> FastAPI:
    """Build the catalog in a process that answers requests."""
    settings = Settings()
    logs.configure(settings.log_format)
    return application.create_app(settings)


@commands.command()
def migrate() -> None:
    """Bring the database's schema to its newest version."""
    with _told_to_the_person():
        _migrate(Settings())


@commands.command()
def reindex() -> None:
    """Make anew what searches use: who sees each dataset, its words and the values of its metadata."""
    with _told_to_the_person():
        database = Database(Settings())
        try:
            typer.echo(f"{index.index_all(database)} datasets indexed")
        finally:
            database.close()


@commands.command()
def backup(file: Annotated[Path, typer.Argument(help="A new file for the copy.")]) -> None:
    """Copy a SQLite catalog while it runs, and prove the copy."""
    with _told_to_the_person():
        copies.back_up(Settings(), file)


@commands.command()
def restore(file: Annotated[Path, typer.Argument(help="A copy that `backup` wrote.")]) -> None:
    """Make a SQLite catalog anew from a copy; there must be none yet."""
    with _told_to_the_person():
        copies.restore(Settings(), file)


@commands.command()
def openapi() -> None:
    """Print the API's description, as it lies in docs/reference/openapi.json."""
    typer.echo(application.openapi(), nl=False)


@commands.command()
def hash_password(password: Password) -> None:
    """Ask for a password and print its argon2 hash, for the accounts file."""
    typer.echo(accounts.hash_password(password))


def _serve(settings: Settings) -> None:
    uvicorn.run(
        "catalog_api.__main__:worker",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        forwarded_allow_ips=",".join(sorted(settings.trusted_proxies)),
        timeout_graceful_shutdown=LAST_REQUESTS_S,
        timeout_keep_alive=IDLE_S,
        timeout_worker_healthcheck=SILENT_S,
        server_header=False,
        access_log=False,
        log_config=None,
    )


def _migrate(settings: Settings) -> None:
    database = Database(settings)
    try:
        database.migrate()
        index.fill_missing(database)
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
