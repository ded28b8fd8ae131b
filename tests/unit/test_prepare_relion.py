"""The real RELION as judge: it reads what was prepared, and applies the gain reference where it belongs."""

import itertools
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from emdewar.oscem.session import describe_session
from emdewar.oscem.site import SiteValues
from emdewar.reprocess.prepare.gain_turn import turn_from_words
from emdewar.reprocess.prepare.options import PrepareOptions
from emdewar.reprocess.prepare.prepared import Prepared
from emdewar.reprocess.prepare.single_particles import prepare_single_particles
from emdewar.reprocess.prepare.tomography import prepare_tomography
from emdewar.simulation import EpuSession, MovieFormat, TiltSeries, eer, write_epu_session, write_tilt_series
from emdewar.simulation.movie import encode_tiff
from tests.unit.prepare_made import (
    FRAMES,
    HEIGHT,
    WIDTH,
    counts,
    factors,
    read_mrc,
    record,
    write_movies,
    write_mrc,
    write_tiff_gain,
)

pytestmark = pytest.mark.skipif(
    not shutil.which("relion_run_motioncorr"), reason="relion_run_motioncorr is not on PATH: RELION judges nothing here"
)

EER_SIDE = 4096
"""The only size of EER that RELION 3.1 reads."""


@pytest.mark.slow
@pytest.mark.parametrize("movie_format", [MovieFormat.TIFF, MovieFormat.MRC])
def test_relion_corrects_a_simulated_session_that_was_prepared(tmp_path: Path, movie_format: MovieFormat) -> None:
    session = EpuSession(name="s", movies=3, movie_format=movie_format, width=128, height=96, frames=5)
    root = write_epu_session(tmp_path, session)
    files = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    gain = next(path for path in root.iterdir() if "ain" in path.name)
    described = describe_session(root, SiteValues(cs_mm=2.7)).record

    prepared = prepare_single_particles(tmp_path / "project", described, files, gain=gain)

    assert _printed(tmp_path / "project", "movies", "rlnMicrographMovieName") == [
        movie.path for movie in prepared.movies
    ]
    assert _printed(tmp_path / "project", "optics", "rlnMicrographOriginalPixelSize") == ["0.830000"]
    sums = _corrected(tmp_path / "project", prepared)
    assert len(sums) == 3
    assert all(one.shape == (96, 128) for one in sums)


@pytest.mark.parametrize(
    ("suffix", "turn"),
    [
        (".tiff", "none"),
        (".tiff", "flip upside down"),
        (".tiff", "rotate by 90 degrees counter-clockwise"),
        (".tiff", "flip left to right, then rotate by 90 degrees clockwise"),
        (".mrc", "none"),
        (".mrc", "rotate by 90 degrees counter-clockwise"),
    ],
)
def test_relion_multiplies_each_pixel_by_its_own_factor(tmp_path: Path, suffix: str, turn: str) -> None:
    files = write_movies(tmp_path / "raw", f"a_fractions{suffix}")
    shown = factors()
    of_camera = _unturned(shown, turn)
    gain = (
        write_tiff_gain(tmp_path / "a_gain.tiff", of_camera)
        if suffix == ".tiff"
        else write_mrc(tmp_path / "a_gain.mrc", of_camera[::-1])
    )

    prepared = prepare_single_particles(
        tmp_path / "project", record(), files, gain=gain, options=PrepareOptions(gain_turn=turn)
    )

    (corrected,) = _corrected(tmp_path / "project", prepared)
    frame = counts()[0].astype(np.float32)
    as_shown = frame if suffix == ".tiff" else frame[::-1]
    np.testing.assert_allclose(corrected, (FRAMES * as_shown * shown)[::-1], rtol=1e-3, atol=0.05)


