"""Figures for Prometheus: what was asked, how long it took, and what waits."""

import os
import time
from collections.abc import Callable, Iterator
from threading import Lock

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where several worker processes keep their figures, so that each of them can answer for all."""

Figures = dict[str, dict[tuple[str, ...], float]]
"""Figures from the database by name, each by the values of its labels."""

HELP = {
    "database_up": "Whether the database answers.",
    "outbox_waiting": "Flow runs that are still to be started.",
    "outbox_oldest_seconds": "Age of the oldest of them.",
    "datasets": "Datasets by the state of their archiving.",
    "copies": "Copies of datablocks by store and status.",
    "copies_bytes": "Bytes of these copies.",
    "copies_oldest_seconds": "Age of the oldest verification of a good copy, by store.",
}
LABELS = {
    "datasets": ("state",),
    "copies": ("store", "status"),
    "copies_bytes": ("store", "status"),
    "copies_oldest_seconds": ("store",),
}


class Metrics:
    """The figures of one application."""

    def __init__(self) -> None:
        """Begin to count."""
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "emdewar_catalog_requests", "Answered requests.", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "emdewar_catalog_request_seconds",
            "Time until an answer was sent.",
            ["method", "route"],
            registry=self.registry,
            buckets=BUCKETS_S,
        )
        self._logins = Counter("emdewar_catalog_logins", "Logins by outcome.", ["outcome"], registry=self.registry)
        self._connections = Gauge(
            "emdewar_catalog_database_connections",
            "Database connections in use when the process was last asked.",
            registry=self.registry,
            multiprocess_mode="liveall",
        )
        if SHARED_FOLDER not in os.environ:
            ProcessCollector(registry=self.registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def logged_in(self, outcome: str) -> None:
        """Count one login."""
        self._logins.labels(outcome).inc()

    def connected(self, connections: int) -> None:
        """Note how many database connections are in use now."""
        self._connections.set(connections)

    def page(self, figures: Figures) -> bytes:
        """Write everything as Prometheus reads it.

        Args:
            figures: What the database says.
        """
        registry = CollectorRegistry()
        registry.register(_FromDatabase(figures))
        if SHARED_FOLDER in os.environ:
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
            return bytes(generate_latest(registry))
        return bytes(generate_latest(self.registry)) + bytes(generate_latest(registry))

    def close(self) -> None:
        """Take back the figures that only hold while this process lives."""
        if SHARED_FOLDER in os.environ:
            mark_process_dead(os.getpid())  # type: ignore[no-untyped-call]


class Remembered:
    """Figures that are asked for again only when they are old: scrapes must cost the database nothing."""

    def __init__(self, ask: Callable[[], Figures], for_s: float = 60.0) -> None:
        """Wrap a question.

        Args:
            ask: Asks the database.
            for_s: How long an answer holds.
        """
        self._ask = ask
        self._for_s = for_s
        self._answer: tuple[float, Figures] | None = None
        self._lock = Lock()

    def __call__(self) -> Figures:
        """Give the figures."""
        with self._lock:
            if self._answer is None or time.monotonic() - self._answer[0] > self._for_s:
                self._answer = time.monotonic(), self._ask()
            return self._answer[1]


class _FromDatabase(Collector):
    def __init__(self, figures: Figures) -> None:
        self.figures = figures

    def collect(self) -> Iterator[Metric]:
        for name, values in self.figures.items():
            family = GaugeMetricFamily(f"emdewar_catalog_{name}", HELP[name], labels=LABELS.get(name, ()))
            for labels, value in values.items():
                family.add_metric(labels, value)
            yield family
