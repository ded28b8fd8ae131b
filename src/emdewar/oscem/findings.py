"""What a person should look at: values that are missing, unreadable or contradict each other."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

FIRST_NAMES = 5
"""How many names a finding lists; the rest is only counted."""


class Finding(BaseModel):
    """One thing that is not as it should be.

    Attributes:
        path: The OSC-EM slot concerned, in full (`acquisition.detectors.0.name`), or `files`.
        expectation: What was expected there.
        value: What was found.
        source: Where it was found, as `file name: field` or a folder; of what is missing, who can supply it.
    """

    model_config = ConfigDict(frozen=True)

    path: str
    expectation: str
    value: str
    source: str


def some_names(names: Sequence[str]) -> str:
    """Count names and list the first, e.g. `7: a, b, c, d, e, ...`."""
    more = ", ..." if len(names) > FIRST_NAMES else ""
    return f"{len(names)}: {', '.join(names[:FIRST_NAMES])}{more}"


def first_and_more(names: Sequence[str]) -> str:
    """Name the first file and count the others."""
    if not names:
        return "no file"
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def files_finding(expectation: str, names: Sequence[str], source: str) -> list[Finding]:
    """Give one finding for all files that break one expectation, or none."""
    return [Finding(path="files", expectation=expectation, value=some_names(names), source=source)] if names else []


def varying(path: str, values: Sequence[object], source: str) -> list[Finding]:
    """Give a finding if a value that should be constant was not."""
    if len(values) <= 1:
        return []
    text = " / ".join(str(value) for value in values[:FIRST_NAMES])
    return [Finding(path=path, expectation="one value over the whole session", value=text, source=source)]
