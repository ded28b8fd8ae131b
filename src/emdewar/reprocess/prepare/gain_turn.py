"""How a gain reference must be turned, read from words: ours, those of people, MotionCor2's and RELION's.

Turns are those of the image as programs show it: first line at the top for TIFF and Gatan, last line for MRC.
"""

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emdewar.errors import RefusedError

Plane = npt.NDArray[np.float32]
"""An image as (row, column)."""

_NOTHING = frozenset({"", "none", "no", "identity", "not needed", "as is", "nothing", "0"})
_COUNTERS = r"counter[- ]?clockwise|anti[- ]?clockwise|ccw"
_ROTATE = re.compile(
    rf"(?:rotat\w*|rot)\s*(?:by\s*)?(?P<angle>-?\d+)\s*(?:deg\w*|°)?\s*(?P<sense>{_COUNTERS}|clockwise|cw)?",
    re.IGNORECASE,
)
_FLIP_SIDES = re.compile(
    r"flip\s*(?:x\b|in x\b|left[- ](?:to[- ])?right|horizontally|(?:around|about) the vertical axis)", re.IGNORECASE
)
_FLIP_UPSIDE_DOWN = re.compile(
    r"flip\s*(?:y\b|in y\b|up(?:side)?[- ](?:to[- ])?down|vertically|(?:around|about) the horizontal axis)",
    re.IGNORECASE,
)
_ROT_GAIN = re.compile(r"-{0,2}\b(?:RotGain|gain_rot)\s*[=:]?\s*(?P<number>[0-3])\b", re.IGNORECASE)
_FLIP_GAIN = re.compile(r"-{0,2}\b(?:FlipGain|gain_flip)\s*[=:]?\s*(?P<number>[0-2])\b", re.IGNORECASE)
_BETWEEN = re.compile(r"\b(?:then|and|the image)\b|[,;.]|\s|--")
_QUARTER_DEG = 90
_UPSIDE_DOWN, _SIDES = "upside down", "left to right"


@dataclass(frozen=True)
class GainTurn:
    """Steps from a gain reference to the movies.

    Attributes:
        steps: In order: a number of quarter turns counter-clockwise, or a flip in words.
    """

    steps: tuple[int | str, ...] = ()

    def apply(self, image: Plane) -> Plane:
        """Turn an image whose first row is shown at the top; the result may be a view."""
        for step in self.steps:
            if step == _UPSIDE_DOWN:
                image = image[::-1]
            elif step == _SIDES:
                image = image[:, ::-1]
            else:
                image = np.rot90(image, int(step))
        return image

    @property
    def is_nothing(self) -> bool:
        """Whether the image stays as it is."""
        corners = np.arange(6, dtype=np.float32).reshape(2, 3)
        return np.array_equal(self.apply(corners), corners)

    @property
    def in_words(self) -> str:
        """Words that `turn_from_words` reads back."""
        told = [
            f"flip {step}" if isinstance(step, str) else f"rotate by {90 * step} degrees counter-clockwise"
            for step in self.steps
        ]
        return ", then ".join(told) or "none"


def turn_from_words(words: str) -> GainTurn:
    """Read how a gain reference must be turned.

    MotionCor2's and RELION's numbers rotate before they flip, in whatever order they are named.

    Raises:
        RefusedError: The words say something else; a gain that lies wrongly damages every movie.
    """
    text = words.strip()
    if text.lower() in _NOTHING:
        return GainTurn()
    rest = _BETWEEN.sub("", _ROT_GAIN.sub("", _FLIP_GAIN.sub("", text)))
    rotation, flip = _ROT_GAIN.search(text), _FLIP_GAIN.search(text)
    if not rest and (rotation or flip):
        return _of_numbers(int(rotation["number"]) if rotation else 0, int(flip["number"]) if flip else 0)
    found = sorted(_steps(text))
    left = _BETWEEN.sub("", _without(text, [(start, end) for start, end, _ in found]))
    if not found or left:
        raise _unknown(words)
    return GainTurn(tuple(step for _, _, step in found if step != 0))


def _of_numbers(rotation: int, flip: int) -> GainTurn:
    flips: dict[int, tuple[int | str, ...]] = {0: (), 1: (_UPSIDE_DOWN,), 2: (_SIDES,)}
    return GainTurn(((rotation,) if rotation else ()) + flips[flip])


def _steps(text: str) -> list[tuple[int, int, int | str]]:
    found: list[tuple[int, int, int | str]] = [
        (match.start(), match.end(), _quarters(match, text)) for match in _ROTATE.finditer(text)
    ]
    found += [(match.start(), match.end(), _SIDES) for match in _FLIP_SIDES.finditer(text)]
    found += [(match.start(), match.end(), _UPSIDE_DOWN) for match in _FLIP_UPSIDE_DOWN.finditer(text)]
    return found


def _quarters(match: re.Match[str], text: str) -> int:
    """Count quarter turns counter-clockwise; a quarter without a sense could be either, a half turn could not."""
    angle = int(match["angle"])
    sense = (match["sense"] or "").lower()
    if angle % _QUARTER_DEG or (not sense and angle % (2 * _QUARTER_DEG)):
        raise _unknown(text)
    quarters = angle // _QUARTER_DEG
    return (-quarters if sense in {"clockwise", "cw"} else quarters) % 4


def _without(text: str, places: list[tuple[int, int]]) -> str:
    for start, end in sorted(places, reverse=True):
        text = text[:start] + text[end:]
    return text


def _unknown(words: str) -> RefusedError:
    msg = (
        f"cannot tell from {words!r} how to turn the gain reference; say `none`, or steps such as "
        "`flip upside down, then rotate by 90 degrees counter-clockwise`"
    )
    return RefusedError(msg)
