"""Two calls at the same time, in the test's own settings."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import Barrier
from typing import TypeVar

Result = TypeVar("Result")


def at_the_same_time(*calls: Callable[[], Result]) -> list[Result]:
    """Start all calls at one moment, each in a thread; gives their results."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Result]) -> Result:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        running = [pool.submit(copy_context().run, run, call) for call in calls]
    return [each.result() for each in running]
