"""Make a site known to Prefect: block types, the site's blocks, the work pool and the deployments; twice is once.

`python -m deployments.apply SITE.json` reads the site's blocks from one file and ends with `prefect deploy --all`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from blocks.catalog import CatalogApi
from blocks.facility import TARGET_BESIDE_STORES, Facility
from blocks.microscope import Microscope
from blocks.policy import ARCHIVES
from emdewar.errors import DewarError, RefusedError, UnavailableError

CHECKOUT = Path(__file__).parent.parent
WORK_POOL = "emdewar"


BlockName = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9-]*$")]
"""A name that Prefect takes: lower case, digits and dashes."""


class Site(BaseModel):
    """The blocks of a site, by name: what a site file holds.

    Attributes:
        facilities: Facility blocks.
        microscopes: Microscope blocks.
    """

    model_config = ConfigDict(extra="forbid")

    facilities: dict[BlockName, Facility]
    microscopes: dict[BlockName, Microscope]


def read_site(path: Path) -> Site:
    """Read a site file.

    Raises:
        RefusedError: It is not there or not valid; the message says where.
    """
    try:
        content = json.loads(path.read_text())
        _check_fields(path, content)
        return Site.model_validate(content)
    except FileNotFoundError as error:
        raise RefusedError(f"no site file at {path}") from error
    except json.JSONDecodeError as error:
        raise RefusedError(f"{path} is not JSON: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        msg = f"{path} has {error.error_count()} error(s), first at {where}: {first['msg']}"
        raise RefusedError(msg) from error


def _check_fields(path: Path, content: dict[str, Any]) -> None:
    """Refuse fields that no block has: a misspelt one would leave its default in force without a word."""
    for kind, block in (("facilities", Facility), ("microscopes", Microscope)):
        for name, fields in content.get(kind, {}).items():
            unknown = [
                key for model, values in _parts(block, fields) for key in values if key not in model.model_fields
            ]
            if unknown:
                raise RefusedError(
                    f"{path}: {kind}.{name} has unknown field(s) {', '.join(unknown)}; check the spelling"
                )


def _parts(block: type[BaseModel], fields: dict[str, Any]) -> Iterator[tuple[type[BaseModel], dict[str, Any]]]:
    """Give the block and those within it, each with its fields; a policy refuses unknown fields by itself."""
    yield block, {name: value for name, value in fields.items() if name != TARGET_BESIDE_STORES}
    yield CatalogApi, fields.get("catalog", {})
    for archive in fields.get("archives", []):
        model = ARCHIVES.get(str(archive.get("kind", "posix")))
        if model is not None:
            yield model, archive


def concerns(site: Site) -> list[str]:
    """Say what of the site's policies is allowed but rarely meant."""
    return [
        f"facility {name}: {concern}" for name, facility in site.facilities.items() for concern in facility.concerns()
    ]


def save_blocks(site: Site) -> None:
    """Write the site's blocks to the Prefect server, over older ones of the same name."""
    for name, facility in site.facilities.items():
        facility.save(name, overwrite=True)
    for name, microscope in site.microscopes.items():
        microscope.save(name, overwrite=True)


def create_work_pool() -> None:
    """Create the work pool unless it is there."""
    with get_client(sync_client=True) as client:
        try:
            client.create_work_pool(WorkPoolCreate(name=WORK_POOL, type="process"))
        except ObjectAlreadyExists:
            return


def deploy() -> None:
    """Bring the deployments of `prefect.yaml` to the server.

    Raises:
        UnavailableError: `prefect deploy` failed; the message is its own.
    """
    done = subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"],
        cwd=CHECKOUT,
        env={**os.environ, "EMDEWAR_HOME": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        msg = f"prefect deploy failed with exit code {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        raise UnavailableError(msg)


def main(site: Annotated[Path, typer.Argument(help="File with the site's blocks, JSON.")]) -> None:
    """Make a site known to Prefect; running it again changes nothing that is the same."""
    try:
        blocks = read_site(site)
        create_work_pool()
        save_blocks(blocks)
        deploy()
    except DewarError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    for concern in concerns(blocks):
        typer.echo(f"note: {concern}", err=True)
    typer.echo(
        f"{len(blocks.facilities)} facilities, {len(blocks.microscopes)} microscopes and all deployments are in place"
    )


if __name__ == "__main__":
    typer.run(main)
