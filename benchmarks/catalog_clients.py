"""Eight clients, each a process of its own, who ask at once and note how long every answer took."""

import multiprocessing
import random
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

import psycopg

from benchmarks.catalog_asked import QUESTIONS, Asker, Question
from benchmarks.catalog_ways import Ask, by_driver, over_bare_http, over_http

CLIENTS, ASKED_EACH, LONGEST_S = 8, 30, 6.0
WAYS: dict[str, Callable[..., Ask]] = {"catalog": over_http, "bare": over_bare_http, "SQL": by_driver}
Door = tuple[str, ...]
"""A way, and what it needs: an address, a token."""


@dataclass
class Taken:
    """How long answers took, in seconds, by question and way; one list a round."""

    of: dict[tuple[str, str], list[list[float]]] = field(default_factory=dict)

    def note(self, question: str, way: str, seconds: list[float]) -> None:
        """Note a round."""
        self.of.setdefault((question, way), []).append(seconds)

    def p95_ms(self, question: str, way: str) -> float:
        """Give the median over the rounds of the 95th percentile."""
        return 1000 * statistics.median(statistics.quantiles(taken, n=20)[-1] for taken in self.of[question, way])

    def p50_ms(self, question: str, way: str) -> float:
        """Give the median over the rounds of the median."""
        return 1000 * statistics.median(statistics.median(taken) for taken in self.of[question, way])


class Clients:
    """The eight; they wait for what to ask."""

    def __init__(self, links: Sequence[Connection]) -> None:
        """Remember how to reach them."""
        self._links = links

    def ask(self, name: str, asker: Asker, door: Door, seed: int) -> list[float]:
        """Let all ask at once; gives how long each answer took."""
        for number, link in enumerate(self._links):
            chance = random.Random(1000 * seed + number)
            questions = [QUESTIONS[name](asker, chance) for _ in range(ASKED_EACH)]
            link.send((door, questions))
        taken: list[float] = []
        for link in self._links:
            answer = link.recv()
            if isinstance(answer, Exception):
                raise answer
            taken += answer
        return taken


@contextmanager
def clients() -> Iterator[Clients]:
    """Start the eight, and end them."""
    context = multiprocessing.get_context("spawn")
    barrier, pipes = context.Barrier(CLIENTS), [context.Pipe() for _ in range(CLIENTS)]
    processes = [context.Process(target=_client, args=(there, barrier), daemon=True) for _, there in pipes]
    for process in processes:
        process.start()
    try:
        yield Clients([here for here, _ in pipes])
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _client(link: Connection, barrier: Barrier) -> None:
    opened: dict[Door, Ask] = {}
    while True:
        door, questions = link.recv()
        if door not in opened:
            opened[door] = WAYS[door[0]](*door[1:])
        ask = opened[door]
        barrier.wait()
        try:
            link.send(_timed(ask, questions))
        except (OSError, RuntimeError, psycopg.Error, sqlite3.Error) as error:
            link.send(RuntimeError(repr(error)))


def _timed(ask: Ask, questions: Sequence[Question]) -> list[float]:
    taken, ends_s = [], time.perf_counter() + LONGEST_S
    for question in questions:
        before_s = time.perf_counter()
        ask(question)
        after_s = time.perf_counter()
        taken.append(after_s - before_s)
        if after_s > ends_s:
            break
    return taken
