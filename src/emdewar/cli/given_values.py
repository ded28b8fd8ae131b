"""What a site and a person know, as files on the command line give it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from emdewar.cli.values_file import read_values
from emdewar.errors import RefusedError
from emdewar.oscem.findings import Finding
from emdewar.oscem.person import PersonValues, person_of
from emdewar.oscem.site import SiteValues


def given_site(path: Path | None, options: Mapping[str, Any]) -> SiteValues:
    """Take the site's file, and the options before it.

    Raises:
        RefusedError: It is no such file, or holds something that no site has.
        UnavailableError: The file cannot be read now.
    """
    values = read_values(path) if path else {}
    try:
        return SiteValues.model_validate({**values, **options})
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        msg = f"{path or 'the options'}: {faults}; see the reference of the Microscope block for what a site can say"
        raise RefusedError(msg) from error


def given_person(path: Path) -> tuple[PersonValues, list[Finding]]:
    """Take a person's file; who it is stands in it as `name`, else the file's own name counts.

    Raises:
        RefusedError: It is no such file.
        UnavailableError: The file cannot be read now.
    """
    values = read_values(path)
    name = values.pop("name", None)
    return person_of(values, name=name if isinstance(name, str) else path.name)
