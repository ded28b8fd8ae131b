"""Extended MRC headers: real ones of EPU against mrcfile, SerialEM's and Agard's from their description."""

import struct
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import mrcfile
import numpy as np
import pytest
from mrcfile.dtypes import get_ext_header_dtype

from emdewar.errors import RefusedError
from emdewar.formats.mrc_extended import read_mrc_extended
from emdewar.formats.mrc_fei import FeiRecord
from emdewar.formats.mrc_fei_layout import PLACES
from tests.formats_made import mrc_file

FEI2 = "mrc/epu2.9_example.HEADER_ONLY.mrc"
FEI1 = "mrc/fei-extended_epu1.2.HEADER_ONLY.mrc"


def _fei(path: Path) -> FeiRecord:
    record = read_mrc_extended(path).fei
    assert record is not None
    return record


def test_the_record_of_epu_2_9_has_the_known_values_in_the_units_of_their_names(samples: Path) -> None:
    record = _fei(samples / FEI2)

    assert (record.microscope, record.application, record.camera) == ("TITAN52337720", "EPU", "BM-Falcon")
    assert record.voltage_kv == 300
    assert record.magnification == 120_000
    assert record.pixel_size_a == pytest.approx(0.66655, abs=1e-5)
    assert record.dose_e_per_a2 == pytest.approx(41.17, abs=0.005)
    assert record.applied_defocus_nm == pytest.approx(-2200)
    assert record.is_counting
    assert record.alpha_tilt_deg == pytest.approx(-0.01186, abs=1e-5)


def test_the_record_of_epu_1_2_has_the_known_values(samples: Path) -> None:
    record = _fei(samples / FEI1)

    assert record.magnification == 165_000
    assert record.pixel_size_a == pytest.approx(0.8538, abs=5e-5)
    assert record.dose_e_per_a2 == pytest.approx(47.6, abs=0.05)
    assert (record.is_eftem, record.is_slit_inserted, record.slit_width_ev) == (True, True, 20)


def test_what_the_bitmask_says_was_not_written_is_none(samples: Path) -> None:
    record = _fei(samples / FEI2)

    assert record.tilt_axis_deg is None
    assert record.is_slit_inserted is None
    assert record.slit_width_ev is None
    assert record.detector is None


def test_pixel_sizes_of_the_header_and_of_the_record_agree_in_real_files(samples: Path) -> None:
    for name in (FEI1, FEI2):
        found = read_mrc_extended(samples / name)

        assert found.fei is not None
        assert found.header.pixel_size_a == pytest.approx(found.fei.pixel_size_a, rel=1e-6)


@pytest.mark.parametrize("kind", ["FEI1", "FEI2"])
def test_every_field_lies_where_mrcfile_has_it(kind: str) -> None:
    expected = get_ext_header_dtype(kind.encode(), "<")

    ours = {place.offset for name, place in PLACES.items() if not name.startswith("unused")}

    assert {offset for _, offset, *_ in expected.fields.values()} - ours <= {PLACES["unused1"].offset}


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_record_reads_the_same_in_either_byte_order(tmp_path: Path, order: str) -> None:
    record = np.zeros(1, dtype=get_ext_header_dtype(b"FEI2", order))
    record["HT"], record["Dose"], record["Pixel size X"] = 200_000.0, 5e21, 1.1e-10
    record["Detector commercial name"] = b"Falcon 4i"
    record["Bitmask 1"], record["Bitmask 4"] = 0xFFFFFFFF, 0xFFFFFFFF
    path = tmp_path / "a.mrc"
    path.write_bytes(mrc_file(order=order, kind=b"FEI2", extended=record.tobytes()))

    found = _fei(path)

    assert (found.voltage_kv, found.detector) == (200, "Falcon 4i")
    assert found.dose_e_per_a2 == pytest.approx(50)
    assert found.pixel_size_a == pytest.approx(1.1)


def test_a_record_without_any_bitmask_gives_what_is_not_zero(tmp_path: Path) -> None:
    record = np.zeros(1, dtype=get_ext_header_dtype(b"FEI1", "<"))
    record["HT"], record["Defocus"] = 300_000.0, float("nan")
    path = tmp_path / "a.mrc"
    path.write_bytes(mrc_file(kind=b"FEI1", extended=record.tobytes()))

    found = _fei(path)

    assert (found.voltage_v, found.magnification, found.defocus_m) == (300_000, None, None)


