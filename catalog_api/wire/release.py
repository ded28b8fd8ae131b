"""Releasing a dataset, over the wire."""

from typing import Annotated

from pydantic import Field

from catalog_api.wire.fields import Sent, Text, Word


class ReleaseIn(Sent):
    """Why the files of a dataset may go from central disk."""

    why: Annotated[Text, Field(min_length=1, description="The reason, for the history.")]
    required_copies: Annotated[int | None, Field(ge=1, le=100)] = Field(
        None, description="On how many stores each datablock must have a good copy, if more than the catalog demands."
    )
    flow_run_id: Word | None = Field(None, description="The flow run that does it, for the history.")
