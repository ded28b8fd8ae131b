"""Turns that look at a whole object of OSC-EM, because PDBx splits, joins or counts what OSC-EM says."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from emdewar.oscem.mmcif import words
from emdewar.oscem.mmcif.facts import ItemFacts
from emdewar.oscem.mmcif.plain import one_line
from emdewar.oscem.mmcif.quantities import in_unit, number, written
from emdewar.oscem.mmcif.turning import NO, UNKNOWN, YES, Turn, UnfitError, text, word
from emdewar.oscem.mmcif.words import key_of, matched

TOMOGRAPHY: Final = frozenset({"subtomo", "cellular_tomo", "env_tomo"})
NO_METHOD: Final = "a technique: spa, subtomo, cellular_tomo or env_tomo; PDBx has no other"

_SOFTWARE: Final = re.compile(r"(?P<name>.*?\S)[\s,/_-]+(?:version\s*|v\.?\s*)?(?P<version>\d+(?:\.[\w.+-]+)?)")
_GIVEN_NAMES: Final = re.compile(r"(?P<hyphen>-)?(?P<letter>[^\W\d_])[^\s.-]*\.?")
_SERIAL_NAME: Final = re.compile(r"[A-Z]+ ?(?P<number>[0-9]{6,})")
_PRODUCT: Final = re.compile(r".*\d.*|.*(?:flat|foil).*", re.IGNORECASE)
_MAKERS: Final = frozenset({"quantifoil"})


def method(of_technique: Mapping[str, str], helical: str) -> Turn:
    """Name the method of a record: helical arrays of single particles are a method of their own."""

    def turn(record: Any, _item: ItemFacts) -> str | None:  # noqa: ANN401 - JSON of any shape
        technique = _at(record, "acquisition", "technique")
        found = of_technique.get(key_of(technique)) if isinstance(technique, str) else None
        if found is None:
            raise UnfitError(NO_METHOD, str(technique or "none"))
        is_helical = _at(record, "sample", "overall_molecule", "assembly") == "HELICAL ARRAY"
        return helical if technique == "spa" and is_helical else found

    return turn


def for_tomography(fixed: str) -> Turn:
    """Say the same of all techniques that tilt."""
    return lambda technique, _item: fixed if isinstance(technique, str) and technique in TOMOGRAPHY else None


def cellular_kind(record: Any, _item: ItemFacts) -> str | None:  # noqa: ANN401
    """Say what a sample is that has no molecule: a tissue where one is named, a cell where cells were imaged."""
    if _at(record, "sample", "specimen_env", "tissue"):
        return "TISSUE"
    return "CELL" if _at(record, "acquisition", "technique") == "cellular_tomo" else None


def organism_names(specimen: Any, item: ItemFacts) -> str | None:  # noqa: ANN401
    """Name a sample after its organisms and tissue: a cell has no other name in OSC-EM."""
    found = [*_list(_at(specimen, "organism")), _at(specimen, "tissue")]
    return text(", ".join(name for name in found if isinstance(name, str) and name.strip()), item)


def assembly_source(sample: Any, item: ItemFacts) -> str | None:  # noqa: ANN401
    """Say where a sample is from: in a word of PDBx, else from how its molecules were made.

    The host's name, which many write there, is no such word; it goes with the molecules.
    """
    said = _at(sample, "overall_molecule", "source")
    found = matched(said, item.words, words.SOURCES) if isinstance(said, str) else None
    if found:
        return found
    molecules = _list(_at(sample, "molecule"))
    expressed = [bool(_said(molecule, "expression_system")) for molecule in molecules]
    if expressed and all(expressed):
        return "RECOMBINANT"
    if any(expressed):
        return "MULTIPLE SOURCES"
    if said is None:
        return None
    raise UnfitError(f"one of {', '.join(item.words)}, or an expression system for each molecule", str(said))


def entity_numbers(molecules: Any, _item: ItemFacts) -> str | None:  # noqa: ANN401
    """List the entities of the assembly."""
    return ",".join(str(number) for number in range(1, len(_list(molecules)) + 1)) or None


def entity_source(molecule: Any, _item: ItemFacts) -> str | None:  # noqa: ANN401
    """Say how a molecule was made, where it is known."""
    return "man" if _said(molecule, "expression_system") else None


def is_expressed(molecule: Mapping[str, Any]) -> bool:
    """Whether another organism made the molecule."""
    return _said(molecule, "expression_system") is not None


def software_name(value: Any, item: ItemFacts) -> str | None:  # noqa: ANN401
    """Take the name from `EPU 3.8.1.7603`."""
    return word(words.SOFTWARE)(_software(value)[0], item)


def software_version(value: Any, item: ItemFacts) -> str | None:  # noqa: ANN401
    """Take the version from `EPU 3.8.1.7603`."""
    version = _software(value)[1]
    return text(version, item) if version else None


def serial_number(value: Any, _item: ItemFacts) -> str | None:  # noqa: ANN401
    """Take the number from a name that a vendor writes instead of a model, `TITAN52336320`."""
    found = _SERIAL_NAME.fullmatch(value.strip()) if isinstance(value, str) else None
    return found["number"] if found else None


def recording_details(acquisition: Any, _item: ItemFacts) -> str | None:  # noqa: ANN401
    """Say in words what PDBx has items for only if a film was scanned: frames, image and pixel size."""
    size, pixel = _at(acquisition, "image_size"), _at(acquisition, "pixel_size")
    counts = _at(acquisition, "frames_per_movie"), _at(size, "width"), _at(size, "height")
    frames, width, height = map(number, counts)
    pixel_a = in_unit(pixel, "Å") if isinstance(pixel, Mapping) else None
    said = (
        f"{written(frames)} frames per movie" if frames else None,
        f"{written(width)} x {written(height)} pixels" if width and height else None,
        f"pixel size {written(pixel_a)} angstroms" if pixel_a else None,
    )
    return "; ".join(part for part in said if part) or None


def grid_product(value: Any, item: ItemFacts) -> str | None:  # noqa: ANN401
    """Take a product (`Quantifoil R1.2/1.3`); who made the grid says nothing of its holes."""
    found = matched(value, item.deposition_words, {}) if isinstance(value, str) else None
    if found is None or key_of(found) in _MAKERS or not _PRODUCT.fullmatch(found):
        raise UnfitError("a product, as Quantifoil R1.2/1.3")
    return found


def made_by(value: Any, item: ItemFacts) -> str | None:  # noqa: ANN401
    """Keep the maker of a grid in words."""
    return (name := text(value, item)) and f"made by {name}"


def plunge_details(freezing: Any, item: ItemFacts) -> str | None:  # noqa: ANN401
    """Say in words how a sample was frozen."""
    method_name, blotted = _at(freezing, "method"), _at(freezing, "blotting")
    said = (
        method_name.replace("_", " ") if isinstance(method_name, str) else None,
        {True: "blotted", False: "not blotted"}.get(blotted) if isinstance(blotted, bool) else None,
        f"atmosphere: {atmosphere}" if isinstance(atmosphere := _at(freezing, "atmosphere"), str) else None,
        details if isinstance(details := _at(freezing, "details"), str) else None,
    )
    return text("; ".join(part for part in said if part), item)


def is_high_pressure(value: Any, _item: ItemFacts) -> str | None:  # noqa: ANN401
    """Whether a sample was frozen under pressure."""
    return YES if value == "high_pressure_freezing" else NO


def high_pressure_row(value: Any, _item: ItemFacts) -> str | None:  # noqa: ANN401
    """Say that there is an instrument, which OSC-EM does not name."""
    return UNKNOWN if value == "high_pressure_freezing" else None


def sectioning(value: Any, _item: ItemFacts) -> str | None:  # noqa: ANN401
    """Name how a sample was thinned."""
    if is_milled({"method_thin": value}):
        return "FOCUSED ION BEAM"
    key = key_of(value) if isinstance(value, str) else ""
    if "microtom" in key or "cemovis" in key:
        return "ULTRAMICROTOMY"
    raise UnfitError("ion beam milling or ultramicrotomy")


def is_used(part: Mapping[str, Any]) -> bool:
    """Whether a part of the optics was in use: a slit has a width when it is out, too."""
    return part.get("used") is True


def is_milled(thinning: Mapping[str, Any]) -> bool:
    """Whether an ion beam thinned the sample."""
    said = thinning.get("method_thin")
    return isinstance(said, str) and ("fib" in key_of(said) or "ionbeam" in key_of(said))


def no_ligand(ligands: Any, _item: ItemFacts) -> str | None:  # noqa: ANN401
    """Deny a ligand of interest where there is no ligand at all; PDBx does not ask whether there is one."""
    present = [_at(ligand, "present") for ligand in _list(ligands)]
    if present and all(said is False for said in present):
        return "N"
    if present:
        raise UnfitError("whether a ligand is what the research is about, which OSC-EM does not ask", "present")
    return None


def final_volume(slot: str, turn: Turn) -> Turn:
    """Turn a slot of the volume that a deposition is about: the one called final, else the only one resolved."""

    def turned(volumes: Any, item: ItemFacts) -> str | None:  # noqa: ANN401
        found = _final(_list(volumes))
        value = None if found is None else found.get(slot)
        return None if value is None else turn(value, item)

    return turned


def class_count(sizes: Any, _item: ItemFacts) -> str | None:  # noqa: ANN401
    """Count classes."""
    return str(len(sizes)) if _particles(sizes) else None


def class_mean(sizes: Any, _item: ItemFacts) -> str | None:  # noqa: ANN401
    """Give the mean number of particles in a class, which PDBx wants whole."""
    return f"{total / len(sizes):.0f}" if (total := _particles(sizes)) else None


def citation_name(author: Any, _item: ItemFacts) -> str | None:  # noqa: ANN401
    """Write an author as citations do: `Rodriguez, C.F.`."""
    names = (_at(author, name) for name in ("family_name", "given_name"))
    family, given = (one_line(name) if isinstance(name, str) else None for name in names)
    if not family or not given:
        raise UnfitError("a family name and given names in Latin letters")
    initials = (f"{part['hyphen'] or ''}{part['letter'].upper()}." for part in _GIVEN_NAMES.finditer(given))
    return f"{family}, {''.join(initials)}"


def _software(value: Any) -> tuple[str, str | None]:  # noqa: ANN401
    if not isinstance(value, str):
        raise UnfitError("a text")
    parts = _SOFTWARE.fullmatch(value.strip()[:200])
    return (parts["name"], parts["version"]) if parts else (value, None)


def _final(volumes: Iterable[Any]) -> Mapping[str, Any] | None:
    named = [volume for volume in volumes if isinstance(volume, Mapping)]
    final = [volume for volume in named if "final" in str(volume.get("volume_type")).casefold()]
    found = final or [volume for volume in named if volume.get("vol_resolution") is not None]
    return found[0] if len(found) == 1 else None


def _particles(sizes: Any) -> int:  # noqa: ANN401
    whole = [size for size in _list(sizes) if isinstance(size, int) and not isinstance(size, bool) and size >= 0]
    return sum(whole) if whole and len(whole) == len(sizes) else 0


def _said(found: Any, name: str) -> str | None:  # noqa: ANN401
    value = _at(found, name)
    return value if isinstance(value, str) and key_of(value) not in words.NOTHING else None


def _list(value: Any) -> list[Any]:  # noqa: ANN401
    return value if isinstance(value, list) else []


def _at(value: Any, *names: str) -> Any:  # noqa: ANN401
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
