"""What the PDBx/mmCIF dictionary says of the items that an EM deposition is made of: facts as data.

Source: PDBx/mmCIF dictionary 5.417 (wwPDB, CC0). `facts_5_417.json` holds the categories of cryo-EM and the
administrative ones; `dictionary.read_facts` gives the same from a full dictionary, and a test compares the two.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

Range = tuple[str, str]
"""Lower and upper bound, empty for none. Bounds are open; two of the same value allow that value."""


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ItemFacts(_Facts):
    """One item (column).

    Attributes:
        type: Code of its data type; a key of `Facts.types`, or none where the dictionary gives none.
        mandatory: Every row must have the item.
        deposition_mandatory: A deposition asks for a value.
        unit: Name of the unit that values are in, e.g. `nanometres`.
        ranges: Allowed; a value must be in one of them.
        deposition_ranges: Usual; a deposition warns about values outside.
        words: All values that are allowed.
        deposition_words: What a deposition offers; it warns about others.
        deposition_type: Type that a deposition expects, where it is stricter.
        parents: Items one of whose values this one must have.
    """

    type: str | None = None
    mandatory: bool = False
    deposition_mandatory: bool = False
    unit: str | None = None
    ranges: tuple[Range, ...] = ()
    deposition_ranges: tuple[Range, ...] = ()
    words: tuple[str, ...] = ()
    deposition_words: tuple[str, ...] = ()
    deposition_type: str | None = None
    parents: tuple[str, ...] = ()

    @property
    def needed(self) -> bool:
        """Whether the dictionary or a deposition asks for a value."""
        return self.mandatory or self.deposition_mandatory


class CategoryFacts(_Facts):
    """One category (table): its key, and its items by name without the category."""

    keys: tuple[str, ...]
    items: Mapping[str, ItemFacts]


class TypeFacts(_Facts):
    """One data type: `char`, `uchar` (upper and lower case are the same) or `numb`, and the pattern of its values."""

    primitive: str
    pattern: str


class Facts(_Facts):
    """What a dictionary of some version says."""

    version: str
    types: Mapping[str, TypeFacts]
    categories: Mapping[str, CategoryFacts]

    def item(self, name: str) -> ItemFacts | None:
        """Give what is known of an item (`_em_imaging.mode`), or None."""
        category, _, item = name.removeprefix("_").partition(".")
        known = self.categories.get(category)
        return known.items.get(item) if known else None

    def as_json(self) -> dict[str, Any]:
        """Give a JSON object without what is not said."""
        return self.model_dump(mode="json", exclude_defaults=True)


SHIPPED: Final = "facts_5_417.json"


@cache
def shipped_facts() -> Facts:
    """Read the facts that come with the package."""
    content = files(__package__).joinpath(SHIPPED).read_text("utf-8")
    return Facts.model_validate(json.loads(content))
