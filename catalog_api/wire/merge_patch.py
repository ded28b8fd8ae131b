"""JSON Merge Patch (RFC 7386), and how a request says that it sends one."""

from typing import Annotated

from fastapi import Depends, Header

from catalog_api.json_type import Json


def merge_patch(old: Json, patch: Json) -> Json:
    """Merge JSON: objects key by key, null removes, everything else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(old) if isinstance(old, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


async def _merges(content_type: Annotated[str, Header(include_in_schema=False)] = "") -> bool:
    return content_type.lower().startswith("application/merge-patch+json")


Merges = Annotated[bool, Depends(_merges)]
"""Whether the request's body is `application/merge-patch+json`."""
