"""What a file of materials science says, by the dotted names that RosettaSciIO gives its metadata."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from emdewar.formats.materials import Axis, MaterialsMetadata
from emdewar.oscem.ledger import Said
from emdewar.oscem.site import SiteValues
from emdewar.oscem.units import si_value

_NOTHING = frozenset({"", "none", "null"})


@dataclass(frozen=True)
class GeneralSources:
    """One file, ready to be quoted."""

    metadata: MaterialsMetadata
    site: SiteValues

    def texts(self, *keys: str) -> tuple[Said[str], ...]:
        """Quote the texts at some names."""
        return tuple(Said(self.text(key), f"{self.metadata.path.name}: {key}") for key in keys)

    def numbers(self, *keys: str, times: float = 1.0) -> tuple[Said[float], ...]:
        """Quote the numbers at some names, each times a factor that changes its unit."""
        found = ((key, self.number(key)) for key in keys)
        return tuple(
            Said(None if value is None else value * times, f"{self.metadata.path.name}: {key}") for key, value in found
        )

    def text(self, key: str) -> str | None:
        """Give a text; an empty one says nothing."""
        value = self.metadata.values.get(key)
        text = "" if value is None else str(value).strip()
        return None if text.lower() in _NOTHING else text

    def number(self, key: str) -> float | None:
        """Give a finite number."""
        try:
            number = float(self.text(key) or "nan")
        except ValueError:
            return None
        return number if abs(number) < float("inf") else None

    def moment(self, *keys: str) -> Said[datetime]:
        """Quote the first time there is; one without zone needs the site's."""
        for key in keys:
            if (moment := self._moment(self.text(key))) is not None:
                return Said(moment, f"{self.metadata.path.name}: {key}")
        return Said(None, self.metadata.path.name)

    def _moment(self, text: str | None) -> datetime | None:
        try:
            if text is None:
                return None
            if text.isdecimal():
                return datetime.fromtimestamp(int(text), tz=UTC) if int(text) else None
            moment = datetime.fromisoformat(text)
        except (ValueError, OverflowError, OSError):
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=zone) if (zone := self.site.zone()) else None

    def lengths(self) -> Iterator[tuple[Axis, float]]:
        """Go through the axes in space, with the distance of their points in metres."""
        for axis in self.metadata.axes:
            metres = si_value(axis.scale, axis.unit, "m") if axis.scale and axis.unit else None
            if metres is not None:
                yield axis, abs(metres)

    def energy_step_ev(self) -> float | None:
        """Distance of two points of the axis of energy."""
        for axis in self.metadata.axes:
            if axis.scale and axis.unit and (joule := si_value(axis.scale, axis.unit, "J")) is not None:
                return abs(joule) / EV_J
        return None


EV_J = 1.602176634e-19
"""An electronvolt in joule, exact since the SI of 2019."""
