"""The entries of a file of job types, and what they may hold; a misspelt key must not vanish."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_Text = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int | float) else value)]
_Schema = dict[str, Any] | bool
"""A JSON schema; `true` takes everything."""


class Entry(BaseModel):
    """Base of all entries."""

    model_config = ConfigDict(extra="forbid")


class ValidateEntry(Entry):
    """`validate`: paths, each with the JSON schema that its values must fit."""

    actionType: Literal["validate"]  # noqa: N815 (SciCat's name)
    request: dict[str, _Schema] = {}
    datasets: dict[str, _Schema] = {}


class LogEntry(Entry):
    """`log`: lines for the catalog's log."""

    actionType: Literal["log"]  # noqa: N815 (SciCat's name)
    init: str = ""
    validate_: Annotated[str, Field(alias="validate")] = ""
    perform: str = "Performing job for {{job.type}}"


class ErrorEntry(Entry):
    """`error`: refuses."""

    actionType: Literal["error"]  # noqa: N815 (SciCat's name)
    message: str
    status: Literal[400, 401, 403, 404, 409, 412, 422] = 400


class EmailEntry(BaseModel):
    """`email`: only where the site does not mind that it is not sent."""

    model_config = ConfigDict(extra="ignore")

    actionType: Literal["email"]  # noqa: N815 (SciCat's name)
    ignoreErrors: bool = False  # noqa: N815 (SciCat's name)
    subject: str = ""


class FlowEntry(Entry):
    """`flow`: starts a flow; ours, not SciCat's."""

    actionType: Literal["flow"]  # noqa: N815 (SciCat's name)
    deployment: Annotated[str, Field(pattern="^[^/{}]+/[^/{}]+$")]
    each: Literal["dataset", "job"] = "dataset"
    parameters: dict[str, Any] = {}


class SwitchEntry(Entry):
    """`switch`: the actions of the first case that holds."""

    actionType: Literal["switch"]  # noqa: N815 (SciCat's name)
    phase: Literal["validate", "perform", "all"]
    property: str
    cases: list["CaseEntry"]


class CaseEntry(Entry):
    """One case: `match`, `regex`, `schema`, or none of them for "otherwise"."""

    match: str | int | float | bool | None = None
    regex: str | None = None
    schema_: Annotated[_Schema | None, Field(alias="schema")] = None
    actions: list[dict[str, Any]] = []


class OperationEntry(Entry):
    """`create` or `update`."""

    auth: str
    actions: list[dict[str, Any]] = []


class JobTypeEntry(Entry):
    """One type of job; `claims` is ours, not SciCat's."""

    jobType: Annotated[str, Field(min_length=1)]  # noqa: N815 (SciCat's name)
    claims: Literal["archive", "retrieve"] | None = None
    create: OperationEntry
    update: OperationEntry


class FileEntry(Entry):
    """The file."""

    configVersion: _Text  # noqa: N815 (SciCat's name)
    jobs: list[JobTypeEntry]


ACTIONS: dict[str, type[BaseModel]] = {
    "validate": ValidateEntry,
    "log": LogEntry,
    "error": ErrorEntry,
    "switch": SwitchEntry,
    "flow": FlowEntry,
    "email": EmailEntry,
}
"""The actions that can be named."""

BELOW: dict[str, type[BaseModel]] = {
    "jobs": JobTypeEntry,
    "create": OperationEntry,
    "update": OperationEntry,
    "cases": CaseEntry,
}
"""What stands below a key."""
