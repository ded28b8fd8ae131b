"""`.cs` and `.csg`: headers without rows, columns in pieces, groups joined on `uid`."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from emdewar.cryosparc.columns import NO_TOOLS, iterate_columns, read_columns
from emdewar.cryosparc.group import read_group, read_joined
from emdewar.cryosparc.header import read_header
from emdewar.errors import RefusedError
from tests.cryosparc_made import numpy_file, stream_file, write_cs

HAS_TOOLS = find_spec("cryosparc") is not None
SAMPLE = "cs/SYNTHETIC_project"
WIDE_ROW = "{'descr': [('uid', '<u8'), ('alignments3D/pose', '<f4', (3,)), ('rest', '|S280')], 'fortran_order': False"


def test_the_header_of_a_real_dataset_names_all_its_columns(samples: Path) -> None:
    header = read_header(samples / "cs/4k_dataset.cs")

    assert (header.rows, len(header.fields), header.is_stream) == (0, 106, False)
    assert header.fields == np.load(samples / "cs/4k_dataset.cs", allow_pickle=False).dtype.names


def test_columns_are_those_that_numpy_reads(samples: Path) -> None:
    path = samples / SAMPLE / "J2/J2_passthrough_particles.cs"
    expected = np.load(path, allow_pickle=False)

    columns = read_columns(path, ["blob/path", "blob/shape", "ctf/df1_A"])

    assert all((columns[name] == expected[name]).all() for name in columns)


def test_a_column_of_no_rows_is_empty(samples: Path) -> None:
    columns = read_columns(samples / "cs/4k_dataset.cs", ["alignments3D/pose"])

    assert columns["alignments3D/pose"].shape == (0, 3)


def test_a_column_that_is_not_there_is_refused_by_name(samples: Path) -> None:
    with pytest.raises(RefusedError, match="no column blob/path"):
        read_columns(samples / SAMPLE / "J2/J2_006_particles.cs", ["blob/path"])


def test_large_datasets_come_in_pieces(tmp_path: Path) -> None:
    path = write_cs(tmp_path / "a.cs", uids=range(300_000), rest=np.zeros(300_000, dtype="|S64"))

    pieces = list(iterate_columns(path, ["uid"]))

    assert len(pieces) > 1
    assert (np.concatenate([piece["uid"] for piece in pieces]) == np.arange(300_000)).all()


def test_a_million_wide_rows_are_counted_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.cs"
    path.write_bytes(numpy_file(WIDE_ROW + ", 'shape': (1000000,)}"))
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size + 1_000_000 * 300)
    code = (
        "import sys, pathlib\n"
        "from emdewar.cryosparc.columns import iterate_columns\n"
        "from emdewar.cryosparc.orientations import count_orientations\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "pieces = (piece['alignments3D/pose'] for piece in iterate_columns(path, ['alignments3D/pose']))\n"
        "print(sum(map(sum, count_orientations(pieces).counts)))\n"
        "print(open('/proc/self/status').read().partition('VmHWM:')[2].split()[0])\n"
    )

    ran = subprocess.run([sys.executable, "-c", code, path], check=True, capture_output=True, text=True)

    counted, most_kib = map(int, ran.stdout.split())
    assert counted == 1_000_000
    assert most_kib < 300 << 10


def test_a_group_is_joined_on_uid_although_its_files_differ_in_order(samples: Path) -> None:
    root = samples / SAMPLE
    group = read_group(root, "J2/J2_particles.csg")
    own = np.load(root / "J2/J2_006_particles.cs", allow_pickle=False)
    passed = np.load(root / "J2/J2_passthrough_particles.cs", allow_pickle=False)

    joined = read_joined(root, group, ["alignments3D/pose", "ctf/df1_A"])

    by_uid = dict(zip(passed["uid"].tolist(), passed["ctf/df1_A"].tolist(), strict=True))
    assert (own["uid"] != passed["uid"]).any()
    assert joined.columns["ctf/df1_A"].tolist() == [by_uid[uid] for uid in own["uid"].tolist()]
    assert (joined.columns["alignments3D/pose"] == own["alignments3D/pose"]).all()
    assert joined.left_out == 0


def test_what_a_group_says_is_read_with_paths_of_the_project(samples: Path) -> None:
    group = read_group(samples / SAMPLE, "J2/J2_particles.csg")

    assert (group.name, group.kind, group.version) == ("particles", "particle", "v4.4.1")
    assert [(result.name, result.path, result.items) for result in group.results] == [
        ("alignments3D", "J2/J2_006_particles.cs", 50),
        ("blob", "J2/J2_passthrough_particles.cs", 50),
        ("ctf", "J2/J2_passthrough_particles.cs", 50),
    ]


def write_group(folder: Path, **paths: str) -> None:
    lines = "".join(f"  {name}:\n    metafile: '{path}'\n" for name, path in paths.items())
    (folder / "J1").mkdir(exist_ok=True)
    (folder / "J1/J1_particles.csg").write_text(f"results:\n{lines}")


def test_items_that_one_file_lacks_are_left_out_and_counted(tmp_path: Path) -> None:
    write_cs(tmp_path / "J1/a.cs", uids=[5, 1, 9], blob__idx=np.array([50, 10, 90]))
    write_cs(tmp_path / "J1/b.cs", uids=[9, 7, 5], ctf__df1_A=np.array([9.0, 7.0, 5.0]))
    write_group(tmp_path, blob=">a.cs", ctf=">b.cs")

    joined = read_joined(tmp_path, read_group(tmp_path, "J1/J1_particles.csg"), ["blob/idx", "ctf/df1_A"])

    assert joined.columns["uid"].tolist() == [5, 9]
    assert joined.columns["ctf/df1_A"].tolist() == [5.0, 9.0]
    assert joined.left_out == 2


def test_nothing_is_joined_with_a_file_of_no_items(tmp_path: Path) -> None:
    write_cs(tmp_path / "J1/a.cs", uids=[5, 1], blob__idx=np.array([50, 10]))
    write_cs(tmp_path / "J1/b.cs", poses=np.zeros((0, 3), "<f4"))
    write_group(tmp_path, blob=">a.cs", alignments3D=">b.cs")

    joined = read_joined(tmp_path, read_group(tmp_path, "J1/J1_particles.csg"), ["blob/idx", "alignments3D/pose"])

    assert (len(joined.columns["blob/idx"]), joined.left_out) == (0, 2)


def test_an_item_listed_twice_is_refused(tmp_path: Path) -> None:
    write_cs(tmp_path / "J1/a.cs", uids=[5, 5], blob__idx=np.array([1, 2]))
    write_group(tmp_path, blob=">a.cs")

    with pytest.raises(RefusedError, match="twice"):
        read_joined(tmp_path, read_group(tmp_path, "J1/J1_particles.csg"), ["blob/idx"])


def test_the_header_of_a_stream_is_read_without_its_program(tmp_path: Path) -> None:
    path = tmp_path / "a.cs"
    dtype = [["uid", "<u8"], ["alignments3D/pose", "<f4", [3]], ["blob/path", "|O"]]
    path.write_bytes(stream_file({"length": 2, "dtype": dtype, "compression": "lz4"}, bytes(100)))

    header = read_header(path)

    assert (header.rows, header.fields) == (2, ("uid", "alignments3D/pose", "blob/path"))
    assert header.is_stream


@pytest.mark.skipif(HAS_TOOLS, reason="cryosparc-tools is installed here")
def test_columns_of_a_stream_say_what_must_be_installed(tmp_path: Path) -> None:
    path = tmp_path / "a.cs"
    path.write_bytes(stream_file({"length": 1, "dtype": [["uid", "<u8"]], "compression": None}, bytes(12)))

    with pytest.raises(RefusedError, match="install cryosparc-tools") as caught:
        read_columns(path, ["uid"])

    assert caught.value.reason == NO_TOOLS


def test_a_stream_that_the_tools_wrote_reads_as_they_do(tmp_path: Path) -> None:
    tools = pytest.importorskip("cryosparc.dataset", reason="cryosparc-tools is not installed: no CSDAT was judged")
    path = tmp_path / "a.cs"
    poses = np.arange(30, dtype="<f4").reshape(10, 3)
    dataset = tools.Dataset([("uid", np.arange(10, dtype="<u8")), ("alignments3D/pose", poses)])
    dataset.save(str(path), format=tools.CSDAT_FORMAT)

    header, columns = read_header(path), read_columns(path, ["uid", "alignments3D/pose"])

    assert (header.rows, header.is_stream) == (10, True)
    assert (columns["alignments3D/pose"] == poses).all()


def test_an_array_that_the_tools_wrote_reads_as_they_do(tmp_path: Path) -> None:
    tools = pytest.importorskip("cryosparc.dataset", reason="cryosparc-tools is not installed: no array was judged")
    path = tmp_path / "a.cs"
    columns = [("uid", np.arange(3, dtype="<u8")), ("blob/path", np.array(["a", "bc", "def"]))]
    tools.Dataset(columns).save(str(path), format=tools.NUMPY_FORMAT)

    found = read_columns(path, ["blob/path"])["blob/path"]

    assert [value.decode() for value in found.tolist()] == ["a", "bc", "def"]
