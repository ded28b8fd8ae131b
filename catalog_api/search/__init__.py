"""What makes datasets findable: who sees them, their words, and their metadata in SI units."""

from catalog_api.search.index import index_dataset
from catalog_api.search.si import with_si

__all__ = ["index_dataset", "with_si"]