def test_the_clock_of_a_record_needs_a_zone_unless_it_holds_utc(samples: Path, tmp_path: Path) -> None:
    zone = timezone(timedelta(hours=1))
    record = np.zeros(1, dtype=get_ext_header_dtype(b"FEI2", "<"))
    record["Acquisition time stamp"], record["Bitmask 4"] = 1_600_000_000_000_000, 1 << 6
    path = tmp_path / "a.mrc"
    path.write_bytes(mrc_file(kind=b"FEI2", extended=record.tobytes()))

    local, utc = _fei(samples / FEI2).acquired(zone), _fei(path).acquired(zone)

    assert local is not None
    assert local.replace(microsecond=0) == datetime(2020, 11, 3, 17, 36, 4, tzinfo=zone)
    assert utc == datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [b"SERI", b""])
def test_serialem_s_packed_numbers_are_unpacked_section_by_section(tmp_path: Path, order: str, kind: bytes) -> None:
    mantissa, exponent = 100, -6 * 256  # (100 * 256) * 2 ** -6 = 400
    lines = [struct.pack(f"{order}9h", -3000 + 300 * z, 92, 184, z, 25, -50, 420, 5000, 0)[:16] for z in range(3)]
    lines = [line + struct.pack(f"{order}2h", mantissa, exponent) for line in lines]
    path = tmp_path / "a.st"
    path.write_bytes(mrc_file((8, 6, 3), kind=kind, order=order, per_section=(20, 0b111111), extended=b"".join(lines)))

    found = read_mrc_extended(path)

    assert found.kind == "SERI"
    assert [section.tilt_deg for section in found.sections] == [-30, -27, -24]
    first = found.sections[0]
    assert first.piece == (92, 184, 0)
    assert (first.stage_x_um, first.stage_y_um, first.magnification, first.intensity) == (1, -2, 42_000, 0.2)
    assert first.dose_e_per_a2 == 400


def test_numbers_that_do_not_add_up_are_integers_and_reals_with_the_tilt_first(tmp_path: Path) -> None:
    lines = b"".join(struct.pack("<2i3f", 1, 2, angle, 0.0, 0.0) for angle in (-60.0, -57.0))
    path = tmp_path / "a.st"
    path.write_bytes(mrc_file(kind=b"AGAR", per_section=(2, 3), extended=lines))

    found = read_mrc_extended(path)

    assert found.kind == "AGAR"
    assert [section.tilt_deg for section in found.sections] == [-60, -57]
    assert found.sections[0].pixel_size_a is None


def test_fei_s_old_128_bytes_are_known_by_the_label(tmp_path: Path) -> None:
    reals = [0.0] * 32
    reals[0], reals[7], reals[11], reals[12] = -12.5, -3e-6, 5e-10, 29_000.0
    path = tmp_path / "a.mrc"
    path.write_bytes(
        mrc_file(
            (8, 6, 1),
            per_section=(0, 32),
            extended=struct.pack("<32f", *reals),
            titles=("Fei Company (C) Copyright 2003",),
        )
    )

    (section,) = read_mrc_extended(path).sections

    assert (section.tilt_deg, section.magnification) == (-12.5, 29_000)
    assert section.defocus_nm == pytest.approx(-3000)
    assert section.pixel_size_a == pytest.approx(5)


@pytest.mark.parametrize("name", ["EMD-3001.map", "TS_run1.st", "input_mrc.mrc"])
def test_a_file_without_a_known_extended_header_has_none(samples: Path, name: str) -> None:
    found = read_mrc_extended(samples / "mrc" / name)

    assert (found.fei, found.sections) == (None, ())


def test_an_extended_header_that_claims_2_gb_is_not_read_but_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mrc"
    content = bytearray(mrc_file(kind=b"FEI1"))
    content[92:96] = (2**31 - 1).to_bytes(4, "little")
    path.write_bytes(content)

    with pytest.raises(RefusedError, match="2147483647 bytes ends after"):
        read_mrc_extended(path)


def test_all_values_are_what_mrcfile_reads(samples: Path) -> None:
    for name in (FEI1, FEI2):
        with mrcfile.open(samples / name, header_only=True, permissive=True) as volume:
            theirs = volume.indexed_extended_header[0]
        ours = _fei(samples / name)

        assert ours.stage_z_m == theirs["Z-Stage"]
        assert ours.integration_s == theirs["Integration time"]
        assert ours.illuminated_area_m == theirs["Illuminated area"]
        assert ours.illumination_mode == bytes(theirs["Illumination mode"]).decode()
        assert ours.d_number == bytes(theirs["D-Number"]).decode()