@pytest.mark.slow
def test_relion_applies_the_camera_s_factors_to_eer_as_factors(tmp_path: Path) -> None:
    hits = np.random.default_rng(3).random((EER_SIDE, EER_SIDE)) < 0.1
    movie = tmp_path / "a_EER.eer"
    movie.write_bytes(eer.encode_movie(np.repeat(hits[np.newaxis], 3, axis=0), [("numberOfFrames", None, 3)]))
    gain = factors(EER_SIDE, EER_SIDE)
    source = write_tiff_gain(tmp_path / "a.gain", gain)
    known = record(image_size={"width": EER_SIDE, "height": EER_SIDE}, frames_per_movie=3)

    prepared = prepare_single_particles(tmp_path / "project", known, {movie.name: movie}, gain=source)

    (corrected,) = _corrected(tmp_path / "project", prepared, "--skip_defect", "--bin_factor", "1")
    seen, expected = corrected[:512, :512], (3 * hits * gain)[:512, :512]
    scale = float(corrected.mean() / (3 * hits * gain).mean())
    assert scale == pytest.approx(1, rel=0.01)
    assert np.corrcoef(seen.ravel(), expected.ravel())[0, 1] > 0.999
    struck = expected > 0
    assert np.corrcoef(seen[struck], expected[struck])[0, 1] > 0.99


def test_numbers_of_relion_turn_a_reference_as_relion_does(tmp_path: Path) -> None:
    (tmp_path / "Movies").mkdir()
    (tmp_path / "Movies/a.tiff").write_bytes(encode_tiff(counts(3, 64, 64)))
    gain = factors(64, 64)
    write_mrc(tmp_path / "gain.mrc", gain)
    files = {"a.tiff": tmp_path / "Movies/a.tiff"}
    prepare_single_particles(tmp_path / "project", record(image_size=None), files)
    shutil.copy(tmp_path / "gain.mrc", tmp_path / "project/gain.mrc")

    for rotation, flip in itertools.islice(itertools.product((1, 0, 3), (0, 1, 2)), 0, None, 2):
        numbers = ["--gain_rot", str(rotation), "--gain_flip", str(flip)]
        out = f"R{rotation}{flip}/"
        _run(tmp_path / "project", "relion_run_motioncorr", *_OWN, "--o", out, "--gainref", "gain.mrc", *numbers)
        turned = turn_from_words(" ".join(numbers)).apply(gain[::-1])[::-1]
        saved = next((tmp_path / "project" / out).glob("gain*.mrc"), tmp_path / "gain.mrc")
        np.testing.assert_array_equal(read_mrc(saved), turned)


def test_relion_reads_the_tables_of_tilt_series(tmp_path: Path) -> None:
    series = TiltSeries(max_tilt_deg=6, width=64, height=48, frames=3)
    write_tilt_series(tmp_path / "raw", series)
    raw = {path.relative_to(tmp_path / "raw").as_posix(): path for path in (tmp_path / "raw").rglob("*.*")}

    prepared = prepare_tomography(tmp_path / "project", {}, raw, options=PrepareOptions(cs_mm=2.7))

    project = tmp_path / "project"
    angles = _printed(project, "TS_01", "rlnMicrographPreExposure", table="tilt_series/TS_01.star")
    assert [float(angle) for angle in angles] == [0, 3, 6, 9, 12]
    assert _printed(project, "global", "rlnVoltage", table=prepared.table) == ["300.000000"]


_OWN = ["--i", "movies.star", "--use_own", "--j", "1"]


def _corrected(project: Path, prepared: Prepared, *more: str) -> list[np.ndarray]:
    _run(project, "relion_run_motioncorr", *_OWN, "--o", "MotionCorr/job001/", *prepared.motion_correction, *more)
    return [read_mrc(path) for path in sorted((project / "MotionCorr/job001/Movies").glob("*.mrc"))]


def _printed(project: Path, block: str, column: str, table: str = "movies.star") -> list[str]:
    done = _run(project, "relion_star_printtable", table, f"data_{block}", column)
    return done.split()


def _run(project: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _unturned(shown: np.ndarray, words: str) -> np.ndarray:
    """Find by trying how the reference of a camera lies that is turned into what is shown."""
    for image in (shown, shown[::-1]):
        for quarter in range(4):
            candidate = np.ascontiguousarray(np.rot90(image, quarter))
            turned = turn_from_words(words).apply(candidate)
            if turned.shape == shown.shape == (HEIGHT, WIDTH) and np.array_equal(turned, shown):
                return candidate
    raise AssertionError(words)
