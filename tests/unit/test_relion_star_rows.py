"""Tables of particles: counted and streamed, right to the row, and a cut one is refused."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emdewar.errors import RefusedError
from emdewar.relion.star import parse_star
from emdewar.relion.star_rows import count_particles, particle_columns, particle_rows
from tests.unit.relion_made import particles, write

LABELS = ("_rlnImageName", "_rlnAngleTilt", "_rlnUnknown")


@pytest.mark.parametrize("count", [0, 1, 2, 1000])
def test_counting_and_streaming_find_every_particle(tmp_path: Path, count: int) -> None:
    path = write(tmp_path / "run_data.star", particles(count))

    rows = list(particle_rows(path, LABELS))

    assert count_particles(path) == len(rows) == count
    assert all(row[2] == "" for row in rows)


def test_columns_are_those_of_the_particles_and_not_of_the_optics(tmp_path: Path) -> None:
    path = write(tmp_path / "run_data.star", particles(3))

    assert particle_columns(path) == ("_rlnImageName", "_rlnAngleRot", "_rlnAngleTilt")


@pytest.mark.parametrize("name", ["", "images"])
def test_the_only_block_of_relion_3_0_is_counted(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "old.star", f"\ndata_{name}\n\nloop_\n_rlnImageName #1\n_rlnAngleRot #2\n1@a 2\n2@a 3\n\n")

    assert count_particles(path) == 2


def test_the_sample_of_one_table_is_counted_as_it_is_read(samples: Path) -> None:
    path = samples / "star/starfile_tests/one_loop.star"
    rows = parse_star(path.read_text()).block("").rows

    assert count_particles(path) == len(list(particle_rows(path, ()))) == len(rows)


@given(st.integers(0, 30), st.sampled_from(["\n", " \n", "\t \n", "\r\n", ""]), st.sampled_from(["", "data_b\n_x 1\n"]))
def test_however_a_table_ends_all_readers_agree(
    tmp_path_factory: pytest.TempPathFactory, count: int, end: str, after: str
) -> None:
    rows = "".join(f"{at} 'a {at}'\n" for at in range(count))
    text = f"data_particles\n\nloop_\n_x #1\n_y #2\n{rows}{end}{after if end else ''}"
    path = write(tmp_path_factory.mktemp("star") / "p.star", text)

    assert count_particles(path) == len(list(particle_rows(path, ("_x",)))) == count
    assert len(parse_star(text).block("particles").rows) == count


@pytest.mark.parametrize("lost", [2, 3, 10, 15])
def test_a_table_that_was_cut_in_a_row_is_refused(tmp_path: Path, lost: int) -> None:
    path = write(tmp_path / "cut.star", particles(100)[:-lost].rstrip("\n"))

    with pytest.raises(RefusedError, match="is cut"):
        count_particles(path)
    with pytest.raises(RefusedError, match="is cut"):
        list(particle_rows(path, ()))


def test_the_cut_sample_is_refused(samples: Path) -> None:
    path = samples / "broken/star_cut_mid_row.star"

    with pytest.raises(RefusedError, match="cut"):
        count_particles(path)


def test_rows_behind_an_empty_line_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "gap.star", "data_particles\nloop_\n_x #1\n_y #2\n1 2\n\n3 4\n")

    with pytest.raises(RefusedError, match="empty line"):
        count_particles(path)


def test_a_short_row_in_the_middle_is_refused_by_streaming(tmp_path: Path) -> None:
    path = write(tmp_path / "hole.star", "data_particles\nloop_\n_x #1\n_y #2\n1 2\n3\n5 6\n\n")

    with pytest.raises(RefusedError, match="row 2"):
        list(particle_rows(path, ()))


def test_a_file_without_particles_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "mics.star", "data_micrographs\nloop_\n_x #1\n1\n\n")

    with pytest.raises(RefusedError, match="no table of particles"):
        count_particles(path)


@pytest.mark.slow
def test_300_000_particles_are_counted_in_less_than_0_3_s(tmp_path: Path) -> None:
    row = "000001@Extract/job007/Movies/a_long_name_of_a_micrograph_20170629_00021.mrcs" + "   -12.345678" * 20 + " \n"
    labels = "".join(f"_rlnLabel{at} #{at} \n" for at in range(1, 22))
    path = tmp_path / "run_data.star"
    path.write_text(f"data_particles\n\nloop_ \n{labels}{row * 300_000} \n")
    times_s = []

    for _ in range(3):
        start_s = time.perf_counter()
        count = count_particles(path)
        times_s.append(time.perf_counter() - start_s)

    assert count == 300_000
    assert min(times_s) < 0.3, times_s
