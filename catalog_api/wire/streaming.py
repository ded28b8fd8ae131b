"""Answers that are written while they are read: a list of any length takes the memory of one batch.

When reading fails half way, the connection ends without the last chunk and the JSON without its last bracket, so that
no client takes what it has for the whole.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice, zip_longest

import orjson
from starlette.responses import Response, StreamingResponse

from catalog_api.json_type import Json

ITEMS_AT_ONCE = 500
SENT_WHOLE_BYTES = 1024 * 1024
"""Answers up to here are sent whole, with their length; larger ones in chunks."""

_PLACE = "\0rows\0"
_PLACE_WRITTEN = orjson.dumps(_PLACE)
"""Where a list will stand; no text of ours has a NUL."""


class Rows:
    """A list within an answer, read only when it is its turn to be written."""

    def __init__(self, read: Callable[[], Iterable[Json]]) -> None:
        """Keep how to read the items."""
        self.read = read


def streamed(content: Json, status_code: int = 200) -> Response:
    """Answer with JSON that may hold `Rows`; the session they read from must live until the answer is sent."""
    pieces, head, length = written(content), list[bytes](), 0
    for piece in pieces:
        head.append(piece)
        length += len(piece)
        if length > SENT_WHOLE_BYTES:
            return StreamingResponse(chain(head, pieces), status_code, media_type="application/json")
    return Response(b"".join(head), status_code, media_type="application/json")


def whole(content: Json, status_code: int = 200) -> Response:
    """Answer with JSON that may hold `Rows`, all of it read at once: for what a transaction leaves behind."""
    return Response(b"".join(written(content)), status_code, media_type="application/json")


def written(content: Json) -> Iterator[bytes]:
    """Write JSON piece by piece."""
    if isinstance(content, Rows):
        yield from _list(content)
        return
    lists: list[Rows] = []
    text = orjson.dumps(content, default=_placing(lists))
    yield from _filled(text, lists)


def _list(rows: Rows) -> Iterator[bytes]:
    items, before = iter(rows.read()), b"["
    while batch := list(islice(items, ITEMS_AT_ONCE)):
        lists: list[Rows] = []
        text = orjson.dumps(batch, default=_placing(lists))
        yield from _filled(before + text[1:-1], lists)
        before = b","
    yield b"]" if before == b"," else b"[]"


def _placing(lists: list[Rows]) -> Callable[[Json], str]:
    def place(value: Json) -> str:
        if not isinstance(value, Rows):
            msg = f"{type(value).__name__} is no JSON"
            raise TypeError(msg)
        lists.append(value)
        return _PLACE

    return place


def _filled(text: bytes, lists: Sequence[Rows]) -> Iterator[bytes]:
    for part, rows in zip_longest(text.split(_PLACE_WRITTEN) if lists else [text], lists):
        yield part
        if rows is not None:
            yield from _list(rows)
