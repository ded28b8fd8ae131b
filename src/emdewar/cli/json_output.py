"""What a command prints for other programs."""

import json

import typer


def echo_json(content: object) -> None:
    """Print one JSON value, with bytes of a name that are no UTF-8 as the escapes that JSON has for them."""
    text = json.dumps(content, indent=2, ensure_ascii=False)
    typer.echo(text.encode("utf-8", "backslashreplace").decode())
