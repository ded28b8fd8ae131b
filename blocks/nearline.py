"""A store on tape: a folder in front of a tape library, and how the library is asked."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from blocks.named import AbsolutePath
from blocks.store import FolderArchive
from emdewar.stores.nearline import NearlineStore
from emdewar.stores.site_command import LIST, PATHS
from emdewar.stores.store import Store
from emdewar.stores.tape import TapeSystem
from emdewar.stores.tape_command import PLAIN_LINES, CommandTape, TapeCommands
from emdewar.stores.tape_command_output import Place
from emdewar.stores.tape_login import TapeLogin
from emdewar.stores.tape_pace import TapePace
from emdewar.stores.tape_rest import TapeRestApi
from emdewar.stores.tape_rest_client import TapeRestClient
from emdewar.stores.tape_simulated import SimulatedTape

MEMORY_FOLDER = ".recalls"


class _Tape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SimulatedLibrary(_Tape):
    """A tape library simulated in a folder."""

    kind: Literal["simulated"] = Field(default="simulated", description="What it is.")
    folder: AbsolutePath = Field(description="The folder that is the tape.", examples=["/archive/tape"])
    migrate_after_s: float = Field(default=10, ge=0, description="Age at which a file goes to tape, in seconds.")
    evict_after_s: float = Field(default=300, ge=0, description="How long it stays on disk then, in seconds.")
    disk_bytes: int | None = Field(default=None, gt=0, description="Size of the disk in front; none means no limit.")
    mount_s: float = Field(default=15, ge=0, description="Time to mount the tape, in seconds.")
    wind_s: float = Field(default=0.5, ge=0, description="Time to wind past one file, in seconds.")
    bytes_per_s: int = Field(default=300_000_000, gt=0, description="Speed of the drive.")

    def system(self, root: Path, memory: Path) -> TapeSystem:  # noqa: ARG002 - it remembers by itself
        """Open it."""
        pace = TapePace(
            migrate_after=timedelta(seconds=self.migrate_after_s),
            evict_after=timedelta(seconds=self.evict_after_s),
            disk_bytes=self.disk_bytes,
            mount=timedelta(seconds=self.mount_s),
            wind=timedelta(seconds=self.wind_s),
            bytes_per_s=self.bytes_per_s,
        )
        return SimulatedTape(root, self.folder, pace)


class SiteCommands(_Tape):
    """A tape system that is asked by the site's commands; `{paths}` and `{list}` stand for the files."""

    kind: Literal["command"] = Field(description="What it is.")
    locate: tuple[str, ...] = Field(
        min_length=1, description="Says where files are.", examples=[["dmls", "-l", "{paths}"]]
    )
    stage: tuple[str, ...] = Field(
        min_length=1, description="Asks for files from tape.", examples=[["dmget", "{paths}"]]
    )
    release: tuple[str, ...] | None = Field(default=None, min_length=1, description="Lets files leave the disk.")
    pattern: str | None = Field(
        default=PLAIN_LINES,
        description="Regular expression for what `locate` writes, with the groups `state` and `path`; none means JSON.",
    )
    words: dict[str, Place] = Field(default={}, description="The site's words for where a file is, in our words.")
    stage_waits: bool = Field(default=False, description="Whether `stage` ends only when the files are back.")
    limit_s: float = Field(default=60, gt=0, description="How long a command may take, in seconds.")
    files_per_command: int = Field(default=500, gt=0, description="How many files one command is given.")

    @field_validator("locate", "stage", "release")
    @classmethod
    def _names_the_files(cls, command: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if command is not None and not any(argument == PATHS or LIST in argument for argument in command):
            raise ValueError(f"{command[0]} is not told which files: give it {PATHS} or {LIST} as an argument")
        return command

    @field_validator("pattern")
    @classmethod
    def _has_its_groups(cls, pattern: str | None) -> str | None:
        try:
            groups = re.compile(pattern).groupindex.keys() if pattern is not None else {"path", "state"}
        except re.error as error:
            raise ValueError(f"the pattern is no regular expression: {error}") from error
        if not groups >= {"path", "state"}:
            raise ValueError("the pattern needs the groups (?P<path>...) and (?P<state>...)")
        return pattern

    def system(self, root: Path, memory: Path) -> TapeSystem:
        """Open it."""
        commands = TapeCommands(
            locate=self.locate,
            stage=self.stage,
            release=self.release,
            pattern=self.pattern,
            words=self.words,
            stage_waits=self.stage_waits,
            limit=timedelta(seconds=self.limit_s),
            files_per_command=self.files_per_command,
        )
        return CommandTape(root, commands, memory)


class TapeRest(_Tape):
    """A tape system that speaks the WLCG Tape REST API."""

    kind: Literal["rest"] = Field(description="What it is.")
    url: str = Field(description="Where it can be discovered.", examples=["https://tape.example.org:8443"])
    prefix: str = Field(description="The folder's path in the tape system's name space.", examples=["/pnfs/em"])
    token: SecretStr | None = Field(default=None, description="Bearer token.")
    token_file: AbsolutePath | None = Field(default=None, description="File with a bearer token that is renewed.")
    certificate: AbsolutePath | None = Field(default=None, description="Client certificate (PEM).")
    key: AbsolutePath | None = Field(default=None, description="Its key, where that is another file.")
    authorities: AbsolutePath | None = Field(default=None, description="Certificates to trust; none: the system's.")

    def system(self, root: Path, memory: Path) -> TapeSystem:  # noqa: ARG002 - it knows the folder by its prefix
        """Open it."""
        login = TapeLogin(self.token, self.token_file, self.certificate, self.key, self.authorities)
        return TapeRestApi(TapeRestClient(self.url, login), self.prefix, memory)


class NearlineArchive(FolderArchive):
    """A folder that keeps datablocks on tape."""

    _block_type_name: ClassVar[str] = "EM Dewar Nearline Archive"
    _block_type_slug: ClassVar[str] = "emdewar-nearline-archive"
    _description: ClassVar[str] = "A folder in front of a tape library that keeps datablocks."

    kind: Literal["nearline"] = Field(default="nearline", description="Tells it from the other kinds of stores.")
    store_name: str = Field(description="Name of the store on record; never reuse it.", examples=["archive-tape-1"])
    root: AbsolutePath = Field(description="The folder in front of the tape.", examples=["/hsm/emdewar"])
    tape: Annotated[SimulatedLibrary | SiteCommands | TapeRest, Field(discriminator="kind")] = Field(
        description="How the tape system is asked."
    )
    shows_stubs: bool = Field(
        default=True, description="Whether a file that is on tape only has fewer blocks than bytes."
    )
    memory_folder: AbsolutePath | None = Field(
        default=None, description="Folder for what was recalled, which all workers see; none means one in the folder."
    )

    @property
    def folders(self) -> list[Path]:
        """Folders that nobody may restore into."""
        return [*super().folders, self.tape.folder] if isinstance(self.tape, SimulatedLibrary) else super().folders

    def store(self) -> Store:
        """Open the store."""
        tape = self.tape.system(self.root, self.memory_folder or self.root / MEMORY_FOLDER)
        return NearlineStore(self.store_name, self.root, tape, shows_stubs=self.shows_stubs, mounted_at=self.mounted_at)
