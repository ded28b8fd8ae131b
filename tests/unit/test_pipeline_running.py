"""Steps that are plain programs: how each end is told, and what a second run does. No RELION is needed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emdewar.errors import BUSY, NO_SPACE, DewarError, RefusedError, UnavailableError
from emdewar.reprocess.run import LocalLauncher, PipelineFile, StepOutcome, StepStatus, plan, run_step
from emdewar.reprocess.run.exit_markers import ExitMarker, read_exit_marker
from emdewar.reprocess.run.holding import hold_project
from emdewar.reprocess.run.reasons import JOB_CANCELLED, JOB_FAILED, JOB_KILLED, JOB_TIMED_OUT, NO_EXIT_MARKER

ROOT = Path(__file__).parents[2]


def pipeline(*scripts: str, **more: object) -> PipelineFile:
    """Steps a, b, c of shell scripts; each takes `out` of the one before."""
    steps = []
    for number, script in enumerate(scripts):
        inputs = {"before": f"{'abc'[number - 1]}/out"} if number else {}
        step = {"name": "abc"[number], "program": "/bin/bash", "arguments": ["-c", script], "inputs": inputs}
        steps.append({**step, **more})
    return PipelineFile.model_validate({"name": "test", "steps": steps})


def run(project: Path, pipeline: PipelineFile, name: str = "a", lines: list[str] | None = None) -> StepOutcome:
    return run_step(project, pipeline, name, LocalLauncher(), (lines if lines is not None else []).append)


def statuses(project: Path, pipeline: PipelineFile) -> list[StepStatus]:
    return [state.status for state in plan(project, pipeline)]


def is_alive(pid: str | int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_step_streams_its_words_and_is_done_by_its_marker(tmp_path: Path) -> None:
    lines: list[str] = []
    two = pipeline(
        "echo one; printf 'bar 1\\rbar 2\\r\\n'; echo bad >&2; printf tail; echo x > {folder}/out", "cat {before}"
    )

    outcome = run(tmp_path, two, "a", lines)
    second = run(tmp_path, two, "b")

    assert sorted(lines) == ["bad", "bar 1", "bar 2", "one", "tail"]
    assert outcome.folder == "Programs/a/run001"
    assert read_exit_marker(tmp_path / outcome.folder) is ExitMarker.SUCCESS
    assert second.last_lines == ("x",)
    assert statuses(tmp_path, two) == [StepStatus.DONE, StepStatus.DONE]


def test_a_step_that_is_done_is_not_run_again(tmp_path: Path) -> None:
    one = pipeline("echo x >> count")
    run(tmp_path, one)

    again = run(tmp_path, one)

    assert not again.was_run
    assert again.folder == "Programs/a/run001"
    assert (tmp_path / "count").read_text() == "x\n"


@pytest.mark.parametrize(
    ("step", "kind", "reason", "said"),
    [
        (pipeline("echo no such movie; exit 3"), RefusedError, JOB_FAILED, "failed with exit code 3"),
        (pipeline("kill -9 $$"), UnavailableError, JOB_KILLED, "killed by signal 9"),
        (pipeline("bash -c 'kill -9 $$'"), UnavailableError, JOB_KILLED, "killed by signal 9"),
        (pipeline("cat /etc/passwd > /dev/full"), UnavailableError, NO_SPACE, "ran out of disk space"),
        (pipeline("exit 0", has_exit_marker=True), UnavailableError, NO_EXIT_MARKER, "without an exit marker"),
        (pipeline("sleep 60", timeout_min=0.005), RefusedError, JOB_TIMED_OUT, "its limit of 0.005 min"),
        (pipeline("touch {folder}/RELION_JOB_EXIT_FAILURE", has_exit_marker=True), RefusedError, JOB_FAILED, "failed"),
        (
            pipeline("touch {folder}/RELION_JOB_EXIT_ABORTED", has_exit_marker=True),
            UnavailableError,
            JOB_CANCELLED,
            "abort",
        ),
    ],
)
def test_every_bad_end_has_its_own_error_which_names_the_folder_and_leaves_a_marker(
    tmp_path: Path, step: PipelineFile, kind: type[DewarError], reason: str, said: str
) -> None:
    with pytest.raises(kind) as raised:
        run(tmp_path, step)

    assert raised.value.reason == reason
    assert said in str(raised.value)
    assert str(tmp_path / "Programs/a/run001") in str(raised.value)
    assert "\n" not in str(raised.value)
    assert read_exit_marker(tmp_path / "Programs/a/run001") not in {None, ExitMarker.SUCCESS}
    assert plan(tmp_path, step)[0].status is StepStatus.FAILED
    assert plan(tmp_path, step)[0].why == str(raised.value)


def test_the_last_words_of_a_failed_job_are_in_the_error(tmp_path: Path) -> None:
    one = pipeline("echo first; echo second; echo ERROR: no movie m.tiff >&2; exit 1")

    with pytest.raises(RefusedError, match=r"its last words: .*first \| second"):
        run(tmp_path, one)


def test_a_marker_counts_more_than_an_exit_code(tmp_path: Path) -> None:
    one = pipeline("touch {folder}/RELION_JOB_EXIT_SUCCESS; exit 1", has_exit_marker=True)

    assert run(tmp_path, one).was_run


def test_a_failed_step_is_done_again_in_a_new_folder_and_the_old_one_stays_as_it_was(tmp_path: Path) -> None:
    one = pipeline("echo hello > {folder}/out; test -e mended")
    with pytest.raises(RefusedError):
        run(tmp_path, one)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "Programs/a/run001").iterdir()}
    (tmp_path / "mended").touch()

    outcome = run(tmp_path, one)

    assert outcome.folder == "Programs/a/run002"
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "Programs/a/run001").iterdir()} == before


def test_the_newer_of_two_markers_counts(tmp_path: Path) -> None:
    (tmp_path / ExitMarker.FAILURE).touch()
    os.utime(tmp_path / ExitMarker.FAILURE, ns=(10, 10))
    (tmp_path / ExitMarker.SUCCESS).touch()
    os.utime(tmp_path / ExitMarker.SUCCESS, ns=(20, 20))

    newer_is_success = read_exit_marker(tmp_path)
    os.utime(tmp_path / ExitMarker.FAILURE, ns=(30, 30))

    assert newer_is_success is ExitMarker.SUCCESS
    assert read_exit_marker(tmp_path) is ExitMarker.FAILURE


def test_of_two_markers_of_one_age_the_bad_one_counts(tmp_path: Path) -> None:
    for marker in ExitMarker:
        (tmp_path / marker).touch()
        os.utime(tmp_path / marker, ns=(10, 10))

    assert read_exit_marker(tmp_path) is ExitMarker.FAILURE


def test_a_step_that_is_asked_for_something_else_is_to_do_with_all_that_follows(tmp_path: Path) -> None:
    then = pipeline("echo 1 > {folder}/out", "cat {before}")
    run(tmp_path, then, "a")
    run(tmp_path, then, "b")
    now = pipeline("echo 2 > {folder}/out", "cat {before}")

    first = statuses(tmp_path, now)
    run(tmp_path, now, "a")
    second = statuses(tmp_path, now)

    assert first[0] is StepStatus.TO_DO
    assert second == [StepStatus.DONE, StepStatus.TO_DO]
    assert run(tmp_path, now, "b").last_lines == ("2",)


def test_more_threads_or_time_do_not_make_a_step_to_do(tmp_path: Path) -> None:
    run(tmp_path, pipeline("true"))

    assert statuses(tmp_path, pipeline("true", threads=4, timeout_min=5)) == [StepStatus.DONE]


def test_a_step_whose_folder_is_gone_is_to_do(tmp_path: Path) -> None:
    run(tmp_path, pipeline("true"))
    (tmp_path / "Programs/a/run001").rename(tmp_path / "elsewhere")

    assert statuses(tmp_path, pipeline("true")) == [StepStatus.TO_DO]


def test_a_step_waits_for_those_before_it(tmp_path: Path) -> None:
    two = pipeline("true", "true")

    with pytest.raises(RefusedError, match="takes files of step a, which is to do; run that one first"):
        run(tmp_path, two, "b")


def test_a_file_that_an_earlier_step_did_not_write_is_named_before_anything_starts(tmp_path: Path) -> None:
    two = pipeline("true", "true")
    run(tmp_path, two, "a")

    with pytest.raises(RefusedError, match=r"step b needs out of step a, which is not in Programs/a/run001"):
        run(tmp_path, two, "b")
    assert not (tmp_path / "Programs/b").exists()


def test_of_the_files_of_a_pattern_the_last_in_name_order_is_taken(tmp_path: Path) -> None:
    steps: list[dict[str, Any]] = [
        {"name": "a", "program": "touch", "arguments": ["{folder}/it1.star", "{folder}/it2.star"]},
        {"name": "b", "program": "echo", "arguments": ["{data}", "{other}"], "inputs": {"data": "a/it*.star"}},
    ]
    wrong = PipelineFile.model_validate({"name": "test", "steps": steps})
    steps[1]["arguments"] = ["{data}", "{ plain }", "$HOME"]
    right = PipelineFile.model_validate({"name": "test", "steps": steps})
    run(tmp_path, right, "a")

    with pytest.raises(RefusedError, match=r"\{other\} in the arguments stands for nothing"):
        run(tmp_path, wrong, "b")
    assert run(tmp_path, right, "b").last_lines == ("Programs/a/run001/it2.star { plain } $HOME",)


def test_a_stopped_run_ends_all_processes_of_the_job(tmp_path: Path) -> None:
    one = pipeline("echo $$ > pids; (trap '' TERM; echo $BASHPID >> pids; sleep 60) & wait")
    pids = tmp_path / "pids"

    with pytest.raises(UnavailableError) as stopped:
        run_step(
            tmp_path,
            one,
            "a",
            LocalLauncher(kindness_s=0.3),
            print,
            is_cancelled=lambda: pids.exists() and len(pids.read_text().split()) == 2,
        )

    assert stopped.value.reason == JOB_CANCELLED
    assert not [pid for pid in pids.read_text().split() if is_alive(pid)]
    assert read_exit_marker(tmp_path / "Programs/a/run001") is ExitMarker.ABORTED


def test_an_error_in_the_listener_ends_the_job_and_comes_out(tmp_path: Path) -> None:
    one = pipeline("echo $$; sleep 60")
    pids: list[str] = []

    def listen(line: str) -> None:
        pids.append(line)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_step(tmp_path, one, "a", LocalLauncher(), listen)
    assert not is_alive(pids[0])


RUNNER = """
import sys
from pathlib import Path
from typing import Any
from emdewar.reprocess.run import LocalLauncher, PipelineFile, run_step
pipeline = PipelineFile.model_validate_json(sys.argv[2])
run_step(Path(sys.argv[1]), pipeline, "a", LocalLauncher(), lambda line: print(line, flush=True))
"""


def killed_runner(project: Path, pipeline: PipelineFile) -> None:
    """Run in another process, which is killed at the first word of the job."""
    command = [sys.executable, "-c", RUNNER, str(project), pipeline.model_dump_json()]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.send_signal(signal.SIGKILL)


def test_the_job_of_a_runner_that_was_killed_is_followed_to_its_end_by_the_next_one(tmp_path: Path) -> None:
    one = pipeline(
        "echo began; until test -e go; do sleep 0.05; done; touch {folder}/RELION_JOB_EXIT_SUCCESS",
        has_exit_marker=True,
    )
    killed_runner(tmp_path, one)
    running = statuses(tmp_path, one)
    (tmp_path / "go").touch()

    outcome = run(tmp_path, one)

    assert running == [StepStatus.RUNNING]
    assert outcome.folder == "Programs/a/run001"
    assert outcome.was_run


def test_a_job_that_died_with_its_runner_is_done_again_in_a_new_folder(tmp_path: Path) -> None:
    one = pipeline("echo $$ | tee -a pid; until test -e go; do sleep 0.05; done")
    killed_runner(tmp_path, one)
    pid = int((tmp_path / "pid").read_text())
    os.killpg(os.getpgid(pid), signal.SIGKILL)
    wait_until(lambda: statuses(tmp_path, one) == [StepStatus.FAILED])
    (tmp_path / "go").touch()

    outcome = run(tmp_path, one)

    assert outcome.folder == "Programs/a/run002"
    assert read_exit_marker(tmp_path / "Programs/a/run001") is ExitMarker.ABORTED


def test_two_runners_do_not_share_a_project(tmp_path: Path) -> None:
    one = pipeline("true")

    with (
        hold_project(tmp_path),
        pytest.raises(UnavailableError, match=f"is being run by process {os.getpid()}") as busy,
    ):
        run(tmp_path, one)
    assert busy.value.reason == BUSY
    assert run(tmp_path, one).was_run


def test_a_program_that_does_not_exist_is_a_failure_that_says_so(tmp_path: Path) -> None:
    none = PipelineFile.model_validate({"name": "test", "steps": [{"name": "a", "program": "no-such-program"}]})

    with pytest.raises(RefusedError, match=r"exit code 127.*no-such-program: command not found"):
        run(tmp_path, none)


def test_the_programs_of_the_named_folder_come_first(tmp_path: Path) -> None:
    programs = tmp_path / "its programs"
    programs.mkdir()
    (programs / "relion_x").write_text("#!/bin/sh\necho ours\n")
    (programs / "relion_x").chmod(0o755)
    given = {"name": "test", "program_folder": str(programs), "steps": [{"name": "a", "program": "relion_x"}]}

    assert run(tmp_path, PipelineFile.model_validate(given)).last_lines == ("ours",)


def test_a_job_that_runs_but_was_asked_for_something_else_is_followed_and_then_done_anew(tmp_path: Path) -> None:
    script = "echo began; until test -e go; do sleep 0.05; done; touch {folder}/RELION_JOB_EXIT_SUCCESS"
    then = pipeline(script, has_exit_marker=True)
    killed_runner(tmp_path, then)
    (tmp_path / "go").touch()

    outcome = run(tmp_path, pipeline("echo new"))

    assert outcome.last_lines == ("new",)
    assert outcome.folder == "Programs/a/run002"
    assert read_exit_marker(tmp_path / "Programs/a/run001") is ExitMarker.SUCCESS
