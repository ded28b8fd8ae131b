"""A file is settled when size and time stayed the same and its content is complete; a session when all is quiet."""

from pathlib import Path

import pytest

from emdewar.acquisition.session import SeenFile
from emdewar.acquisition.settle import SettleRule, SettleWatch, Verdict

RULE = SettleRule(window_s=10, quiet_period_s=30, incomplete_limit_s=100)


class Scene:
    """A session whose files and clock the test moves."""

    def __init__(self) -> None:
        self.faults: dict[str, str] = {}
        self.files: dict[str, SeenFile] = {}
        self.watch = SettleWatch(Path("/session"), RULE, judge=lambda path: self.faults.get(path.name))

    def write(self, path: str, size: int, mtime_ns: int = 0) -> None:
        self.files[path] = SeenFile(path, size, mtime_ns)

    def look(self, now_s: float) -> Verdict:
        return self.watch.look(self.files.values(), now_s)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_one_look_is_never_enough(scene: Scene) -> None:
    scene.write("a.mrc", 10)

    assert not scene.look(1000).settled


def test_a_session_is_settled_after_the_quiet_period(scene: Scene) -> None:
    scene.write("a.mrc", 10)
    scene.look(0)

    assert not scene.look(29).settled
    assert scene.look(30).settled


def test_a_growing_file_starts_the_wait_again(scene: Scene) -> None:
    scene.write("a.mrc", 10)
    scene.look(0)
    scene.write("a.mrc", 20)
    scene.look(29)

    assert not scene.look(31).settled
    assert scene.look(59).settled


def test_a_preallocated_file_that_only_changes_its_time_is_not_settled(scene: Scene) -> None:
    for now_s in range(0, 60, 5):
        scene.write("a.mrc", 10, mtime_ns=now_s)
        verdict = scene.look(now_s)

    assert not verdict.settled


def test_a_new_file_starts_the_quiet_period_again(scene: Scene) -> None:
    scene.write("a.mrc", 10)
    scene.look(0)
    scene.write("b.mrc", 10)

    assert not scene.look(35).settled


def test_a_removed_file_counts_as_movement(scene: Scene) -> None:
    scene.write("a.mrc", 10)
    scene.write("b.mrc", 10)
    scene.look(0)
    del scene.files["b.mrc"]

    assert not scene.look(35).settled
    assert scene.look(65).settled


def test_an_incomplete_file_is_waited_for_and_then_named(scene: Scene) -> None:
    scene.write("a.mrc", 0)
    scene.faults["a.mrc"] = "is empty"
    scene.look(0)

    assert scene.look(50).waiting == {"a.mrc": "is empty"}
    assert scene.look(100).incomplete == {"a.mrc": "is empty"}
    assert not scene.look(1000).settled


def test_a_file_completed_late_settles(scene: Scene) -> None:
    scene.write("a.mrc", 0)
    scene.faults["a.mrc"] = "is empty"
    scene.look(0)
    scene.look(50)
    scene.faults.clear()
    scene.write("a.mrc", 10)
    scene.look(51)

    assert scene.look(90).settled


def test_complete_content_is_judged_only_once(scene: Scene) -> None:
    judged: list[str] = []
    scene.watch.judge = lambda path: judged.append(path.name)
    scene.write("a.mrc", 10)
    for now_s in range(0, 100, 5):
        scene.look(now_s)

    assert judged == ["a.mrc"]


def test_an_incomplete_file_does_not_end_the_quiet_period_of_a_session_that_goes_on(scene: Scene) -> None:
    scene.write("broken.mrc", 0)
    scene.faults["broken.mrc"] = "is empty"
    for now_s in range(0, 300, 20):
        scene.write(f"movie_{now_s}.mrc", 10)
        verdict = scene.look(now_s)

    assert verdict.incomplete == {"broken.mrc": "is empty"}
    assert not verdict.quiet


def test_an_empty_session_is_quiet_in_the_end(scene: Scene) -> None:
    scene.look(0)

    assert scene.look(30).quiet
