"""SerialEM: sections, titles and values are those that were computed from the files without any reader."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from emdewar.errors import RefusedError
from emdewar.formats.serialem import Mdoc, read_mdoc

NO_MDOC = frozenset({"RUN1.mdoc", "empty_Position_1_2.mdoc", "three_bytes_Position_1.mdoc"})


def _facts(samples: Path) -> list[tuple[Path, dict[str, Any]]]:
    facts = json.loads((samples / "mdoc/EXPECTED_FACTS.json").read_text())
    return [(samples / "mdoc" / name, fact) for name, fact in facts.items()]


def _tilts(mdoc: Mdoc) -> list[float]:
    sections = mdoc.of_kind("ZValue") or mdoc.of_kind("FrameSet")
    return sorted(tilt for section in sections if (tilt := section.number("TiltAngle")) is not None)


def test_every_real_mdoc_reads_as_the_independent_facts_say(samples: Path) -> None:
    for path, fact in _facts(samples):
        if path.name in NO_MDOC:
            continue

        mdoc = read_mdoc(path)

        assert Counter(section.kind for section in mdoc.sections) == fact["section_types"], path.name
        assert [title.strip() for title in mdoc.titles] == [title.strip() for title in fact["titles"]], path.name
        assert mdoc.values == fact["globals"], path.name
        assert (_tilts(mdoc)[0], _tilts(mdoc)[-1]) == (fact["tilt_min"], fact["tilt_max"]), path.name


def test_what_is_no_mdoc_is_refused_by_name(samples: Path) -> None:
    for name in NO_MDOC:
        with pytest.raises(RefusedError, match=name):
            read_mdoc(samples / "mdoc/odd_czii" / name)


def test_kinds_of_sections_may_be_mixed(samples: Path) -> None:
    mdoc = read_mdoc(samples / "mdoc/mdocfile/frame_set_multiple.mdoc")

    assert (len(mdoc.of_kind("FrameSet")), len(mdoc.of_kind("ZValue"))) == (1, 20)


def test_line_ends_of_windows_change_nothing(samples: Path, tmp_path: Path) -> None:
    source = samples / "mdoc/openem_serialem_k2/TS_41.mrc.mdoc"
    unix = tmp_path / "TS_41.mrc.mdoc"
    unix.write_bytes(source.read_bytes().replace(b"\r\n", b"\n"))

    assert read_mdoc(unix).sections == read_mdoc(source).sections


def test_a_path_of_windows_is_kept_as_it_is(samples: Path) -> None:
    mdoc = read_mdoc(samples / "tomo5/SYNTHETIC_tomo5_session/Position_1.mdoc")

    assert mdoc.sections[0].values["SubFramePath"].startswith("\\\\server\\share\\Position_1_001_")


def test_a_line_cut_in_its_key_is_refused_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "cut.mdoc"
    path.write_text("Voltage = 300\n\n[ZValue = 0]\nTiltAngle = 3\nInten")

    with pytest.raises(RefusedError, match="line 5"):
        read_mdoc(path)


def test_letters_of_other_alphabets_do_not_stop_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "latin.mdoc"
    path.write_bytes("[ZValue = 0]\nNote = Å\n".encode("latin-1"))

    assert read_mdoc(path).sections[0].values == {"Note": "Å"}
