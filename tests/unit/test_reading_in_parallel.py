"""The xml of many movies, read by several processes: the same figures, no hang, nothing left behind."""

import os
import signal
import subprocess
import sys
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emdewar.errors import UnavailableError
from emdewar.formats.epu import read_movie_xml
from emdewar.oscem import reading
from emdewar.oscem.movie_statistics import MovieStatistics
from emdewar.oscem.reading import PAYS_FROM, movie_statistics, usual_processes
from emdewar.oscem.reading_processes import chunks_of_processes
from emdewar.oscem.statistics import Extent, Tally
from emdewar.simulation import EpuSession, write_epu_session

SMALL = EpuSession(name="small", movies=4, width=32, height=32, frames=1)


@pytest.fixture(scope="module")
def xml(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The xml of a few movies."""
    return sorted(write_epu_session(tmp_path_factory.mktemp("epu"), SMALL).rglob("*_Data_*.xml"))


def children() -> set[int]:
    """The processes that this one has started and that still run."""
    return {int(word) for word in Path("/proc/self/task").joinpath(str(os.getpid()), "children").read_text().split()}


@pytest.mark.parametrize("processes", [2, 3])
def test_the_figures_are_the_same_for_any_number_of_processes(xml: list[Path], tmp_path: Path, processes: int) -> None:
    cut = tmp_path / "cut_Data_short.xml"
    cut.write_bytes(xml[0].read_bytes()[:-10])
    paths = [*xml * (2 * reading.CHUNK // len(xml)), cut, *xml]

    in_one = movie_statistics(paths, processes=1)
    in_several = movie_statistics(paths, processes=processes)

    assert repr(in_several) == repr(in_one)
    assert in_several[0].images == len(paths) - 1
    assert list(in_several[1]) == [cut.name]


def test_the_order_of_the_files_counts_not_that_of_the_processes(xml: list[Path]) -> None:
    paths = [xml[1]] * reading.CHUNK + [xml[0]] * reading.CHUNK

    statistics, _ = movie_statistics(paths, processes=2)

    assert statistics.first is not None
    assert statistics.first.path == xml[1]


def test_few_files_start_no_process() -> None:
    assert usual_processes(PAYS_FROM - 1) == 1
    assert usual_processes(PAYS_FROM) == min(len(os.sched_getaffinity(0)), reading.MOST_PROCESSES)


def test_no_file_at_all_is_an_empty_statistics() -> None:
    assert movie_statistics([], processes=2)[0].images == 0


def test_a_process_that_is_killed_is_an_error_that_says_so(xml: list[Path]) -> None:
    killed = (sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")

    with pytest.raises(UnavailableError, match="ended with -9"):
        list(chunks_of_processes([xml, xml], 2, killed))


def test_a_process_that_dies_half_way_is_an_error_after_what_it_had_said(xml: list[Path]) -> None:
    dying = "import emdewar.oscem.movie_chunk as m, pathlib, pickle, sys\n"
    dying += "path = pickle.load(sys.stdin.buffer).split(b'\\0')[0].decode()\n"
    dying += "pickle.dump(m.read_chunk([pathlib.Path(path)]), sys.stdout.buffer)\nsys.stdout.buffer.flush()\n"
    dying += "sys.stdout.buffer.write(b'half a pi')\nsys.exit('no memory')"
    answers = chunks_of_processes([xml, xml], 1, (sys.executable, "-c", dying))

    first = next(answers)

    assert first.statistics.images == 1
    with pytest.raises(UnavailableError, match="no memory"):
        next(answers)


def test_a_process_that_answers_something_else_is_an_error(xml: list[Path]) -> None:
    odd = (sys.executable, "-c", "import pickle, sys; pickle.dump(7, sys.stdout.buffer)")

    with pytest.raises(UnavailableError, match="ended with 0"):
        list(chunks_of_processes([xml], 1, odd))


def test_a_program_that_cannot_be_started_is_an_error(xml: list[Path], tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="cannot be started"):
        list(chunks_of_processes([xml], 1, (str(tmp_path / "absent"),)))


def test_a_file_that_cannot_be_read_now_is_told_by_whichever_process_met_it(xml: list[Path], tmp_path: Path) -> None:
    paths = [*xml * reading.CHUNK, tmp_path / "absent_Data_1.xml"]

    with pytest.raises(UnavailableError, match="absent_Data_1"):
        movie_statistics(paths, processes=2)


def test_processes_end_when_their_answers_are_no_longer_wanted(xml: list[Path]) -> None:
    before = children()
    answers = chunks_of_processes([xml] * 50, 2)
    next(answers)
    running = children() - before

    answers.close()  # type: ignore[attr-defined]  # a generator

    assert len(running) == 2
    assert not running & children()


SCRIPT = """
import sys
from dataclasses import replace
from pathlib import Path
from emdewar.oscem.reading import movie_statistics

print(movie_statistics([Path(sys.argv[1])] * int(sys.argv[2]), processes=2)[0].images)
"""
"""A script as people write them: without a guard around what it does."""


def test_a_script_without_a_guard_reads_in_several_processes(xml: list[Path], tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)

    done = subprocess.run(
        [sys.executable, script, xml[0], "600"], capture_output=True, text=True, check=False, timeout=60
    )

    assert (done.stdout.strip(), done.returncode) == ("600", 0), done.stderr


def test_a_module_in_the_present_folder_is_not_taken_for_one_of_ours(xml: list[Path], tmp_path: Path) -> None:
    (tmp_path / "pickle.py").write_text("raise SystemExit('taken')")
    script = tmp_path / "elsewhere" / "script.py"
    script.parent.mkdir()
    script.write_text(SCRIPT)

    done = subprocess.run(
        [sys.executable, script, xml[0], "600"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert done.stdout.strip() == "600", done.stderr


HEEDS_CTRL_C = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
"""
"""What is started in the background of a shell is born deaf to Ctrl-C."""


def started_reading(script: Path, xml: Path) -> tuple["subprocess.Popen[bytes]", list[int]]:
    """Start a script that would read for minutes, and wait until its readers run."""
    asker = subprocess.Popen([sys.executable, script, xml, "1000000"], stderr=subprocess.DEVNULL)
    until = time.monotonic() + 30
    listed = Path(f"/proc/{asker.pid}/task/{asker.pid}/children")
    readers: list[int] = []
    while len(readers) < 2 and time.monotonic() < until:
        time.sleep(0.05)
        readers = [int(word) for word in listed.read_text().split()]
    return asker, readers


def is_gone(pid: int, within_s: float) -> bool:
    until = time.monotonic() + within_s
    while Path(f"/proc/{pid}").exists():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("wanted", [signal.SIGINT, signal.SIGKILL])
def test_an_asker_that_is_interrupted_or_killed_leaves_no_reader(xml: list[Path], tmp_path: Path, wanted: int) -> None:
    script = tmp_path / "script.py"
    script.write_text(HEEDS_CTRL_C + SCRIPT)
    asker, readers = started_reading(script, xml[0])

    asker.send_signal(wanted)
    try:
        asker.wait(30)
    finally:
        asker.kill()
        asker.wait()

    assert len(readers) == 2
    assert asker.returncode
    assert all(is_gone(pid, within_s=10) for pid in readers)


def test_memory_does_not_grow_with_the_number_of_movies(xml: list[Path]) -> None:
    def peak_bytes(files: int) -> int:
        paths = xml * (files // len(xml))
        tracemalloc.start()
        movie_statistics(paths, processes=1)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    few = peak_bytes(100)
    many = peak_bytes(600)

    assert many < few + 600 * 1000  # a tree takes a hundred times that


NUMBERS = st.lists(st.none() | st.integers(-1000, 1000))


@given(NUMBERS, NUMBERS)
def test_two_extents_merge_into_that_of_all_values(first: list[int | None], second: list[int | None]) -> None:
    one, other, whole = Extent(), Extent(), Extent()
    for value in first:
        one.add(value)
    for value in second:
        other.add(value)
    for value in (*first, *second):
        whole.add(value)

    one.merge(other)

    assert one == whole


@given(NUMBERS, NUMBERS)
def test_two_tallies_merge_into_that_of_all_values(first: list[int | None], second: list[int | None]) -> None:
    one, other, whole = Tally[int](), Tally[int](), Tally[int]()
    for value in first:
        one.add(value)
    for value in second:
        other.add(value)
    for value in (*first, *second):
        whole.add(value)

    one.merge(other)

    assert one == whole
    assert one.values == whole.values


def test_a_session_of_movies_without_dose_keeps_their_names_from_every_process(xml: list[Path], tmp_path: Path) -> None:
    silent = tmp_path / "silent_Data_1.xml"
    silent.write_text("<MicroscopeImage/>")

    statistics, unreadable = movie_statistics([silent] * reading.CHUNK + [xml[0], silent], processes=2)

    assert len(statistics.without_dose) == reading.CHUNK + 1
    assert not unreadable


def test_values_that_vary_wildly_are_counted_like_others(xml: list[Path]) -> None:
    statistics, image = MovieStatistics(), read_movie_xml(xml[0])

    for number in range(3000):
        statistics.add(replace(image, slit_width_ev=float(number)))
    statistics.add(replace(image, magnification=7))

    assert statistics.tallies["magnification"].seen == {image.magnification: 3000, 7: 1}
    assert len(statistics.tallies["slit_width_ev"].seen) == 1000
