"""The arguments of `relion_run_motioncorr` that follow from the data; how to correct is for the run to say."""

from typing import Final

from emdewar.reprocess.prepare.movie_optics import Fractions

GAIN: Final = "gain.mrc"
"""The gain reference in a project."""


def motion_correction(fractions: Fractions, *, has_gain: bool) -> tuple[str, ...]:
    """Give dose, gain reference and grouping as RELION's command line names them; the gain lies right already."""
    arguments = ["--dose_per_frame", f"{fractions.dose_e_per_a2:.6g}", "--preexposure", "0"]
    if has_gain:
        arguments += ["--gainref", GAIN, "--gain_rot", "0", "--gain_flip", "0"]
    if fractions.eer_grouping is not None:
        arguments += ["--eer_grouping", str(fractions.eer_grouping), "--eer_upsampling", "1"]
    return tuple(arguments)
