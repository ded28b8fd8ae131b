"""The description of the API (OpenAPI): each refusal is described once and referred to, not written out each time."""

from typing import Any

from fastapi import FastAPI

from catalog_api.refusals import phrase

Document = dict[str, Any]
METHODS = ("get", "put", "post", "patch", "delete")


class DescribedApi(FastAPI):
    """An application whose description is short enough to be read, and to be compared."""

    def openapi(self) -> Document:
        """Describe all routes; made once."""
        if self.openapi_schema is None:
            self.openapi_schema = _with_shared_refusals(super().openapi())
        return self.openapi_schema


def _with_shared_refusals(document: Document) -> Document:
    shared: dict[str, Document] = {}
    for item in document["paths"].values():
        for method in METHODS:
            responses = item.get(method, {}).get("responses", {})
            for status in [code for code in responses if code.startswith(("4", "5"))]:
                name = f"Refused{status}"
                first = shared.setdefault(name, responses[status])
                if first == responses[status]:
                    responses[status] = {"$ref": f"#/components/responses/{name}"}
    for name, response in shared.items():
        response["description"] = phrase(int(name.removeprefix("Refused")))
    document["components"]["responses"] = shared
    return document
