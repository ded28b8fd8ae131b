"""The sentences and words that views need and records do not hold."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from emdewar.amounts import show_bytes
from emdewar.oscem.views.measured import Measured, measured
from emdewar.records import Dataset

TECHNIQUES: Final = {
    "spa": "single-particle cryo-electron microscopy",
    "subtomo": "cryo-electron tomography, subtomogram averaging",
    "cellular_tomo": "cellular cryo-electron tomography",
    "env_tomo": "environmental cryo-electron tomography",
    "general": "electron microscopy",
}
"""What each module of OSC-EM is called."""

SHORTEST, LONGEST = 50, 5000
"""Characters of a description: Google's dataset search refuses shorter and longer ones."""

_TOLD = {
    "instrument.microscope.model": "microscope {}",
    "acquisition.detectors.0.name": "detector {}",
    "instrument.acceleration_voltage": "{}",
    "acquisition.pixel_size": "pixel {}",
    "acquisition.dose_per_movie": "dose {} per movie or tilt",
    "acquisition.nominal_defocus": "nominal defocus {}",
    "acquisition.tilt_angle": "tilts {}",
    "acquisition.images_generated": "{} movies or tilts",
}


def technique(record: Mapping[str, Any]) -> str:
    """Name the technique."""
    return TECHNIQUES.get(str(_at(record, "acquisition", "technique")), TECHNIQUES["general"])


def description(dataset: Dataset, record: Mapping[str, Any]) -> str:
    """Give the dataset's description, completed by facts where it is too short to be found by."""
    written = (dataset.description or dataset.dataset_name).strip()
    if len(written) < SHORTEST:
        written = f"{written.rstrip('.')}. {_facts(dataset, record)}"
    return written if len(written) <= LONGEST else f"{written[: LONGEST - 3]}..."


def methods(record: Mapping[str, Any]) -> str:
    """Say in one sentence how the data were taken."""
    told = (form.format(shown(value)) for value in _told(record) if (form := _TOLD.get(value.path)))
    text = technique(record)
    return f"{', '.join((text[0].upper() + text[1:], *told))}."


def keywords(dataset: Dataset, record: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the dataset's keywords, with technique and sample, each once."""
    found = (*dataset.keywords, technique(record), "electron microscopy", *_names_of_sample(record))
    return tuple(dict.fromkeys(word.strip() for word in found if word.strip()))


def shown(value: Measured) -> str:
    """Write a value with its unit."""
    numbers = f"{_short(value.low)} to {_short(value.high)}" if value.value is None else _short(value.value)
    return f"{numbers} {value.unit}" if value.unit else numbers


def _facts(dataset: Dataset, record: Mapping[str, Any]) -> str:
    created = f"Dataset {dataset.pid}, created on {dataset.creation_time:%Y-%m-%d}"
    files = f"{dataset.number_of_files} files, {show_bytes(dataset.size)}" if dataset.number_of_files else ""
    return " ".join((methods(record), f"{', '.join(part for part in (created, files) if part)}."))


def _told(record: Mapping[str, Any]) -> Iterator[Measured]:
    known = {value.path: value for value in measured(record)}
    return (known[path] for path in _TOLD if path in known)


def _names_of_sample(record: Mapping[str, Any]) -> Iterator[str]:
    yield from _texts(_at(record, "sample", "overall_molecule", "name_sample"))
    yield from _texts(_at(record, "sample", "name"))
    yield from _texts(_at(record, "sample", "specimen_env", "organism"))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        yield from (item for item in value if isinstance(item, str))


def _short(value: float | str | None) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _at(record: Any, *names: str) -> Any:  # noqa: ANN401 - JSON of any shape
    for name in names:
        record = record.get(name) if isinstance(record, Mapping) else None
    return record
