"""An ingest fills the dataset with what files say, asks for what only people know, and never writes over it."""

from typing import Any, cast

import pytest

from blocks.microscope import Microscope
from emdewar.catalog.connection import segment
from emdewar.errors import UnavailableError
from emdewar.oscem.schema import validate_record
from emdewar.oscem.session import SiteValues
from emdewar.simulation import EpuSession, TiltSeries, write_epu_session, write_tilt_series
from flows.acquire import acquire
from flows.ingest import ingest
from tasks import ingesting
from tests.flows.scene import Scene

pytestmark = pytest.mark.slow

SAMPLE = {
    "overall_molecule": {"name_sample": "Ribosome", "source": "yeast"},
    "molecule": [{"name_mol": "Rps3", "sequence": "MKV", "natural_source": "yeast"}],
}


def _metadata(scene: Scene, pid: str) -> dict[str, Any]:
    with scene.site.catalog() as catalog:
        return dict(catalog.dataset(pid).scientific_metadata)


def _attachments(scene: Scene, pid: str) -> dict[str, str]:
    with scene.site.catalog() as catalog:
        found = catalog._connection.get(f"/api/v3/datasets/{segment(pid)}/attachments")
    return {item["caption"]: item["thumbnail"] for item in found}


def test_an_ingest_attaches_pictures_and_asks_for_what_only_people_know(scene: Scene) -> None:
    write_epu_session(scene.site.drop_folder, EpuSession(name=f"{scene.session.name}-epu", movies=4))
    pid = acquire((scene.site.drop_folder / f"{scene.session.name}-epu").as_posix())

    ingest(pid)

    kept, pictures = _metadata(scene, pid), _attachments(scene, pid)
    asked = {finding["path"]: finding for finding in kept["emdewar"]["findings"]}
    assert f"dataset {pid}: scientificMetadata.sample" in asked["sample"]["source"]
    assert "owner" in asked["organizational"]["value"]
    assert kept["emdewar"]["provenance"]["acquisition.dose_per_movie.value"]
    assert "Defocus and dose of the movies" in pictures
    assert any("sum of" in caption for caption in pictures)
    assert all(len(url) * 3 / 4 < 100_000 for url in pictures.values())


def test_what_people_enter_survives_the_next_ingest_and_is_asked_for_no_more(scene: Scene) -> None:
    write_epu_session(scene.site.drop_folder, EpuSession(name=f"{scene.session.name}-epu", movies=2))
    pid = acquire((scene.site.drop_folder / f"{scene.session.name}-epu").as_posix())
    ingest(pid)
    entered = _metadata(scene, pid)
    entered["sample"] = SAMPLE
    entered["acquisition"]["holder"] = "Autoloader"
    entered["remark"] = "for the thesis"
    with scene.site.catalog() as catalog:
        catalog.update_dataset(pid, scientific_metadata=entered)
    before = _attachments(scene, pid).keys()

    ingest(pid)
    ingest(pid)

    kept = _metadata(scene, pid)
    assert kept["sample"] == SAMPLE
    assert kept["acquisition"]["holder"] == "Autoloader"
    assert kept["remark"] == "for the thesis"
    assert kept["emdewar"]["provenance"]["acquisition.holder"].startswith("person")
    assert not [finding for finding in kept["emdewar"]["findings"] if finding["path"].startswith("sample")]
    assert _attachments(scene, pid).keys() == before
    assert validate_record({part: kept[part] for part in ("acquisition", "instrument", "sample")}, "spa") == []


def test_a_tilt_series_is_plotted(scene: Scene) -> None:
    write_tilt_series(scene.session, TiltSeries(max_tilt_deg=6, width=64, height=64, frames=2))
    pid = acquire(scene.session.as_posix())

    ingest(pid)

    assert any(caption.startswith("Tilts and dose of") for caption in _attachments(scene, pid))


def test_what_people_enter_while_the_files_are_read_is_not_written_over(scene: Scene) -> None:
    write_epu_session(scene.site.drop_folder, EpuSession(name=f"{scene.session.name}-epu", movies=2))
    pid = acquire((scene.site.drop_folder / f"{scene.session.name}-epu").as_posix())

    class Meddling:
        """Stands for a microscope; enters a value when the files are about to be read, as a person may."""

        instrument = "krios1"

        def site_values(self) -> SiteValues:
            with scene.site.catalog() as catalog:
                catalog.update_dataset(pid, scientific_metadata={"sample": SAMPLE})
            return SiteValues()

    meddling = cast("Microscope", Meddling())
    with pytest.raises(UnavailableError, match="somebody changed the metadata"):
        ingesting.describe.fn(scene.facility, pid, meddling)

    ingesting.describe.fn(scene.facility, pid, meddling)

    assert _metadata(scene, pid)["sample"] == SAMPLE
