"""Proposals, in the v4 dialect: with a token here, without one below `/proposals/public`."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Query
from starlette.responses import Response

from catalog_api.json_type import Json
from catalog_api.routes.parameters import (
    Body,
    FacetForm,
    FacetsText,
    FieldsText,
    FilterHeader,
    FilterText,
    TheListingV4,
    sent_once,
)
from catalog_api.rules.ownership import check_known
from catalog_api.rules.proposal_rights import check_write
from catalog_api.services import proposals
from catalog_api.services.documents import Collection
from catalog_api.services.proposals import PROPOSALS, PUBLIC
from catalog_api.site import Reading, TheCaller, TheSite, Writing
from catalog_api.wire.document import ThePatch
from catalog_api.wire.paths import Identifier
from catalog_api.wire.proposal import ProposalChange, ProposalIn, proposal_wire
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer, nothing
