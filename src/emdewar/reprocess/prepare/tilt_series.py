"""The tilt series of a dataset, tilt by tilt in the order of taking, with the dose that the specimen had had before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from emdewar.errors import RefusedError
from emdewar.formats.frame_names import split_name, tilt_frame
from emdewar.formats.mdoc_images import MdocImage, images_of
from emdewar.formats.serialem import Mdoc, read_mdoc
from emdewar.oscem.findings import Finding, files_finding, some_names
from emdewar.oscem.mdoc_dose import of_exposure, of_frames
from emdewar.oscem.mdoc_groups import grouped
from emdewar.reprocess.prepare.choice import EVERYTHING, Chosen, FileChoice, choose
from emdewar.reprocess.prepare.facts import UNKNOWN_VALUES, Facts

_WHOLE_DOSE = "dose_per_movie"


@dataclass(frozen=True)
class Tilt:
    """One tilt whose movie is there.

    Attributes:
        movie: Name of its movie in the dataset.
        angle_deg: Of the stage.
        dose_e_per_a2: Of this exposure.
        prior_dose_e_per_a2: What the specimen had had before it.
        target_defocus_um: What was asked for; negative is underfocus.
    """

    movie: str
    angle_deg: float
    dose_e_per_a2: float
    prior_dose_e_per_a2: float
    target_defocus_um: float | None


@dataclass(frozen=True)
class SeriesDocuments:
    """The documents of one tilt series.

    Attributes:
        name: Name of the series.
        mdocs: One, or one for each tilt.
    """

    name: str
    mdocs: tuple[Mdoc, ...]

    @property
    def images(self) -> list[MdocImage]:
        """All images."""
        return [image for mdoc in self.mdocs for image in images_of(mdoc)]


def choose_series(
    files: Mapping[str, Path], choice: FileChoice = EVERYTHING
) -> tuple[Chosen, list[SeriesDocuments], list[Finding]]:
    """Read the `.mdoc` files of a dataset and choose tilt series; patterns are compared with their first document.

    Args:
        files: Where each file is, by its name in the dataset.
        choice: Which series.

    Raises:
        RefusedError: There is no tilt series, or none that was asked for.
        UnavailableError: A document cannot be read now.
    """
    documents: dict[str, Mdoc] = {}
    unreadable: list[str] = []
    for name in sorted(name for name in files if split_name(name)[1] == ".mdoc"):
        try:
            documents[name] = read_mdoc(files[name])
        except RefusedError:
            unreadable.append(name)
    names = {id(mdoc): name for name, mdoc in documents.items()}
    series = {
        names[id(mdocs[0])]: SeriesDocuments(name, tuple(mdocs))
        for name, mdocs in grouped(list(documents.values())).series.items()
    }
    chosen = choose(series, choice, "tilt series with an .mdoc")
    found = files_finding("a readable mdoc", unreadable, "*.mdoc")
    return chosen, [series[name] for name in chosen.names], found


def movies_of(series: SeriesDocuments, names: Sequence[str]) -> dict[str, str]:
    """Find the movies of a tilt series among the files of a dataset: by last part, letter case counts for nothing.

    Returns:
        Name in the dataset by the lower-case name in the document; those that are nowhere are left out.

    Raises:
        RefusedError: Several files of the dataset bear the name of one movie.
    """
    listed = {image.movie.lower() for image in series.images if image.movie}
    found: dict[str, str] = {}
    for name in sorted(names):
        last = name.rpartition("/")[2].lower()
        if last in listed and found.setdefault(last, name) != name:
            msg = f"the dataset holds two movies of one name, {found[last]} and {name}; leave one out by its path"
            raise RefusedError(msg, paths=[found[last], name])
    return found


def tilts_of(
    series: SeriesDocuments, names: Sequence[str], facts: Facts, given_dose_e_per_a2: float | None
) -> tuple[list[Tilt], list[Finding]]:
    """Give the tilts of a series whose movies are there, in the order of taking.

    Args:
        series: Its documents.
        names: Files of the dataset.
        facts: What the record says; its dose is that of a tilt, for documents without any.
        given_dose_e_per_a2: A person's word on the dose of each tilt.

    Raises:
        RefusedError: Angles, doses or the order of taking are not known, or no movie is there.
    """
    images = _in_order(series)
    doses = [_dose(series, image, facts, given_dose_e_per_a2) for image in images]
    before = _prior(images) if given_dose_e_per_a2 is None else None
    prior = before or [0.0, *accumulate(doses)][:-1]
    there = movies_of(series, names)
    tilts = [
        Tilt(there[image.movie.lower()], _angle(series, image), dose, had, image.target_defocus_um)
        for image, dose, had in zip(images, doses, prior, strict=True)
        if image.movie and image.movie.lower() in there
    ]
    missing = [image.movie or f"section {image.name}" for image in images if (image.movie or "").lower() not in there]
    if not tilts:
        msg = f"none of the movies of {series.name} is in the dataset: {some_names(missing)}; RELION begins with movies"
        raise RefusedError(msg)
    return tilts, files_finding("the movie of each tilt", missing, series.name)


def _in_order(series: SeriesDocuments) -> list[MdocImage]:
    """Sort by time, else by the number in the movies' names, else by the dose before: one of them must be complete."""
    images = series.images
    times = [image.taken_at for image in images if image.taken_at is not None]
    if len(times) == len(images) == len(set(times)):
        return sorted(images, key=lambda image: str(image.taken_at and image.taken_at.isoformat()))
    frames = [tilt_frame(image.movie) if image.movie else None for image in images]
    numbers = [frame.number for frame in frames if frame is not None]
    if len(numbers) == len(images) == len(set(numbers)):
        return [image for _, image in sorted(zip(numbers, images, strict=True), key=lambda pair: pair[0])]
    prior = [image.prior_dose_e_per_a2 for image in images if image.prior_dose_e_per_a2 is not None]
    if len(prior) == len(images) == len(set(prior)):
        return sorted(images, key=lambda image: image.prior_dose_e_per_a2 or 0.0)
    msg = f"neither times, names nor doses of {series.name} tell in which order its tilts were taken; leave it out"
    raise RefusedError(msg, reason=UNKNOWN_VALUES)


def _prior(images: Sequence[MdocImage]) -> list[float] | None:
    """Take the doses that SerialEM added up, if it did: an uncalibrated beam adds up to nothing."""
    prior = [image.prior_dose_e_per_a2 for image in images if image.prior_dose_e_per_a2 is not None]
    return prior if len(prior) == len(images) and prior == sorted(prior) and prior[-1] > 0 else None


def _dose(series: SeriesDocuments, image: MdocImage, facts: Facts, given_e_per_a2: float | None) -> float:
    """Give the dose at the specimen; what the camera saw behind it is none."""
    dose = given_e_per_a2 or of_exposure(image) or of_frames(image) or facts.dose_e_per_a2
    if dose is None:
        msg = (
            f"nothing says which dose the tilts of {series.name} had: neither its mdoc nor the record's {_WHOLE_DOSE}; "
            "give the dose of a tilt"
        )
        raise RefusedError(msg, reason=UNKNOWN_VALUES)
    return dose


def _angle(series: SeriesDocuments, image: MdocImage) -> float:
    if image.tilt_deg is None:
        msg = f"the mdoc of {series.name} gives no TiltAngle for {image.movie}; leave the series out"
        raise RefusedError(msg, reason=UNKNOWN_VALUES)
    return image.tilt_deg
