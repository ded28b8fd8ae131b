"""Policies: how the data of a group are kept."""

from typing import Annotated

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from catalog_api.json_type import Json
from catalog_api.routes.parameters import TheListing, TheListingV4
from catalog_api.rules.policy_rights import check_read
from catalog_api.services import policies
from catalog_api.services.policies import POLICIES
from catalog_api.site import Reading, TheCaller, Writing
from catalog_api.wire.document import Patch, ThePatch
from catalog_api.wire.fields import Sent, read
from catalog_api.wire.filters import Listing, object_of
from catalog_api.wire.paths import Identifier
from catalog_api.wire.policy import FlatPolicy, PolicyIn, flat_changes, flat_wire, nested, policy_wire
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer, nothing

current = router("Policies")
old = router("Policies (v3)")

WhereText = Annotated[str | None, Query(alias="where", description='Condition, e.g. `{"ownerGroup": "p1"}`')]


class OfGroups(Sent):
    """The same change to the policies of some groups."""

    owner_group_list: str = Field(description="Groups, separated by commas.", max_length=65536)
    data: dict[str, Json] = Field(description="What to change, with v3 names.")


@current.post("/policies", status_code=201, summary="Make the policy of a group")
def create(sent: PolicyIn, caller: TheCaller, session: Writing) -> Response:
    """Make the policy of a group; a group has one, so the second is refused with 409."""
    return answer(policy_wire(policies.create(session, caller, sent)), 201)


@current.get("/policies", summary="List policies")
def find_many(listing: TheListingV4, caller: TheCaller, session: Reading) -> Response:
    """List policies; admins and the policy groups may."""
    check_read(caller)
    return answer([listing.project(policy_wire(row)) for row in POLICIES.page(session, caller, listing)])


@current.get("/policies/{policy_id}", summary="Give a policy")
def find(policy_id: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Give one policy."""
    check_read(caller)
    return answer(policy_wire(POLICIES.find(session, caller, policy_id)))


@current.patch("/policies/{policy_id}", summary="Change a policy")
def change(policy_id: Identifier, patch: ThePatch, caller: TheCaller, session: Writing) -> Response:
    """Change the named fields and nothing else; `jobPolicies` is merged key by key.

    In `application/json` null leaves a value as it is, in `application/merge-patch+json` it takes it away.
    """
    return answer(policy_wire(policies.update(session, caller, policy_id, patch)))


@current.delete("/policies/{policy_id}", summary="Delete a policy")
def delete(policy_id: Identifier, caller: TheCaller, session: Writing) -> Response:
    """Delete a policy, and answer with it as it was; the group's next dataset brings a new one."""
    return answer(policy_wire(policies.delete(session, caller, policy_id)))


@old.post("/policies", status_code=201, summary="Make the policy of a group")
def create_old(sent: FlatPolicy, caller: TheCaller, session: Writing) -> Response:
    """Make the policy of a group with v3 names; a group has one, so the second is refused with 409."""
    whole = read(PolicyIn, nested(sent.model_dump(by_alias=True)))
    return answer(flat_wire(policies.create(session, caller, whole)), 201)


@old.get("/policies", summary="List policies")
def find_many_old(listing: TheListing, caller: TheCaller, session: Reading) -> Response:
    """List policies with v3 names; admins and the policy groups may."""
    check_read(caller)
    return answer([listing.project(flat_wire(row)) for row in POLICIES.page(session, caller, listing)])


@old.get("/policies/count", summary="Count policies")
def count(listing: TheListing, caller: TheCaller, session: Reading, where: WhereText = None) -> Response:
    """Count what the condition `where` and the filter find."""
    check_read(caller)
    both = {"and": [object_of(where, "where"), listing.where]}
    return answer({"count": POLICIES.count(session, caller, both)})


@old.post("/policies/updateWhere", summary="Change the policies of some groups")
def update_of_groups(sent: OfGroups, caller: TheCaller, session: Writing) -> Response:
    """Change the policies of some groups alike; a group without one gets one."""
    groups = [group.strip(' "') for group in sent.owner_group_list.split(",")]
    policies.update_of_groups(session, caller, filter(None, groups), flat_changes(sent.data))
    return answer({"message": "successful policy update"})


@old.get("/policies/{policy_id}", summary="Give a policy")
def find_old(policy_id: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Give one policy with v3 names; where there is none, nothing, as SciCat does."""
    check_read(caller)
    found = POLICIES.first(session, caller, Listing(where={"id": policy_id}))
    return answer(flat_wire(found)) if found else nothing()


@old.patch("/policies/{policy_id}", summary="Change a policy")
def change_old(policy_id: Identifier, patch: ThePatch, caller: TheCaller, session: Writing) -> Response:
    """Change the named fields and nothing else, with v3 names."""
    changed = Patch(flat_changes(patch.body), merges=False, seen=patch.seen)
    return answer(flat_wire(policies.update(session, caller, policy_id, changed)))


@old.delete("/policies/{policy_id}", summary="Delete a policy")
def delete_old(policy_id: Identifier, caller: TheCaller, session: Writing) -> Response:
    """Delete a policy, and answer with it as it was."""
    return answer(flat_wire(policies.delete(session, caller, policy_id)))
