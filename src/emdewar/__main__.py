"""The `emdewar` command: puts the commands of `emdewar.cli` together."""

import typer

from emdewar.cli import datablock
from emdewar.cli.convert import convert
from emdewar.cli.group import DewarGroup
from emdewar.cli.lineage import lineage
from emdewar.cli.metadata import metadata
from emdewar.cli.simulate import simulate

app = typer.Typer(cls=DewarGroup, no_args_is_help=True, pretty_exceptions_show_locals=False)


@app.callback()
def emdewar() -> None:
    """EM Dewar: the life of an electron-microscopy dataset, from acquisition to publication."""


app.command()(simulate)
app.command()(metadata)
app.command()(convert)
app.command()(lineage)
app.add_typer(datablock.commands, name="datablock")

if __name__ == "__main__":
    app()
