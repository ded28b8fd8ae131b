"""Texts of job types with placeholders: `{{job.id}}`, `{{{jsonify job.jobParams}}}`.

Of Handlebars, in which SciCat's files are written, these are what a log line and a flow's parameter need.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from catalog_api.jobs.json_path import JsonPath, json_path
from catalog_api.json_type import Json
from emdewar.errors import RefusedError

KNOWN = ("request", "job", "datasets", "dataset", "this")
"""What a placeholder may begin with; `dataset` is the one that a flow run is for."""

_PLACEHOLDER = re.compile(r"\{\{\{\s*(?P<three>.*?)\s*\}\}\}|\{\{\s*(?P<two>.*?)\s*\}\}", re.DOTALL)
_WORDS = re.compile(r"(?:(?P<jsonify>jsonify)\s+)?(?P<path>[^\s{}]+)")
_MISSING = object()


@dataclass(frozen=True)
class _Placeholder:
    """One placeholder: where its value is, and whether it is written as JSON."""

    path: JsonPath
    as_json: bool

    def value(self, context: Mapping[str, Json]) -> Json:
        """Give the value, or a mark that there is none."""
        found = self.path.find(context)
        return found[0] if found and found[0] is not None else _MISSING

    def written(self, context: Mapping[str, Json]) -> str:
        """Write the value into a text; nothing for what is not there."""
        value = self.value(context)
        if value is _MISSING:
            return ""
        return value if isinstance(value, str) and not self.as_json else json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class Template:
    """A text, cut at its placeholders."""

    parts: tuple[str | _Placeholder, ...]

    def text(self, context: Mapping[str, Json]) -> str:
        """Write the text with its placeholders filled."""
        return "".join(part if isinstance(part, str) else part.written(context) for part in self.parts)

    def value(self, context: Mapping[str, Json]) -> Json:
        """Give the value of a text that is one placeholder, with its type; else the text."""
        if len(self.parts) == 1 and isinstance(self.parts[0], _Placeholder):
            return self.parts[0].value(context)
        return self.text(context)


def template(text: str) -> Template:
    """Read a text with placeholders.

    Raises:
        RefusedError: A placeholder is none that is supported.
    """
    parts: list[str | _Placeholder] = []
    end = 0
    for match in _PLACEHOLDER.finditer(text):
        parts += [text[end : match.start()], _placeholder(match["three"] or match["two"] or "")]
        end = match.end()
    return Template(tuple(part for part in [*parts, text[end:]] if part != ""))


@dataclass(frozen=True)
class Parameters:
    """Parameters of a flow run, each a template or what holds templates."""

    content: Json

    def filled(self, context: Mapping[str, Json]) -> dict[str, Json]:
        """Fill the placeholders; what they do not find is left out, so that the flow's own default holds."""
        filled: dict[str, Json] = _filled(self.content, context)
        return filled


def parameters(content: Mapping[str, Json]) -> Parameters:
    """Read parameters.

    Raises:
        RefusedError: A placeholder is none that is supported.
    """
    return Parameters(_read(dict(content)))


def _placeholder(words: str) -> _Placeholder:
    match = _WORDS.fullmatch(words)
    begins = re.split(r"[.\[]", match["path"])[0] if match else ""
    if match is None or begins not in KNOWN:
        msg = f"the placeholder {words!r} is not supported: write {{{{name}}}} or {{{{jsonify name}}}}, "
        raise RefusedError(f"{msg}name beginning with one of {', '.join(KNOWN)}", reason="badRequest")
    path = match["path"].removeprefix("this").removeprefix(".") if begins == "this" else match["path"]
    return _Placeholder(json_path(path), match["jsonify"] is not None)


def _read(content: Json) -> Json:
    if isinstance(content, str):
        return template(content)
    if isinstance(content, dict):
        return {name: _read(value) for name, value in content.items()}
    return [_read(value) for value in content] if isinstance(content, list) else content


def _filled(content: Json, context: Mapping[str, Json]) -> Json:
    if isinstance(content, Template):
        return content.value(context)
    if isinstance(content, dict):
        values = {name: _filled(value, context) for name, value in content.items()}
        return {name: value for name, value in values.items() if value is not _MISSING}
    if isinstance(content, list):
        return [value for value in (_filled(item, context) for item in content) if value is not _MISSING]
    return content
