"""Which suites are run, how they are fetched, and what they expect of a server."""

import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[3]
REQUIREMENTS = ROOT / "requirements" / "conformance.txt"
PLUGINS = Path(__file__).parent
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")
HASHED = ("--no-deps", "--require-hashes", "-r", str(REQUIREMENTS))

PASSWORDS = {
    "ingestor": "aman",
    "user1": "a609316768619f154ef58db4d847b75e",
    "user2": "f522d1d715970073a6413474ca0e0f63",
    "user3": "70dc489e8ee823ae815e18d664424df2",
    "user4": "0014890e7020f515b92b767227ef2dfa",
    "user5.1": "359a5fda99bfe5dbc42ee9b3ede77fb7",
    "user5.2": "f3ebd2e4def95db59ef95ee32ef45242",
}
"""SciCat's example accounts, which both suites log in with; public, and good for nothing else."""
GROUPS = {name: name.partition(".")[0].replace("user", "group") for name in PASSWORDS}
EMAILS = {name: "scicatingestor@your.site" if name == "ingestor" else f"{name}@your.site" for name in PASSWORDS}
ACCOUNTS = [
    {"username": name, "password": password, "email": EMAILS[name], "role": GROUPS[name]}
    for name, password in PASSWORDS.items()
]


@dataclass(frozen=True)
class Suite:
    """One suite: what pytest is told, what the server is told, and which tests must have passed.

    Attributes:
        must_pass: Beginnings of test ids, with the number of tests that must pass under each.
    """

    name: str
    distribution: str
    arguments: tuple[str, ...]
    must_pass: dict[str, int]
    environment: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)


_LIVE = (PLUGINS / "live_tests.txt").read_text().split()
_SCITACEAN = ("-p", "scitacean_live", "--backend-tests", "-n", "0")
_SCITACEAN_SERVER = {"PID_PREFIX": "PID.prefix.a0b1", "ADMIN_GROUPS": ""}

SUITES = (
    Suite(
        "scitacean, all of it",
        "scitacean-26.10.1",
        # These need a Keycloak.
        (*_SCITACEAN, "--deselect", "tests/auth/oauth_scicat_test.py"),
        dict.fromkeys(_LIVE, 1),
        settings=_SCITACEAN_SERVER,
    ),
    Suite(
        "scitacean, the queries it skips",
        "scitacean-26.10.1",
        (*_SCITACEAN, "tests/client/query_client_test.py"),
        {"tests/client/query_client_test.py": 11},
        {"QUERY_TESTS": "1"},
        _SCITACEAN_SERVER,
    ),
    Suite(
        "pyscicat, integration",
        "pyscicat-0.4.8",
        # Else our own configuration, further up, would be read.
        ("-p", "no:randomly", "-c", "/dev/null", "--rootdir", ".", "tests/tests_integration/tests_integration.py"),
        {"tests/tests_integration/tests_integration.py": 4},
        {"SCICAT_USER": "ingestor", "SCICAT_PASSWORD": PASSWORDS["ingestor"]},
        {"ADMIN_GROUPS": "admin,ingestor"},
    ),
)


def fetch(folder: Path) -> Path:
    """Install the clients and unpack their tests into a folder; gives its Python.

    What is there already, from the same locked requirements, is kept.
    """
    python, done = folder / "environment" / "bin" / "python", folder / "requirements.txt"
    if done.is_file() and done.read_bytes() == REQUIREMENTS.read_bytes():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder / "environment"], check=True)
    subprocess.run([python, *PIP, "install", *HASHED], check=True)
    names = {suite.distribution.partition("-")[0] for suite in SUITES}
    sources = ["--no-build-isolation", "--no-binary", ",".join(sorted(names)), "--dest", str(folder)]
    subprocess.run([python, *PIP, "download", *HASHED, *sources], check=True)
    for distribution in {suite.distribution for suite in SUITES}:
        with tarfile.open(folder / f"{distribution}.tar.gz") as archive:
            archive.extractall(folder, filter="data")
        _hide_the_package(folder / distribution)
    shutil.copy(REQUIREMENTS, done)
    return python


def _hide_the_package(folder: Path) -> None:
    """Let the tests import the installed client, which is complete, and not the source beside them."""
    for name in ("src", folder.name.partition("-")[0]):
        if (folder / name).is_dir():
            shutil.rmtree(folder / name)
