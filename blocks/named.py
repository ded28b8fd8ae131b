"""Load a block by its name, with its own type and a clear word when it is not there."""

from typing import Self

from prefect.blocks.core import Block

from emdewar.errors import RefusedError


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
