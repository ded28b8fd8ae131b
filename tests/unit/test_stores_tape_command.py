"""A tape system that is asked by the site's commands: what they write is understood, what they fail at is told."""

import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from emdewar.errors import RefusedError, UnavailableError
from emdewar.stores.tape import TapeState
from emdewar.stores.tape_command import CommandTape, TapeCommands
from emdewar.stores.tape_command_output import Place, read_output

KEEP = timedelta(days=1)
DMLS = r"\((?P<state>\w+)\)\s+(?P<path>\S+)$"
EEADM = r"^(?P<state>[RPM])\s+\d+\s.*--\s(?P<path>/\S+)$"


class Site:
    """A folder, and scripts that answer with what the test wrote into files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = datetime.now(UTC)
        self.commands = TapeCommands(
            locate=(self.script("locate", f"cat {folder}/places"),),
            stage=(self.script("stage", f'echo "$@" >>{folder}/staged'), "{paths}"),
            release=(self.script("release", f'echo "$@" >>{folder}/released'), "{paths}"),
        )

    def script(self, name: str, text: str) -> str:
        path = self.folder / f"{name}.sh"
        path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        path.chmod(0o755)
        return str(path)

    def says(self, **places: str) -> None:
        lines = [f"{word} {self.folder}/{name}.tar\n" for name, word in places.items()]
        (self.folder / "places").write_text("".join(lines), encoding="utf-8")

    def said(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def paths(self, *names: str) -> str:
        return " ".join(f"{self.folder}/{name}" for name in names)

    def tape(self, **changes: object) -> CommandTape:
        commands = replace(self.commands, **changes)  # type: ignore[arg-type]
        return CommandTape(self.folder, commands, self.folder / "memory", clock=lambda: self.now)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.mark.parametrize(
    ("pattern", "output"),
    [
        (
            DMLS,
            "-rw-r--r-- 1 em em 10 2026-11-21 (DUL) /hsm/a.tar\n-rw-r--r-- 1 em em 10 2026-11-21 (OFL) /hsm/b.tar\n",
        ),
        (EEADM, "P  2  J1@POOL@lib  J2@POOL@lib  -   -- /hsm/a.tar\nM  1  J1@POOL@lib  -  -   -- /hsm/b.tar\n"),
        (None, json.dumps([{"path": "/hsm/a.tar", "state": "both"}, {"path": "/hsm/b.tar", "state": "tape"}])),
    ],
    ids=["dmls", "eeadm", "JSON"],
)
def test_the_output_of_common_commands_is_understood(pattern: str | None, output: str) -> None:
    found = read_output(output, pattern, {})

    assert found == {"a.tar": TapeState(is_on_disk=True, is_on_tape=True), "b.tar": TapeState(is_on_tape=True)}


def test_a_place_on_tape_is_read_where_it_is_told() -> None:
    output = json.dumps([{"path": "a.tar", "state": "tape", "tape": "L00017", "position": 42}])

    assert read_output(output, None, {})["a.tar"].position == ("L00017", 42)


def test_a_tape_without_a_place_on_it_still_keeps_files_of_one_tape_together() -> None:
    output = "M  1  J1@POOL@lib  -   -- /hsm/a.tar\n"

    found = read_output(output, r"^(?P<state>[RPM])\s+\d+\s+(?P<tape>[^@\s]+)@.*--\s(?P<path>/\S+)$", {})

    assert found["a.tar"].position == ("J1", 0)


def test_a_file_whose_state_the_tape_system_cannot_tell_is_not_lost() -> None:
    assert read_output("INV /hsm/a.tar", r"(?P<state>\w+) (?P<path>.+)", {})["a.tar"] == TapeState()


def test_a_word_of_the_site_is_translated_and_an_unknown_one_refused() -> None:
    assert read_output("vault /hsm/a.tar", r"(?P<state>\w+) (?P<path>.+)", {"VAULT": Place.TAPE})["a.tar"].is_on_tape
    with pytest.raises(RefusedError, match="'vault' of /hsm"):
        read_output("vault /hsm/a.tar", r"(?P<state>\w+) (?P<path>.+)", {})


@pytest.mark.parametrize("output", ["nonsense", "{}x", '[{"path": "a"}]', "[1]", "7"])
def test_json_that_is_none_is_refused(output: str) -> None:
    with pytest.raises(RefusedError, match="JSON list"):
        read_output(output, None, {})


def test_files_are_asked_for_in_one_command_in_the_order_given(site: Site) -> None:
    site.says(a="OFL", b="OFL")
    tape = site.tape()

    tape.stage(["b.tar", "a.tar"], keep_for=KEEP)

    assert site.said("staged") == [site.paths("b.tar", "a.tar")]
    assert [state.is_recalling for state in tape.states(["a.tar", "b.tar"]).values()] == [True, True]


def test_a_command_is_given_no_more_files_than_it_takes(site: Site) -> None:
    site.tape(files_per_command=2).stage(["c.tar", "b.tar", "a.tar"], keep_for=KEEP)

    assert site.said("staged") == [site.paths("c.tar", "b.tar"), site.paths("a.tar")]


def test_a_list_of_files_is_written_where_the_command_wants_one(site: Site) -> None:
    site.tape(stage=(site.script("from_list", f"cp ${{1#--from=}} {site.folder}/staged"), "--from={list}")).stage(
        ["b.tar", "a.tar"], keep_for=KEEP
    )

    assert site.said("staged") == [site.paths("b.tar"), site.paths("a.tar")]


def test_asking_twice_runs_the_command_once_for_any_number_of_workers(site: Site) -> None:
    site.says(a="OFL")

    site.tape().stage(["a.tar"], keep_for=KEEP)
    site.tape().stage(["a.tar"], keep_for=KEEP)

    assert len(site.said("staged")) == 1


def test_what_did_not_come_in_a_day_may_be_asked_for_again(site: Site) -> None:
    site.says(a="OFL")
    tape = site.tape()
    tape.stage(["a.tar"], keep_for=KEEP)

    site.now += timedelta(hours=25)

    assert not tape.states(["a.tar"])["a.tar"].is_recalling
    tape.stage(["a.tar"], keep_for=KEEP)
    assert len(site.said("staged")) == 2


def test_only_what_we_recalled_is_released(site: Site) -> None:
    site.says(a="OFL", b="DUL")
    tape = site.tape()
    tape.stage(["a.tar"], keep_for=KEEP)

    tape.release(["a.tar", "b.tar"])

    assert site.said("released") == [site.paths("a.tar")]
    assert not tape.was_recalled("a.tar")


def test_without_a_command_for_it_a_release_is_only_noted(site: Site) -> None:
    tape = site.tape(release=None)
    tape.stage(["a.tar"], keep_for=KEEP)

    tape.release(["a.tar"])

    assert (site.said("released"), tape.was_recalled("a.tar")) == ([], False)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert true()


def test_a_command_that_waits_for_its_files_is_left_running(site: Site) -> None:
    os.mkfifo(site.folder / "gate")
    site.says(a="OFL")
    waits = site.script("waits", f"cat {site.folder}/gate >/dev/null; cp $1 {site.folder}/staged")
    tape = site.tape(stage=(waits, "{list}"), stage_waits=True)

    tape.stage(["a.tar"], keep_for=KEEP)
    while_running = (tape.states(["a.tar"])["a.tar"].is_recalling, site.said("staged"))
    (site.folder / "gate").write_bytes(b"")

    assert while_running == (True, [])
    until(lambda: site.said("staged") == [site.paths("a.tar")])


def test_what_a_command_left_running_gave_up_is_no_longer_recalled(site: Site) -> None:
    site.says(a="OFL")
    tape = site.tape(stage=("/bin/false",), stage_waits=True)

    tape.stage(["a.tar"], keep_for=KEEP)

    until(lambda: not tape.states(["a.tar"])["a.tar"].is_recalling)
    tape.stage(["a.tar"], keep_for=KEEP)
    assert len(list((site.folder / "memory").glob("*.status"))) <= 1


def test_a_command_that_fails_says_what_it_said_and_asks_for_nothing(site: Site) -> None:
    tape = site.tape(stage=(site.script("fails", "echo tape drive on fire >&2; exit 3"),))

    with pytest.raises(UnavailableError, match="ended with 3 and said: tape drive on fire"):
        tape.stage(["a.tar"], keep_for=KEEP)
    assert not tape.was_recalled("a.tar")


def test_a_command_that_is_not_there_is_named(site: Site) -> None:
    with pytest.raises(UnavailableError, match="no-such-command cannot be started"):
        site.tape(locate=("no-such-command",)).states(["a.tar"])


def test_a_command_that_hangs_is_ended_with_all_it_started(site: Site) -> None:
    hangs = site.script("hangs", f"sleep 60 & echo $! >{site.folder}/child; sleep 60")
    tape = site.tape(locate=(hangs,), limit=timedelta(seconds=0.3))

    started_at = time.monotonic()
    with pytest.raises(UnavailableError, match=r"did not end within 0\.3 s"):
        tape.states(["a.tar"])

    assert time.monotonic() - started_at < 10
    child = Path("/proc") / site.said("child")[0] / "stat"
    until(lambda: not child.exists() or ") Z " in child.read_text(encoding="ascii"))


def test_a_command_that_leaves_something_running_has_ended_when_it_has(site: Site) -> None:
    says = f"sleep 60 & echo $! >{site.folder}/child; setsid sleep 60 & echo $! >>{site.folder}/child"
    tape = site.tape(
        locate=(site.script("daemon", f"{says}; echo DUL {site.folder}/a.tar"),), limit=timedelta(seconds=10)
    )

    started_at = time.monotonic()
    state = tape.states(["a.tar"])["a.tar"]

    for child in map(int, site.said("child")):
        os.kill(child, signal.SIGKILL)
    assert state.is_on_disk
    assert time.monotonic() - started_at < 5


def test_a_command_that_hangs_is_not_waited_for_because_of_what_left_its_group(site: Site) -> None:
    hangs = site.script("hangs", f"setsid sleep 60 & echo $! >{site.folder}/child; sleep 60")
    tape = site.tape(locate=(hangs,), limit=timedelta(seconds=0.3))

    started_at = time.monotonic()
    with pytest.raises(UnavailableError, match=r"did not end within 0\.3 s"):
        tape.states(["a.tar"])

    os.kill(int(site.said("child")[0]), signal.SIGKILL)
    assert time.monotonic() - started_at < 5


def test_a_file_that_the_command_says_nothing_of_is_not_taken_for_lost(site: Site) -> None:
    site.says(a="DUL")

    with pytest.raises(UnavailableError, match=r"nothing of 1 file\(s\), first b\.tar"):
        site.tape().states(["a.tar", "b.tar"])


def test_nothing_is_run_for_no_files(site: Site) -> None:
    assert site.tape(locate=("no-such-command",)).states([]) == {}
