"""A state that several processes share is never half of one."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import BaseModel

from emdewar.errors import IntegrityError, UnavailableError
from emdewar.stores.state_file import StateFile, lock_file


class Count(BaseModel):
    number: int = 0


def test_a_state_that_was_never_written_is_the_one_of_the_beginning(tmp_path: Path) -> None:
    assert StateFile(tmp_path / "new", "state.json", Count).read() == Count(number=0)


def test_no_change_is_lost_among_many_at_once(tmp_path: Path) -> None:
    def count(_: int) -> None:
        with StateFile(tmp_path, "state.json", Count).change() as state:
            state.number += 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(40)))

    assert StateFile(tmp_path, "state.json", Count).read().number == 40


def test_what_was_changed_before_an_error_is_kept(tmp_path: Path) -> None:
    state_file = StateFile(tmp_path, "state.json", Count)

    def change_and_fail() -> None:
        with state_file.change() as state:
            state.number = 7
            raise UnavailableError("later")

    with pytest.raises(UnavailableError, match="later"):
        change_and_fail()

    assert state_file.read().number == 7


def test_a_file_that_holds_something_else_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"number": "many"}', encoding="utf-8")

    with pytest.raises(IntegrityError, match="does not hold what it should"):
        StateFile(tmp_path, "state.json", Count).read()


def test_a_lock_that_somebody_holds_is_not_waited_for(tmp_path: Path) -> None:
    with lock_file(tmp_path, "lock") as first, lock_file(tmp_path, "lock") as second:
        held = (first, second)
    with lock_file(tmp_path, "lock") as again:
        pass

    assert (*held, again) == (True, False, True)
