"""A facility made up for the benchmark: its groups, and what its datasets say, in OSC-EM as our own flows write it."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from catalog_api.search import with_si
from catalog_api.search.words import words
from catalog_api.tables import DatasetRow
from emdewar.oscem.records import (
    Acquisition,
    Detector,
    EnergyFilter,
    ImageSize,
    Instrument,
    Microscope,
    OscemRecord,
    TiltAngle,
)
from emdewar.oscem.units import extent, quantity

GROUPS = [f"p{number:02}" for number in range(1, 31)]
MEMBERS_GROUP, SMALL_GROUP = "p05", "p30"
SMALL_DATASETS, PUBLISHED_DATASETS = 400, 1500
"""Fixed, however large the catalog: what the small group sees is the same in all of them."""

PROTEINS = (
    "apoferritin",
    "ribosome",
    "proteasome",
    "nucleosome",
    "spliceosome",
    "capsid",
    "spike",
    "hemoglobin",
    "tubulin",
    "dynein",
    "kinesin",
    "actin",
    "myosin",
    "titin",
    "clathrin",
    "nanodisc",
    "transporter",
    "channel",
    "receptor",
    "polymerase",
    "helicase",
    "ligase",
    "synthase",
    "reductase",
)
TISSUES = (
    "lamella",
    "synapse",
    "cilium",
    "mitochondrion",
    "chloroplast",
    "nucleus",
    "vesicle",
    "membrane",
    "axon",
    "sperm",
)
DETECTORS = ("Falcon 4i", "Falcon 3", "BioQuantum K3", "K2 Summit", "Apollo")
SOFTWARE = ("EPU 3.4.0.5704", "EPU 2.12.1", "SerialEM 4.1.0", "TOMOGRAPHY 5.18")
PIXEL_SIZES_A = (0.35, 0.5, 0.645, 0.73, 0.83, 1.06, 1.35, 1.7, 2.13, 2.68, 3.4, 4.3)
YEARS_FIRST = datetime(2021, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Dataset:
    """What is one dataset's own; all else comes from its kind."""

    pid: str
    kind: int
    name: str
    owner_group: str
    access_groups: tuple[str, ...]
    created_at: datetime
    is_published: bool
    words: str


def kinds(count: int) -> Iterator[DatasetRow]:
    """Make kinds of datasets: everything but the identifier, name, groups and time."""
    chance = random.Random(1)
    for number in range(count):
        yield _kind(f"kind/{number}", chance)


def datasets(count: int, kind_count: int) -> Iterator[Dataset]:
    """Make datasets, in the order of their identifiers, which are random like real ones."""
    chance = random.Random(2)
    pids = sorted(f"20.500.11935/{chance.getrandbits(128):032x}" for _ in range(count))
    small, published = set(_some(chance, count, SMALL_DATASETS)), set(_some(chance, count, PUBLISHED_DATASETS))
    others = [group for group in GROUPS if group != SMALL_GROUP]
    for number, pid in enumerate(pids):
        group = SMALL_GROUP if number in small else chance.choice(others)
        guests = (chance.choice(others),) if group != SMALL_GROUP and chance.random() < 0.2 else ()  # noqa: PLR2004
        name = f"{chance.choice(PROTEINS)} grid {chance.randrange(1, 5)} session {number}"
        created = YEARS_FIRST + timedelta(milliseconds=chance.randrange(5 * 365 * 86_400_000))
        found = " ".join(words(f"{pid} {name} {group}"))
        kind = chance.randrange(kind_count)
        yield Dataset(pid, kind, name, group, guests, created, number in published, found)


def _some(chance: random.Random, count: int, wanted: int) -> list[int]:
    return chance.sample(range(count), min(wanted, count // 4))


def _kind(name: str, chance: random.Random) -> DatasetRow:
    tilted = chance.random() < 0.25  # noqa: PLR2004 - a quarter are tomography
    target = chance.choice(TISSUES if tilted else PROTEINS)
    technique = "cryo electron tomography" if tilted else "single particle analysis"
    return DatasetRow(
        pid=name,
        managed=True,
        type="raw" if chance.random() < 0.9 else "derived",  # noqa: PLR2004
        dataset_name=name,
        owner=chance.choice(("A. Klug", "R. Henderson", "J. Dubochet", "J. Frank", "E. Orlova")),
        contact_email="facility@example.org",
        source_folder=f"/instruments/krios{chance.randrange(1, 5)}/{chance.randrange(10_000)}",
        creation_time=YEARS_FIRST,
        creation_location=f"krios{chance.randrange(1, 7)}",
        description=f"{technique} of {target}, screening {chance.randrange(1, 30)}",
        keywords=[target, technique.split(maxsplit=1)[0], chance.choice(("test", "production", "training"))],
        proposal_ids=[f"2026{chance.randrange(400):03}"],
        sample_ids=[f"sample-{chance.randrange(5_000)}"],
        instrument_ids=[f"krios{chance.randrange(1, 7)}"],
        techniques=[{"pid": technique.replace(" ", "-"), "name": technique}],
        scientific_metadata=with_si(_oscem(chance, tilted=tilted)),
        owner_group="none",
        size=chance.randrange(10**9, 10**13),
        number_of_files=chance.randrange(100, 50_000),
        archive_status_message=chance.choice(("datasetCreated", "datasetOnArchiveDisk", "datasetOnArchiveDisk")),
    )


def _oscem(chance: random.Random, *, tilted: bool) -> dict[str, Any]:
    width = chance.choice((4096, 5760, 11520))
    lowest, highest = chance.randrange(-35, -12) * 100, chance.randrange(-12, -3) * 100
    tilts = extent(-60.0, 60.0, "deg") if tilted else None
    step = quantity(chance.choice((1.0, 2.0, 3.0)), "deg")
    acquisition = Acquisition(
        technique="cellular_tomo" if tilted else "spa",
        microscope_software=chance.choice(SOFTWARE),
        detectors=(Detector(name=chance.choice(DETECTORS), mode="COUNTING"),),
        pixel_size=quantity(round(chance.choice(PIXEL_SIZES_A) * chance.uniform(0.98, 1.02), 4), "Å"),
        image_size=ImageSize(width=width, height=width * 3 // 4),
        dose_per_movie=quantity(round(chance.uniform(1.5, 60), 2), "e/Å^2"),
        exposure_time=quantity(round(chance.uniform(0.3, 8), 2), "s"),
        frames_per_movie=chance.randrange(5, 80),
        images_generated=chance.randrange(41, 20_000),
        nominal_defocus=extent(lowest, highest, "nm"),
        nominal_magnification=chance.choice((42_000, 64_000, 81_000, 105_000, 130_000, 165_000)),
        energy_filter=EnergyFilter(used=True, width_energy_filter=_given(chance.choice((0.0, 10.0, 20.0)), "eV")),
        tilt_angle=None if tilts is None or step is None else TiltAngle(**dict(tilts), increment=step),
    )
    instrument = Instrument(
        microscope=Microscope(model=f"TITAN5233{chance.randrange(6):04}"),
        illumination="FLOOD BEAM",
        imaging="BRIGHT FIELD",
        electron_source="FIELD EMISSION GUN",
        acceleration_voltage=quantity(chance.choice((200.0, 300.0)), "kV"),
        c2_aperture=quantity(chance.choice((30.0, 50.0, 70.0)), "um"),
        cs=quantity(2.7, "mm"),
    )
    return OscemRecord(acquisition=acquisition, instrument=instrument).as_dict()


def _given(value: float, unit: str) -> Any:  # noqa: ANN401 - a value has its quantity, and the type cannot say so
    return quantity(value, unit)
