"""The catalog and the account that the flows use there."""

from typing import ClassVar

from prefect.blocks.core import Block
from pydantic import Field, SecretStr

from emdewar.catalog import Catalog


class CatalogApi(Block):
    """The catalog that the flows report to: EM Dewar's own, or a facility's SciCat."""

    _block_type_name: ClassVar[str] = "EM Dewar Catalog"
    _block_type_slug: ClassVar[str] = "emdewar-catalog"
    _description: ClassVar[str] = "Where datasets are registered, and the functional account to do it with."

    url: str = Field(description="Root of the catalog.", examples=["http://127.0.0.1:8000"])
    username: str = Field(description="Functional account of the flows.", examples=["emdewar"])
    password: SecretStr = Field(description="Its password.")

    def client(self) -> Catalog:
        """Log in and give a client; use it as a context manager."""
        return Catalog.login(self.url, self.username, self.password.get_secret_value())
