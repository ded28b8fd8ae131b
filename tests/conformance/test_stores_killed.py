"""A writer that is really killed leaves nothing visible, and its leftover goes without harm to anybody."""

import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from emdewar.errors import UnavailableError
from tests.conformance.stands import CONTENT, NAME, Stand, get, put

WRITE_AND_WAIT = """
import sys
with store.create({name!r}, {size}) as writer:
    writer.write_at(0, bytes({written}))
    print("written", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def writer(shared: Stand) -> "subprocess.Popen[str]":
    """Another process that has written half an object and goes on for as long as it may."""
    program = shared.source + WRITE_AND_WAIT.format(name=NAME, size=len(CONTENT), written=len(CONTENT) // 2)
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    return process


def kill(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_after_a_kill_nothing_is_visible_and_the_object_can_be_written(
    shared: Stand, writer: "subprocess.Popen[str]"
) -> None:
    kill(writer)

    assert shared.store.size_of(NAME) is None
    assert list(shared.store.objects()) == []
    put(shared.store)
    assert get(shared.store) == CONTENT


def test_the_leftover_is_discarded_once_its_writer_is_dead_and_not_before(
    shared: Stand, writer: "subprocess.Popen[str]"
) -> None:
    while_alive = shared.store.discard_unfinished(older_than=timedelta(0))
    kill(writer)
    when_dead = shared.store.discard_unfinished(older_than=timedelta(0))
    again = shared.store.discard_unfinished(older_than=timedelta(0))

    assert (while_alive, when_dead, again) == ([], [NAME], [])


def test_a_name_that_another_process_is_writing_is_busy(shared: Stand, writer: "subprocess.Popen[str]") -> None:
    try:
        with pytest.raises(UnavailableError) as failed:
            shared.store.create(NAME, 1)
    finally:
        kill(writer)

    assert failed.value.reason == "busy"
