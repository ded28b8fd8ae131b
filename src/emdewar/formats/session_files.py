"""What lies in a session folder, sorted by what it is: one walk for metadata, completeness and thumbnails.

Names decide, never the place: facilities flatten, merge and split the trees that EPU, Tomography and SerialEM lay out.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from emdewar.errors import RefusedError, UnavailableError
from emdewar.formats.epu_names import PREVIEW_SUFFIXES, is_gain_reference, is_movie, is_movie_data, movie_stem
from emdewar.formats.frame_names import is_position_image, split_name
from emdewar.formats.regular_file import open_regular
from emdewar.formats.serialem import is_montage_head

STACK_SUFFIXES = frozenset({".mrc", ".st"})
MATERIALS_SUFFIXES = frozenset({".dm3", ".dm4", ".emd", ".prz"})
_HEAD_BYTES = 4096


@dataclass
class SessionFiles:
    """The files of a session by kind, each list in the order of their paths.

    Attributes:
        folder: The session.
        movie_xml: Metadata of movies by stem; a second copy of the same stem is passed over.
        movies: Movies by stem, of EPU, Tomography and SerialEM; tilts of a series are movies, too.
        previews: Small images (jpg, mrc, tiff) of movies by stem.
        second_copies: Metadata and movies whose stem was there before, in another folder.
        session_plans: `EpuSession.dm`.
        grid_square_plans: `GridSquare_<id>.dm`.
        tomography_plans: `Session.dm`.
        batch_plans: `BatchPositionsList.xml`.
        screening_plans: `ScreeningSession.dm`.
        samples: `Sample.dm` of a screening session.
        atlas_plans: `Atlas.dm`.
        mdocs: `.mdoc` of data: tilt series and movies.
        montages: `.mdoc` of maps.
        snapshots: `.idoc`: pictures that SerialEM took beside.
        navigators: SerialEM's `.nav`.
        stacks: MRC files that are none of the others, by lower-case name: tilt series, maps, tomograms.
        grid_squares: Images of grid squares.
        grid_square_xml: Their metadata.
        foil_holes: Images of foil holes.
        foil_hole_xml: Their metadata.
        atlases: Images of the atlas.
        atlas_xml: Their metadata, and that of the tiles.
        search_maps: Metadata of Tomography's search maps and overviews.
        position_images: Images by which Tomography finds its way to a position.
        position_xml: Their metadata, in the form of EPU's: microscope, gun and camera are those of the data.
        gain_references: Gain and dark references of the camera.
        defects: SerialEM's lists of camera defects.
        no_files: Links to nowhere, pipes, and other things that look like files and are none.
        materials: Files of materials science: Velox `.emd`, `.prz`, Gatan's `.dm3` and `.dm4` that are no reference.
    """

    folder: Path
    movie_xml: dict[str, Path] = field(default_factory=dict)
    movies: dict[str, Path] = field(default_factory=dict)
    previews: dict[str, Path] = field(default_factory=dict)
    second_copies: list[Path] = field(default_factory=list)
    session_plans: list[Path] = field(default_factory=list)
    grid_square_plans: list[Path] = field(default_factory=list)
    tomography_plans: list[Path] = field(default_factory=list)
    batch_plans: list[Path] = field(default_factory=list)
    screening_plans: list[Path] = field(default_factory=list)
    samples: list[Path] = field(default_factory=list)
    atlas_plans: list[Path] = field(default_factory=list)
    mdocs: list[Path] = field(default_factory=list)
    montages: list[Path] = field(default_factory=list)
    snapshots: list[Path] = field(default_factory=list)
    navigators: list[Path] = field(default_factory=list)
    stacks: dict[str, Path] = field(default_factory=dict)
    grid_squares: list[Path] = field(default_factory=list)
    grid_square_xml: list[Path] = field(default_factory=list)
    foil_holes: list[Path] = field(default_factory=list)
    foil_hole_xml: list[Path] = field(default_factory=list)
    atlases: list[Path] = field(default_factory=list)
    atlas_xml: list[Path] = field(default_factory=list)
    search_maps: list[Path] = field(default_factory=list)
    position_images: list[Path] = field(default_factory=list)
    position_xml: list[Path] = field(default_factory=list)
    gain_references: list[Path] = field(default_factory=list)
    defects: list[Path] = field(default_factory=list)
    materials: list[Path] = field(default_factory=list)
    no_files: list[Path] = field(default_factory=list)

    def take(self, path: Path) -> None:
        """Put one file where it belongs; what is no part of the story is passed over."""
        name = path.name
        suffix = split_name(name)[1]
        if suffix == ".xml":
            self._take_xml(path)
        elif suffix == ".dm":
            self._take_plan(path)
        elif suffix == ".mdoc":
            (self.montages if _is_montage(path) else self.mdocs).append(path)
        elif is_gain_reference(name):
            self.gain_references.append(path)
        elif is_movie(name):
            self._take_once(self.movies, path)
        elif suffix in PREVIEW_SUFFIXES and self._take_picture(path):
            return
        elif suffix in STACK_SUFFIXES:
            self.stacks.setdefault(name.lower(), path)
        else:
            self._take_note(path, suffix)

    def _take_xml(self, path: Path) -> None:
        name = path.name
        if is_movie_data(name):
            self._take_once(self.movie_xml, path)
            return
        if is_position_image(name):
            self.position_xml.append(path)
            return
        kinds = {
            "gridsquare_": self.grid_square_xml,
            "foilhole_": self.foil_hole_xml,
            "atlas_": self.atlas_xml,
            "tile_": self.atlas_xml,
            "batchpositionslist": self.batch_plans,
            "searchmap": self.search_maps,
            "overview": self.search_maps,
        }
        _append(kinds, name.lower(), path)

    def _take_plan(self, path: Path) -> None:
        kinds = {
            "epusession.dm": self.session_plans,
            "session.dm": self.tomography_plans,
            "screeningsession.dm": self.screening_plans,
            "sample.dm": self.samples,
            "atlas.dm": self.atlas_plans,
            "gridsquare_": self.grid_square_plans,
            "searchmap": self.search_maps,
        }
        _append(kinds, path.name.lower(), path)

    def _take_picture(self, path: Path) -> bool:
        name = path.name.lower()
        if is_position_image(name):
            self.position_images.append(path)
        elif is_movie_data(path.name):
            self.previews.setdefault(path.stem, path)
        else:
            kinds = {"gridsquare_": self.grid_squares, "foilhole_": self.foil_holes, "atlas_": self.atlases}
            return _append(kinds, name, path) or name.startswith(("tile_", "searchmap", "overview"))
        return True

    def _take_note(self, path: Path, suffix: str) -> None:
        if suffix == ".idoc":
            self.snapshots.append(path)
        elif suffix == ".nav":
            self.navigators.append(path)
        elif suffix in MATERIALS_SUFFIXES:
            self.materials.append(path)
        elif suffix == ".txt" and path.name.lower().startswith("defects"):
            self.defects.append(path)

    def _take_once(self, known: dict[str, Path], path: Path) -> None:
        if known.setdefault(movie_stem(path.name), path) is not path:
            self.second_copies.append(path)


def list_session_files(folder: Path) -> SessionFiles:
    """Walk a session folder and sort its files; links are not followed.

    Raises:
        UnavailableError: The folder, or one inside, cannot be listed now.
    """
    files = SessionFiles(folder)
    for path, is_file in _walk(folder):
        if is_file:
            files.take(path)
        else:
            files.no_files.append(path)
    return files


def _append(kinds: dict[str, list[Path]], name: str, path: Path) -> bool:
    """Append to the first list whose beginning the name has."""
    for beginning, paths in kinds.items():
        if name.startswith(beginning):
            paths.append(path)
            return True
    return False


def _is_montage(path: Path) -> bool:
    """Look at the first lines; what cannot be read is left to the reader, who says why."""
    try:
        with open_regular(path) as file:
            return is_montage_head(file.read(_HEAD_BYTES))
    except (RefusedError, UnavailableError):
        return False


def _walk(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Go through all files below a folder, nearest first; links to folders are passed over."""
    waiting = [folder]
    while waiting:
        where = waiting.pop()
        folders: list[Path] = []
        for entry in _entries(where):
            is_folder, is_file = _kind(entry)
            if not is_folder:
                yield where / entry.name, is_file
            elif not entry.is_symlink():
                folders.append(where / entry.name)
        waiting += reversed(folders)


def _kind(entry: os.DirEntry[str]) -> tuple[bool, bool]:
    """Tell whether it is a folder, or a file; a link in a circle, or to where nobody may look, is neither."""
    try:
        return entry.is_dir(), entry.is_file()
    except OSError:
        return False, False


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        msg = f"cannot list {folder} now: {error.strerror or error}; check the share and try again"
        raise UnavailableError(msg) from error
