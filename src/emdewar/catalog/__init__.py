"""The catalog client: what the flows, scripts and services say to a catalog, over HTTP and nothing else."""

from emdewar.catalog.client import Catalog

__all__ = ["Catalog"]
