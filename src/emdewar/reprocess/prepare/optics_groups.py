"""Parting movies into optics groups by beam shift: EPU names the place in its template where the beam was shifted to.

FoilHole_<hole>_Data_<area>_<n>_<date>_<time>: holes are reached by shifting the beam too, but only the area is named.
"""

import re
from collections.abc import Iterable

from emdewar.errors import RefusedError
from emdewar.oscem.findings import some_names
from emdewar.reprocess.prepare.options import OpticsGroups

_AREA = re.compile(r"_Data_(?P<area>\d+)_\d+_\d{8}_\d{6}")


def group_movies(names: Iterable[str], by: OpticsGroups) -> dict[str, int]:
    """Give each movie the number of its optics group, from 1.

    Raises:
        RefusedError: Groups by beam shift are wanted, and some names do not tell it.
    """
    listed = sorted(names)
    if by is OpticsGroups.ONE:
        return dict.fromkeys(listed, 1)
    areas = {name: found["area"] for name in listed if (found := _AREA.search(name))}
    silent = [name for name in listed if name not in areas]
    if silent:
        msg = f"these names do not tell the beam shift: {some_names(silent)}; take one optics group"
        raise RefusedError(msg)
    numbers = {area: number for number, area in enumerate(sorted(set(areas.values()), key=int), start=1)}
    return {name: numbers[area] for name, area in areas.items()}
