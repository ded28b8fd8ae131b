"""Every option of every program is in the reference, and the reference holds no other."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import typer
from typer.main import get_command

from catalog_api.__main__ import commands as catalog_commands
from deployments import apply, drop_watch
from deployments.demo import __main__ as demo
from emdewar.__main__ import app
from tests.docs.pages import first_cells, section, text_of

REFERENCE = "docs/reference/command-line.md"


def _commands_of(group: Any) -> dict[str, Any]:  # noqa: ANN401 - typer's commands have no type of their own
    """Give the commands by name, those of an inner group as `group command`."""
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        inner = _commands_of(command) if hasattr(command, "commands") else {"": command}
        found |= {f"{name} {of_group}".strip(): one for of_group, one in inner.items()}
    return found


OWN_COMMANDS = _commands_of(get_command(app))


def _options(command: Any) -> set[str]:  # noqa: ANN401 - typer's commands have no type of their own
    names = [name for parameter in command.params for name in parameter.opts if name.startswith("--")]
    return set(names) - {"--help", "--install-completion", "--show-completion"}


def _described(text: str) -> set[str]:
    return {cell for cell in first_cells(text) if cell.startswith("--")}


def _program(main: Callable[..., None]) -> Any:  # noqa: ANN401 - typer's commands have no type of their own
    program = typer.Typer(add_completion=False)
    program.command()(main)
    return get_command(program)


def test_every_command_is_described() -> None:
    headings = re.findall(r"^### emdewar ([a-z- ]+) [A-Z]", text_of(REFERENCE), re.MULTILINE)

    assert sorted(headings) == sorted(OWN_COMMANDS)


@pytest.mark.parametrize("name", sorted(OWN_COMMANDS))
def test_every_option_of_a_command_is_described_and_no_other(name: str) -> None:
    (heading,) = re.findall(rf"^### emdewar {name} [A-Z].*$", text_of(REFERENCE), re.MULTILINE)

    described = section(text_of(REFERENCE), heading)

    assert _described(described) == _options(OWN_COMMANDS[name])


@pytest.mark.parametrize(
    ("heading", "main"),
    [
        ("## python -m deployments.apply SITE.json", apply.main),
        ("## python -m deployments.drop_watch", drop_watch.main),
        ("## python -m deployments.demo", demo.main),
    ],
    ids=["apply", "drop_watch", "demo"],
)
def test_every_option_of_a_program_is_described_and_no_other(heading: str, main: Callable[..., None]) -> None:
    assert _described(section(text_of(REFERENCE), heading)) == _options(_program(main))


def test_every_command_of_the_catalog_is_described() -> None:
    described = first_cells(section(text_of(REFERENCE), "## python -m catalog_api"))

    assert sorted(described) == sorted(getattr(get_command(catalog_commands), "commands", {}))
