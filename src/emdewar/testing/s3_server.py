"""An S3 server for tests and demonstrations: moto, made strict, with slow recalls and faults on demand.

    python -m emdewar.testing.s3_server --port 9000 --recall-looks 3

moto alone takes every wrong checksum without a word, so that a test against it proves nothing about damage.
"""

import logging
import sys
import threading
from typing import Annotated, Final

import typer

from emdewar.errors import RefusedError
from emdewar.testing.s3_faults import FaultyS3
from emdewar.testing.s3_recalls import SlowRecalls
from emdewar.testing.s3_strict import StrictS3

try:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
except ImportError as missing:
    raise RefusedError("the S3 test server needs moto: pip install 'moto[server]'") from missing

HOST: Final = "127.0.0.1"


class _Handler(WSGIRequestHandler):
    """Says nothing of requests; a connection that stays open is served by one thread."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def server(port: int = 0, *, recall_looks: int = 3) -> BaseWSGIServer:
    """Make a server; `serve_forever` runs it.

    Args:
        port: Where to listen; 0 for any free port.
        recall_looks: After how many looks at an object that is recalled it is there.
    """
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    moto = DomainDispatcherApplication(create_backend_app)
    app = FaultyS3(StrictS3(SlowRecalls(moto, recall_looks)), moto)
    return make_server(HOST, port, app, threaded=True, request_handler=_Handler)


def main(
    port: Annotated[int, typer.Option(help="Where to listen; 0 for any free port.")] = 0,
    recall_looks: Annotated[int, typer.Option(help="Looks until a recalled object is there.")] = 3,
    *,
    until_stdin_closes: Annotated[bool, typer.Option(help="End with the process that started it.")] = False,
) -> None:
    """Serve S3 on the loopback interface until it is ended."""
    serving = server(port, recall_looks=recall_looks)
    sys.stdout.write(f"http://{HOST}:{serving.port}\n")
    sys.stdout.flush()
    if until_stdin_closes:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        sys.stdin.read()
    else:
        serving.serve_forever()


if __name__ == "__main__":
    typer.run(main)
