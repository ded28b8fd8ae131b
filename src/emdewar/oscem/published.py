"""The published JSON Schemas of OSC-EM v1.0.2, one for each technique; kept beside this file with their licence.

Source: https://w3id.org/oscem-schemas (BSD-3-Clause).
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

VERSION: Final = "1.0.2"
MODULES: Final = ("spa", "subtomo", "cellular_tomo", "env_tomo", "general")
"""The schemas there are, by the technique each is for."""

_FOLDER = Path(__file__).parent / "schemas_v1_0_2"


@cache
def schema_document(module: str) -> dict[str, Any]:
    """Give the published schema of one of `MODULES`; shared, so not to be changed."""
    text = (_FOLDER / f"oscem_schemas_{module}.schema.json").read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def schema_address(module: str) -> str:
    """Give the address by which the catalog knows a schema, as datasets name it."""
    return f"https://w3id.org/oscem-schemas/v{VERSION}/{module}/jsonschema/oscem_schemas_{module}.schema.json"
