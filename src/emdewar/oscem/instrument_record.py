"""OSC-EM `instrument`: what files say of the microscope, and what its Microscope block does."""

from collections.abc import Mapping
from typing import TypeVar

from emdewar.oscem.findings import Finding
from emdewar.oscem.ledger import Ledger, Said
from emdewar.oscem.records import Instrument, Microscope
from emdewar.oscem.site import SiteValues
from emdewar.oscem.suppliers import BLOCK, supplier_of
from emdewar.oscem.units import quantity

Value = TypeVar("Value")

Texts = Mapping[str, tuple[Said[str], ...]]
Numbers = Mapping[str, tuple[Said[float], ...]]


def instrument_record(ledger: Ledger, site: SiteValues, texts: Texts, numbers: Numbers) -> Instrument:
    """Settle what files and site say of the microscope.

    Args:
        ledger: Takes down where each value came from.
        site: What the Microscope block says.
        texts: Words of files on `serial_name`, `illumination`, `imaging`, `operating_mode`, `electron_source`.
        numbers: Words of files on `voltage_kv`, `c2_aperture_um`, `convergence_mrad`, each in that unit.
    """

    def text(slot: str) -> str | None:
        return ledger.settle(f"instrument.{slot}", *texts.get(slot, ()), site.text(slot))

    return Instrument(
        microscope=_microscope(ledger, site, texts.get("serial_name", ()), texts.get("manufacturer", ())),
        illumination=text("illumination"),
        imaging=text("imaging"),
        operating_mode=ledger.settle("instrument.operating_mode", *texts.get("operating_mode", ())),
        electron_source=text("electron_source"),
        acceleration_voltage=quantity(
            ledger.settle("instrument.acceleration_voltage", *numbers.get("voltage_kv", ()), site.number("voltage_kv")),
            "kV",
        ),
        beam_convergence=quantity(
            ledger.settle("instrument.beam_convergence", *numbers.get("convergence_mrad", ())), "mrad"
        ),
        c2_aperture=quantity(
            ledger.settle("instrument.c2_aperture", *numbers.get("c2_aperture_um", ()), site.number("c2_aperture_um")),
            "um",
        ),
        cs=quantity(ledger.settle("instrument.cs", *numbers.get("cs_mm", ()), site.number("cs_mm")), "mm"),
    )


def _microscope(
    ledger: Ledger, site: SiteValues, serials: tuple[Said[str], ...], makers: tuple[Said[str], ...]
) -> Microscope | None:
    """Settle the model: the site's word counts; a serial name in a file contradicts it only where it is another's."""
    serial = next((word for word in serials if word.value), None)
    if serial is not None and site.serial_names and serial.value not in site.serial_names:
        expectation = f"a session of {' or '.join(site.serial_names)}, as the {BLOCK}'s serial_names say"
        ledger.findings.append(
            Finding(
                path="instrument.microscope.model",
                expectation=expectation,
                value=str(serial.value),
                source=serial.source,
            )
        )
    path = "instrument.microscope.model"
    model = ledger.settle(path, site.text("microscope_model")) or ledger.settle(path, *serials)
    if model is None:
        return None
    if site.microscope_model is None:
        ledger.findings.append(
            Finding(
                path=path,
                expectation="a model as PDBx names it, as TFS KRIOS; files hold a serial name",
                value=model,
                source=supplier_of(path),
            )
        )
    manufacturer = ledger.settle("instrument.microscope.manufacturer", *makers, site.text("manufacturer"))
    return Microscope(model=model, manufacturer=manufacturer)
