"""Answers that are written while they are read: a list of any length takes the memory of one batch.

When reading fails half way, the connection ends without the last chunk and the JSON without its last bracket, so that
no client takes what it has for the whole.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, zip_longest

import orjson
from starlette.responses import Response, StreamingResponse

from catalog_api.json_type import Json

PIECE_BYTES = 64 * 1024
"""Items are written together until they are so long."""
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
    for part, rows in _parts(text, lists):
        yield part
        if rows is not None:
            yield from _list(rows)


def _list(rows: Rows) -> Iterator[bytes]:
    piece, lists = bytearray(b"["), list[Rows]()
    place, before = _placing(lists), b""
    for item in rows.read():
        lists.clear()
        text = orjson.dumps(item, default=place)
        piece += before
        before = b","
        for part, inner in _parts(text, list(lists)):
            piece += part
            if inner is not None or len(piece) > PIECE_BYTES:
                yield bytes(piece)
                piece.clear()
            if inner is not None:
                yield from _list(inner)
    yield bytes(piece + b"]")


def _placing(lists: list[Rows]) -> Callable[[Json], str]:
    def place(value: Json) -> str:
        if not isinstance(value, Rows):
            msg = f"{type(value).__name__} is no JSON"
            raise TypeError(msg)
        lists.append(value)
        return _PLACE

    return place


def _parts(text: bytes, lists: Sequence[Rows]) -> Iterable[tuple[bytes, Rows | None]]:
    """Split JSON where lists will stand; gives each part with the list that follows."""
    return zip_longest(text.split(_PLACE_WRITTEN), lists) if lists else ((text, None),)
