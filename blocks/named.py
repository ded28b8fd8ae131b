"""Load a block by its name, with its own type and a clear word when it is not there."""

from pathlib import Path
from typing import Annotated, Self

from prefect.blocks.core import Block
from pydantic import AfterValidator

from emdewar.errors import RefusedError


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError(f"{path} must be an absolute path: workers run in folders of their own")
    return path


AbsolutePath = Annotated[Path, AfterValidator(_absolute)]
"""A path that means the same on every worker."""


class NamedBlock(Block):
    """Base of the blocks that flows load by name."""

    @classmethod
    def named(cls, name: str) -> Self:
        """Load the block of that name.

        Raises:
            RefusedError: The Prefect server has no such block.
        """
        try:
            block = cls.load(name)
        except ValueError as error:
            msg = f"no {cls._block_type_name} block named {name!r}: apply it with `python -m deployments.apply`"
            raise RefusedError(msg, reason="noBlock") from error
        if not isinstance(block, cls):
            raise RefusedError(f"the block named {name!r} is not a {cls._block_type_name}", reason="noBlock")
        return block
