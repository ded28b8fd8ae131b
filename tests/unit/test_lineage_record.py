"""OSC-EM `processing` of a lineage: valid by the published schema, and nothing in it that nobody knows."""

import pytest

from emdewar.lineage.model import ClassFigure, Figures, Lineage
from emdewar.lineage.record import processing_record
from emdewar.oscem.mmcif.writing import convert
from emdewar.oscem.schema import validate_record
from tests.unit.lineage_made import job, lineage

FIGURES = Figures(
    job="Refine3D/job002",
    particles=1874,
    symmetry="D7",
    resolution_a=2.91,
    resolution_criterion="FSC 0.143 CUT-OFF",
    b_factor_a2=-84.3,
    pixel_size_a=0.82,
    box_size_px=256,
    map="Refine3D/job002/run_class001.mrc",
    half_maps=("Refine3D/job002/half1.mrc", "Refine3D/job002/half2.mrc"),
    mask="mask.mrc",
    fsc=((0.0, 1.0), (0.2, 0.5)),
    classes=(ClassFigure(name="1", particles=1874, fraction=1.0),),
)


def project(kind: str = "relion.refine3d") -> Lineage:
    return lineage(
        job("CtfFind/job001", out=("CtfFind/job001/mics.star",), program="CTFFIND", version="4.1.14"),
        job("Refine3D/job002", "CtfFind/job001/mics.star", kind=kind, program="RELION", version="5.0.0"),
        job("Other/job003", program="Topaz", version="0.2"),
    )


def faults_of(processing: object) -> list[str]:
    record = {"acquisition": {"technique": "spa"}, "processing": processing}
    return [one.path for one in validate_record(record) if one.path.startswith("processing")]


@pytest.mark.parametrize("figures", [FIGURES, Figures(), Figures(particles=3), Figures(resolution_a=3.0)])
def test_the_record_is_valid_whatever_is_known(figures: Figures) -> None:
    processing = processing_record(project(), figures).model_dump(mode="json", exclude_none=True)

    assert faults_of(processing) == []


def test_every_known_figure_is_in_the_record() -> None:
    (volume,) = processing_record(project(), FIGURES).volumes or ()

    told = {one.descriptor_name: one.descriptor_thing for one in volume.descriptors or ()}
    assert (volume.size, volume.vol_number_particles) == ((256, 256, 256), 1874)
    assert volume.vol_resolution is not None
    assert (volume.vol_resolution.value, volume.vol_resolution.unit) == (2.91, "Å")
    assert told["symmetry"] == "D7"
    assert told["b_factor"] == {"value": -84.3, "unit": "Å^2"}
    assert told["half_map_2"] == "Refine3D/job002/half2.mrc"
    assert told["fsc"] == {"frequency_per_angstrom": [0.0, 0.2], "correlation": [1.0, 0.5]}


def test_only_programs_on_the_way_to_the_result_are_named() -> None:
    (volume,) = processing_record(project(), FIGURES).volumes or ()

    told = {one.descriptor_name: one.descriptor_thing for one in volume.descriptors or ()}
    assert told["software"] == {"CTFFIND": "4.1.14", "RELION": "5.0.0"}


def test_nothing_is_written_of_what_is_unknown() -> None:
    assert processing_record(lineage(), Figures()).model_dump(exclude_none=True) == {}


@pytest.mark.parametrize(
    ("kind", "slot"), [("relion.class2d", "classes2D"), ("class_3D", "classes3D"), ("relion.refine3d", None)]
)
def test_classes_are_told_where_the_job_says_what_they_are(kind: str, slot: str | None) -> None:
    found = processing_record(project(kind), FIGURES).model_dump(exclude_none=True)

    assert {"classes2D", "classes3D"} & set(found) == ({slot} if slot else set())


def test_classes_without_counts_are_left_out() -> None:
    figures = FIGURES.model_copy(update={"classes": (ClassFigure(name="1", fraction=0.5), FIGURES.classes[0])})

    assert processing_record(project("class_3D"), figures).classes3D is None


def test_the_resolution_reaches_mmcif() -> None:
    processing = processing_record(project(), FIGURES).model_dump(mode="json", exclude_none=True)

    text = convert({"acquisition": {"technique": "spa"}, "processing": processing}).document.as_string()

    assert "2.91" in text
    assert "1874" in text
