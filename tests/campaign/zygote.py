"""A process that has imported everything and forks a child for each flow run: a worker whose runs begin at once.

It reads one JSON object a line, `{"run": ..., "entrypoint": "flows.archive:archive"}`, and answers with the child's
process id. The child runs that flow run, real in every other way, until it ends or is killed.
"""

import faulthandler
import importlib
import json
import os
import pkgutil
import resource
import signal
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.flow_engine import run_flow
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

import flows

LOGS = Path(os.environ["CAMPAIGN_LOGS"])


def main() -> None:
    """Fork until there is nothing more to read."""
    for module in pkgutil.iter_modules(flows.__path__):
        importlib.import_module(f"flows.{module.name}")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        order = json.loads(line)
        sys.stdout.write(f"{_buried(order['buried']) if 'buried' in order else _forked(order)}\n")
        sys.stdout.flush()


def _forked(order: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    os.setsid()
    log = os.open(LOGS / f"{order['run']}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    faulthandler.register(signal.SIGUSR1)
    if limit := order.get("most_bytes"):
        # The disk is full for whoever writes more to a file.
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        _run(order)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _buried(child: int) -> int:
    """Forget a child that has ended: until then nothing else gets its number."""
    os.waitpid(child, 0)
    return child


def _run(order: dict[str, Any]) -> None:
    module, name = order["entrypoint"].split(":")
    flow = getattr(importlib.import_module(module), name)
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(UUID(order["run"]))
    # Joining the heartbeat thread costs every flow run a second.
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        run_flow(flow, flow_run=run, parameters=run.parameters, return_type="state")


if __name__ == "__main__":
    main()
