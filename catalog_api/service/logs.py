"""Log lines: one event each, as JSON for machines or as text for people, each with its request's id."""

import logging
import sys
from typing import Literal

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from catalog_api.json_type import Json

QUIET = ("httpx", "httpcore", "alembic", "python_multipart")
"""Libraries whose everyday lines say nothing about the catalog."""


def configure(style: Literal["json", "text"]) -> None:
    """Send all log lines of this process to standard error in one style."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(style))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def formatter(style: Literal["json", "text"]) -> logging.Formatter:
    """Make the formatter of a style."""
    gather: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _once,
    ]
    write: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if style == "json":
        write += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_json)]
    else:
        write += [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=gather, processors=write)


def _once(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    # Uvicorn says everything twice, once with colours; other formatters leave the message on the record.
    for copy in ("color_message", "message"):
        event.pop(copy, None)
    return event


def _json(event: Json, **_options: Json) -> str:
    return orjson.dumps(event, default=str).decode()
