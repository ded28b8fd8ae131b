"""The reference page: an OpenAPI document as plain HTML."""

import re
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

Json = Mapping[str, Any]

STYLE = (Path(__file__).parent / "reference.css").read_text("utf-8")
METHODS = ("get", "post", "put", "patch", "delete")


def page(openapi: Json) -> str:
    """Write the page.

    Args:
        openapi: An OpenAPI 3.1 document.
    """
    info = openapi["info"]
    title = escape(info["title"])
    sections = _by_tag(openapi)
    links = " ".join(f'<a href="#{_anchor(tag)}">{escape(tag)}</a>' for tag in sections)
    body = "".join(_section(tag, operations, openapi) for tag, operations in sections.items())
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head><body>'
        f"<h1>{title}</h1>{_text(info.get('description', ''))}"
        f'<p>Version {escape(info["version"])} · <a href="openapi.json">OpenAPI document</a></p>'
        f"<nav>{links}</nav>{body}</body></html>"
    )


def _by_tag(openapi: Json) -> dict[str, list[tuple[str, str, Json]]]:
    sections: dict[str, list[tuple[str, str, Json]]] = {}
    for path, item in openapi["paths"].items():
        for method in METHODS:
            if method in item:
                tag = next(iter(item[method].get("tags", [])), "Other")
                sections.setdefault(tag, []).append((method, path, item[method]))
    return sections


def _section(tag: str, operations: list[tuple[str, str, Json]], openapi: Json) -> str:
    shown = "".join(_operation(*operation, openapi) for operation in operations)
    return f'<h2 id="{_anchor(tag)}">{escape(tag)}</h2>{shown}'


def _operation(method: str, path: str, operation: Json, openapi: Json) -> str:
    rows = [*_parameters(operation), *_body(operation, openapi)]
    table = f"<table><tr><th>Name<th>Type<th>Meaning</tr>{''.join(rows)}</table>" if rows else ""
    return (
        f'<details><summary><span class="method">{method.upper()}</span> <span class="path">{escape(path)}</span>'
        f'<span class="what">{escape(operation.get("summary", ""))}</span></summary>'
        f"{_text(operation.get('description', ''))}{table}</details>"
    )


def _parameters(operation: Json) -> Iterator[str]:
    for parameter in operation.get("parameters", []):
        kind = f"{_type(parameter.get('schema', {}))} in {parameter['in']}"
        yield _row(parameter["name"], kind, parameter.get("description", ""), required=parameter.get("required", False))


def _body(operation: Json, openapi: Json) -> Iterator[str]:
    content = operation.get("requestBody", {}).get("content", {})
    schema = _resolve(next((media["schema"] for media in content.values()), {}), openapi)
    required = schema.get("required", [])
    for name, field in schema.get("properties", {}).items():
        yield _row(name, _type(field), field.get("description", ""), required=name in required)


def _row(name: str, kind: str, meaning: str, *, required: bool) -> str:
    star = " *" if required else ""
    return f"<tr><td>{escape(name)}{star}<td>{escape(kind)}<td>{_inline(meaning)}</tr>"


def _type(schema: Json) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(option) for option in schema["anyOf"])
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("format", schema.get("type", "any")))


def _resolve(schema: Json, openapi: Json) -> Json:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    resolved: Json = openapi["components"]["schemas"][name] if name else schema
    return resolved


def _text(text: str) -> str:
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "".join(f"<p>{_inline(paragraph)}</p>" for paragraph in paragraphs if paragraph)


def _inline(text: str) -> str:
    marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
    return re.sub(r"\*([^*]+)\*", r"<em>\1</em>", marked)


def _anchor(tag: str) -> str:
    return re.sub(r"\W+", "-", tag.lower()).strip("-")
