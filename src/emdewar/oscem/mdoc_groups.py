"""Which `.mdoc` of a folder belong together: tilt series in one document or in one for each movie; plain movies."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from emdewar.formats.frame_names import tilt_frame
from emdewar.formats.mdoc_images import images_of
from emdewar.formats.serialem import Mdoc, MdocKind
from emdewar.oscem.mdoc_view import is_series, tilts_deg

LEAST_TILTS = 3
"""Documents of single movies whose names agree are a tilt series from this number on."""


@dataclass
class MdocGroups:
    """The documents of a folder, montages and snapshots left out.

    Attributes:
        series: The documents of each tilt series, by its name.
        movies: The documents of movies at one angle.
    """

    series: dict[str, list[Mdoc]] = field(default_factory=dict)
    movies: list[Mdoc] = field(default_factory=list)


def grouped(mdocs: Sequence[Mdoc]) -> MdocGroups:
    """Sort documents; that of a single movie which a tilt series names as well is passed over."""
    groups = MdocGroups()
    for mdoc in mdocs:
        if mdoc.kind == MdocKind.TILT_SERIES:
            groups.series[_unused(_series_name(mdoc), groups)] = [mdoc]
    known = {name for series in groups.series.values() for mdoc in series for name in _movies(mdoc)}
    single = [mdoc for mdoc in mdocs if mdoc.kind in {MdocKind.MOVIES, MdocKind.STACK}]
    fresh = [mdoc for mdoc in single if not (movies := _movies(mdoc)) or not movies <= known]
    _spread(fresh, groups)
    return groups


def _spread(mdocs: Sequence[Mdoc], groups: MdocGroups) -> None:
    """Find tilt series of which each movie has a document of its own, by the names of the movies."""
    by_name: dict[str, list[Mdoc]] = {}
    for mdoc in mdocs:
        by_name.setdefault(_frame_series(mdoc) or "", []).append(mdoc)
    for name, members in by_name.items():
        if name and len(members) >= LEAST_TILTS and is_series(tilts_deg(members)):
            groups.series[_unused(name, groups)] = members
        else:
            groups.movies += members


def _series_name(mdoc: Mdoc) -> str:
    """`TS_41.mrc.mdoc` is the document of `TS_41`."""
    stem = mdoc.path.name[: -len(mdoc.path.suffix)] if mdoc.path.suffix else mdoc.path.name
    base, dot, suffix = stem.rpartition(".")
    return base if dot and suffix.lower() in {"mrc", "st", "mrcs", "tif", "tiff", "eer"} else stem


def _unused(name: str, groups: MdocGroups) -> str:
    taken = (f"{name} ({number})" for number in range(2, len(groups.series) + 3))
    return name if name not in groups.series else next(new for new in taken if new not in groups.series)


def _movies(mdoc: Mdoc) -> set[str]:
    return {image.movie.lower() for image in images_of(mdoc) if image.movie}


def _frame_series(mdoc: Mdoc) -> str | None:
    """Name of the tilt series to which the one movie of a document belongs, if its name says so."""
    images = tuple(images_of(mdoc))
    if len(images) != 1:
        return None
    frame = tilt_frame(images[0].movie or mdoc.path.stem)
    return frame.series if frame else None
