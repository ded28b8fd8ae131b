"""How the command line says what went wrong: one line on standard error, and an exit code per kind of reaction."""

from typing import Any, Final

import typer
from typer.core import TyperGroup

from emdewar.errors import DewarError, IntegrityError, RefusedError, UnavailableError

EXIT_CODES: Final[dict[type[DewarError], int]] = {
    RefusedError: 2,  # as for a wrong option
    IntegrityError: 3,
    UnavailableError: 75,  # EX_TEMPFAIL of sysexits.h: the same call may succeed later
}


class DewarGroup(TyperGroup):
    """A group of commands whose own errors reach people without a traceback."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer keeps the type of `ctx` private
        """Run the chosen command; turn our errors into a line and an exit code."""
        try:
            return super().invoke(ctx)
        except DewarError as error:
            typer.echo(f"error: {error}", err=True)
            code = next(code for kind, code in EXIT_CODES.items() if isinstance(error, kind))
            raise typer.Exit(code) from error
