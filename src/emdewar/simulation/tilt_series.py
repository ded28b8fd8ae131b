"""What a tilt series to simulate is like: angles in dose-symmetric order, and what each of them is given."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from emdewar.simulation.checks import check_dose, check_image, check_name, check_number, check_seed

TILT_TAKES = timedelta(seconds=30)


@dataclass(frozen=True)
class TiltSeries:
    """A tilt series as SerialEM takes it.

    Attributes:
        name: Of the stack, without ending.
        max_tilt_deg: Highest angle, on both sides.
        tilt_step_deg: From angle to angle.
        width: Columns of a frame and of the stack.
        height: Rows of a frame and of the stack.
        frames: Frames per tilt.
        pixel_size_a: Size of a pixel at the specimen, in Å.
        dose_e_per_a2: Dose at the specimen per tilt, in e/Å².
        exposure_s: Length of an exposure, in s.
        defocus_um: Target, in µm; negative is underfocus.
        voltage_kv: Acceleration voltage, in kV.
        magnification: Nominal.
        tilt_axis_deg: Direction of the tilt axis in the images, as IMOD counts it.
        slit_ev: Width of the energy slit, in eV.
        start: When it begins, by the clock of the camera's computer: SerialEM writes no time zone.
        seed: The same seed writes the same bytes.

    Raises:
        RefusedError: A value is out of range; the message names it.
    """

    name: str = "TS_01"
    max_tilt_deg: float = 60.0
    tilt_step_deg: float = 3.0
    width: int = 256
    height: int = 256
    frames: int = 6
    pixel_size_a: float = 2.13
    dose_e_per_a2: float = 3.0
    exposure_s: float = 1.2
    defocus_um: float = -3.5
    voltage_kv: float = 300
    magnification: int = 42_000
    tilt_axis_deg: float = 84.3
    slit_ev: float = 20.0
    start: datetime = datetime(2026, 11, 21, 9)  # noqa: DTZ001 - SerialEM's times have no zone
    seed: int = 1

    def __post_init__(self) -> None:
        """Check what was asked for."""
        check_name("name of the tilt series", self.name)
        check_image(width=self.width, height=self.height, frames=self.frames)
        check_number("highest tilt (degrees)", self.max_tilt_deg, least=0, most=80)
        check_number("tilt step (degrees)", self.tilt_step_deg, least=0.1, most=30)
        check_number("pixel size (Å)", self.pixel_size_a, least=0.1, most=50)
        check_number("dose per tilt (e/Å²)", self.dose_e_per_a2, least=0.01, most=100)
        check_number("voltage (kV)", self.voltage_kv, least=60, most=400)
        check_number("magnification", self.magnification, least=1000, most=500_000)
        check_number("energy slit (eV)", self.slit_ev, least=0, most=100)
        check_number("exposure (s)", self.exposure_s, least=0.01, most=240)
        check_number("defocus (µm)", self.defocus_um, least=-50, most=50)
        check_dose(self.electrons_per_pixel, frames=self.frames)
        check_seed(self.seed)

    @property
    def electrons_per_pixel(self) -> float:
        """Mean electrons on a pixel per tilt, at no tilt."""
        return self.dose_e_per_a2 * self.pixel_size_a**2


@dataclass(frozen=True)
class Tilt:
    """One angle of a series.

    Attributes:
        number: Position in the order of taking, from 0; the section of the stack.
        angle_deg: Asked for.
        moment: When.
        prior_dose_e_per_a2: What the specimen had before.
    """

    number: int
    angle_deg: float
    moment: datetime
    prior_dose_e_per_a2: float


def plan_tilts(series: TiltSeries) -> list[Tilt]:
    """Plan a dose-symmetric series: 0, +3, -3, -6, +6, +9, … (Hagen et al. 2017, 10.1016/j.jsb.2016.06.007)."""
    angles = [0.0]
    steps = int(series.max_tilt_deg / series.tilt_step_deg + 1e-9)
    for step in range(1, steps + 1):
        first = step * series.tilt_step_deg * (1 if step % 2 else -1)
        angles += [first, -first]
    return [
        Tilt(number, angle, series.start + (number + 1) * TILT_TAKES, number * series.dose_e_per_a2)
        for number, angle in enumerate(angles)
    ]
