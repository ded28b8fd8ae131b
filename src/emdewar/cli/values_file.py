"""A JSON or TOML file with values that are given by hand: what a site or a person knows."""

import json
import tomllib
from pathlib import Path
from typing import Any

from emdewar.errors import RefusedError
from emdewar.formats.regular_file import read_regular

_DEEPEST = "nested too deep"


def read_values(path: Path) -> dict[str, Any]:
    """Read one object of a file, TOML where its name says so, else JSON.

    Raises:
        RefusedError: It is not what its name says, or holds something else than one object.
        UnavailableError: The file cannot be read now.
    """
    content = read_regular(path)
    kind = "TOML" if path.suffix.lower() == ".toml" else "JSON"
    try:
        text = content.decode("utf-8-sig")
        values = tomllib.loads(text) if kind == "TOML" else json.loads(text)
    except (ValueError, RecursionError) as error:
        why = _DEEPEST if isinstance(error, RecursionError) else error
        msg = f"{path} is no {kind}: {why}; mend the file"
        raise RefusedError(msg) from error
    if not isinstance(values, dict):
        msg = f'{path} holds no object; write one like {{"name": value}}'
        raise RefusedError(msg)
    return values
