"""Materials science: Velox and Panta Rhei through RosettaSciIO, in a process of its own."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from emdewar.errors import INCOMPLETE_FILES, RefusedError, UnavailableError
from emdewar.formats.materials import read_materials
from tests.formats_made import write_prz, write_velox

needs_rosettasciio = pytest.mark.skipif(
    importlib.util.find_spec("rsciio") is None or importlib.util.find_spec("h5py") is None,
    reason="needs the extra `materials`: pip install 'emdewar[materials]'",
)


@needs_rosettasciio
def test_a_velox_file_gives_its_metadata_by_dotted_path(tmp_path: Path) -> None:
    path = tmp_path / "a.emd"
    write_velox(path)

    found = read_materials(path)

    assert found.title == "HAADF"
    assert found.values["Optics.AccelerationVoltage"] == "200000"
    assert found.values["CustomProperties.StemMagnification.value"] == "320000"
    assert {axis.name: (axis.size, axis.unit) for axis in found.axes} == {"x": (16, "nm"), "y": (12, "nm")}
    assert found.axes[0].scale == pytest.approx(3.2)


@needs_rosettasciio
def test_times_are_those_of_the_file_and_not_of_this_machine(tmp_path: Path) -> None:
    path = tmp_path / "a.emd"
    write_velox(path)

    values = read_materials(path).values

    assert values["Acquisition.AcquisitionStartDatetime.DateTime"] == "1687510131"
    assert "General.time" not in values


@needs_rosettasciio
def test_a_panta_rhei_file_gives_its_metadata(tmp_path: Path) -> None:
    path = tmp_path / "a.prz"
    write_prz(path)

    found = read_materials(path)

    assert found.values["electron_gun.voltage"] == 200_000
    assert found.values["device.calib[0].unit"] == "m"
    assert sorted(axis.size for axis in found.axes) == [12, 16]


@needs_rosettasciio
def test_an_older_panta_rhei_file_is_unpickled_from_plain_types_only(tmp_path: Path) -> None:
    harmless, hostile = tmp_path / "a.prz", tmp_path / "b.prz"
    for path, metadata in ((harmless, {"camera": {"name": "ELA"}}), (hostile, {"camera": Path("x")})):
        with path.open("wb") as file:
            np.savez_compressed(file, data=np.zeros((4, 5)), meta_data=np.array([metadata]), file_format_version=2)

    assert read_materials(harmless).values["camera.name"] == "ELA"
    with pytest.raises(RefusedError, match="InvalidPickleError"):
        read_materials(hostile)


@needs_rosettasciio
def test_a_damaged_file_is_refused_and_brings_nothing_down(tmp_path: Path) -> None:
    path = tmp_path / "a.emd"
    write_velox(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])

    with pytest.raises(RefusedError, match="RosettaSciIO cannot read it") as caught:
        read_materials(path)

    assert caught.value.reason == INCOMPLETE_FILES


@needs_rosettasciio
def test_data_that_claim_10_gb_take_no_memory(tmp_path: Path) -> None:
    import h5py  # noqa: PLC0415 - an optional extra

    path = tmp_path / "a.emd"
    write_velox(path)
    with h5py.File(path, "r+") as file:
        (image,) = file["Data/Image"].values()
        del image["Data"]
        image.create_dataset("Data", shape=(50_000, 100_000, 1), dtype="u2", chunks=(5000, 5000, 1))

    found = read_materials(path)

    assert sorted(axis.size for axis in found.axes) == [50_000, 100_000]


def test_without_rosettasciio_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.emd"
    path.write_bytes(b"\x89HDF\r\n\x1a\n")
    monkeypatch.setitem(sys.modules, "rsciio", None)

    with pytest.raises(RefusedError, match=r"pip install 'emdewar\[materials\]'"):
        read_materials(path)


@pytest.mark.parametrize("name", ["a.emd", "a.prz", "a.txt"])
def test_what_is_no_such_file_is_refused_without_asking_rosettasciio(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"not at all")

    with pytest.raises(RefusedError, match=name):
        read_materials(tmp_path / name)


def test_a_file_that_is_not_there_may_come_later(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        read_materials(tmp_path / "gone.emd")
