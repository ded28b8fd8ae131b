"""The file that describes a pipeline: YAML, checked to the last word."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final, Literal, Self, cast

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from emdewar.errors import RefusedError, UnavailableError
from emdewar.reprocess.run.job_types import JOB_TYPES

LARGEST_FILE_BYTES: Final = 1_000_000
"""A pipeline file is written by people."""

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
Option = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]


def _plain(text: str) -> str:
    if not text.isprintable() or '"' in text:
        msg = 'RELION cannot keep a line feed, another control character or a " in a value'
        raise ValueError(msg)
    return text


def _output(text: str) -> str:
    parts = PurePosixPath(text).parts
    if len(parts) < 2 or ".." in parts or text.startswith("/"):  # noqa: PLR2004 (a step and a file)
        msg = f"{text!r} does not name a file of an earlier step, as in motion/corrected_micrographs.star"
        raise ValueError(msg)
    return _plain(text)


Value = bool | int | float | Annotated[str, AfterValidator(_plain)]


class Step(BaseModel):
    """One job.

    Attributes:
        name: Word for the step, unique in the pipeline.
        job: Type of a RELION job, one of `JOB_TYPES`; this or `program`.
        program: A program to be run as it is.
        arguments: Of the program; `{folder}` stands for its folder, `{word}` for the file of that input.
        has_exit_marker: Whether the program understands `--pipeline_control`; its exit code counts otherwise.
        parameters: Options of the RELION job, by their names in job.star; what is not given is RELION's default.
        inputs: Option, or word in the arguments, and the file of an earlier step: `motion/corrected_micrographs.star`;
            `*` in the file's name gives the last in the order of names.
        threads: Threads of each process.
        mpi: MPI processes.
        timeout_min: Longest time in minutes, waiting in a queue included; None for no limit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    job: Literal[tuple(JOB_TYPES)] | None = None  # type: ignore[valid-type]
    program: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_./+-]+$")] | None = None
    arguments: tuple[str, ...] = ()
    has_exit_marker: bool = False
    parameters: dict[Option, Value] = Field(default_factory=dict)
    inputs: dict[Option, Annotated[str, AfterValidator(_output)]] = Field(default_factory=dict)
    threads: int | None = Field(default=None, ge=1, le=1024)
    mpi: int | None = Field(default=None, ge=1, le=4096)
    timeout_min: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.job is None) == (self.program is None):
            msg = "a step has either a job or a program"
            raise ValueError(msg)
        if self.job is not None and (self.arguments or self.has_exit_marker):
            msg = "arguments and has_exit_marker belong to a program; a job has parameters"
            raise ValueError(msg)
        if self.program is not None and self.parameters:
            msg = "parameters belong to a job; a program has arguments"
            raise ValueError(msg)
        both = sorted(set(self.parameters) & (set(self.inputs) | _OURS))
        if both:
            msg = f"{both[0]} is given by inputs, threads, mpi or the launcher; leave it out of the parameters"
            raise ValueError(msg)
        return self

    def earlier_steps(self) -> tuple[str, ...]:
        """Name the steps whose files it takes."""
        return tuple(dict.fromkeys(PurePosixPath(file).parts[0] for file in self.inputs.values()))


_OURS: Final = frozenset({"nr_threads", "nr_mpi", "do_queue", "qsub", "qsubscript"})


class PipelineFile(BaseModel):
    """A pipeline.

    Attributes:
        name: Word for the pipeline; what was run is remembered in the project under it.
        program_folder: Folder of RELION's programs; None for those on PATH.
        steps: In the order in which they run.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    program_folder: str | None = None
    steps: tuple[Step, ...] = Field(min_length=1, max_length=1000)

    @model_validator(mode="after")
    def _steps_follow(self) -> Self:
        known: set[str] = set()
        for step in self.steps:
            if step.name in known:
                msg = f"two steps are called {step.name}"
                raise ValueError(msg)
            unknown = [name for name in step.earlier_steps() if name not in known]
            if unknown:
                msg = f"step {step.name} takes a file of {unknown[0]}, which is no earlier step"
                raise ValueError(msg)
            known.add(step.name)
        return self

    def step(self, name: str) -> Step:
        """Give a step.

        Raises:
            RefusedError: There is none of that name.
        """
        for step in self.steps:
            if step.name == name:
                return step
        msg = f"the pipeline {self.name} has no step {name}; it has {', '.join(step.name for step in self.steps)}"
        raise RefusedError(msg)


class _Loader(yaml.SafeLoader):
    """Plain values only; a word that is there twice is an error, not the last of them."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        word = str(key.value)
        if word in seen:
            raise yaml.constructor.ConstructorError(None, None, f"{word} is there twice", key.start_mark)
        seen.add(word)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_pipeline_file(path: Path) -> PipelineFile:
    """Read and check a pipeline file.

    Raises:
        UnavailableError: It cannot be read.
        RefusedError: It is not what it should be; the message names the line or the step.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        msg = f"cannot read the pipeline file {path}: {error.strerror}; look at its path and permissions"
        raise UnavailableError(msg) from error
    if len(content) > LARGEST_FILE_BYTES:
        msg = f"{path} is larger than {LARGEST_FILE_BYTES:,} bytes; a pipeline file describes steps, it holds no data"
        raise RefusedError(msg)
    return _checked(path, _parsed(path, content))


def _parsed(path: Path, content: bytes) -> object:
    try:
        return cast("object", yaml.load(content, Loader=_Loader))  # noqa: S506 (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        msg = f"{path} is no YAML at {where}: {error.problem}; mend that line"
        raise RefusedError(msg) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        what = (str(error).splitlines() or ["it is nested too deep"])[0]
        msg = f"{path} is no YAML in UTF-8: {what}"
        raise RefusedError(msg) from error


def _checked(path: Path, content: object) -> PipelineFile:
    try:
        return PipelineFile.model_validate(content)
    except ValidationError as error:
        first = "; ".join(_faults(error, content))
        msg = f"{path} is no pipeline: {first}"
        raise RefusedError(msg) from error


def _faults(error: ValidationError, content: object) -> Iterator[str]:
    """Say each fault in one line, with the name of the step rather than its number."""
    for fault in error.errors()[:5]:
        where = list(fault["loc"])
        if where[:1] == ["steps"] and len(where) > 1 and isinstance(content, dict):
            step = content["steps"][where[1]]
            name = step.get("name") if isinstance(step, dict) else None
            where[:2] = [f"step {name or int(where[1]) + 1}"]
        place = ", ".join(str(part) for part in where)
        yield f"{place}: {fault['msg']}" if place else fault["msg"]
