"""The launcher for Slurm, with stand-ins for its commands: no Slurm is here, they print what its manual says."""

from pathlib import Path

import pytest

from emdewar.errors import UnavailableError
from emdewar.reprocess.run import Ended, Handle, PipelineFile, SlurmCommands, SlurmLauncher, StepStatus, plan, run_step
from emdewar.reprocess.run.exit_markers import ExitMarker, read_exit_marker
from emdewar.reprocess.run.reasons import JOB_CANCELLED, JOB_KILLED

JOB = Handle(kind="slurm", number="77")
TEMPLATE = (
    "#!/bin/bash\n#SBATCH --ntasks=XXXmpinodesXXX --cpus-per-task=XXXthreadsXXX --output=XXXoutfileXXX\nXXXcommandXXX\n"
)


def say(text: str, code: int = 0) -> tuple[str, ...]:
    """A command that prints a text."""
    return ("/bin/sh", "-c", f'printf "%s\\n" "{text}"; exit {code}', "x", "{job}")


def complain(text: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", f'echo "{text}" >&2; exit 1', "x", "{job}")


GONE = complain("slurm_load_jobs error: Invalid job id specified")


def launcher(folder: Path, **commands: tuple[str, ...] | None) -> SlurmLauncher:
    (folder / "site.sh").write_text(TEMPLATE)
    given = SlurmCommands(**commands)  # type: ignore[arg-type]
    return SlurmLauncher(folder / "site.sh", given, ask_every_s=0.05, marker_wait_s=0.2)


def one(script: str) -> PipelineFile:
    step = {"name": "a", "program": "/bin/sh", "arguments": ["-c", script], "mpi": 3, "threads": 2}
    return PipelineFile.model_validate({"name": "test", "steps": [step]})


@pytest.mark.parametrize("state", ["PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "REQUEUED", "SUSPENDED"])
def test_a_job_that_waits_or_runs_has_not_ended(tmp_path: Path, state: str) -> None:
    assert launcher(tmp_path, queue=say(state)).ended(JOB) is None


@pytest.mark.parametrize(
    ("accounts", "ended"),
    [
        ("COMPLETED|0:0", Ended(0)),
        ("FAILED|2:0", Ended(2)),
        ("FAILED|0:11", Ended(0, "signal 11")),
        ("OUT_OF_MEMORY|0:125", Ended(0, "Slurm, which says OUT_OF_MEMORY")),
        ("TIMEOUT|0:0", Ended(0, "Slurm, which says TIMEOUT")),
        ("CANCELLED by 1001|0:0", Ended(0, "Slurm, which says CANCELLED")),
        ("NODE_FAIL|1:0", Ended(1, "Slurm, which says NODE_FAIL")),
        ("", Ended()),
        ("RUNNING|0:0", Ended()),
    ],
)
def test_the_accounts_say_how_a_job_ended_that_the_queue_has_forgotten(
    tmp_path: Path, accounts: str, ended: Ended
) -> None:
    assert launcher(tmp_path, queue=GONE, account=say(accounts)).ended(JOB) == ended
    assert launcher(tmp_path, queue=say(""), account=say(accounts)).ended(JOB) == ended


def test_without_accounts_the_queues_last_word_counts(tmp_path: Path) -> None:
    assert launcher(tmp_path, queue=say("OUT_OF_MEMORY"), account=None).ended(JOB) == Ended(
        None, "Slurm, which says OUT_OF_MEMORY"
    )
    assert launcher(tmp_path, queue=say("COMPLETED"), account=None).ended(JOB) == Ended(0)


def test_a_queue_that_does_not_answer_is_no_word_on_the_job(tmp_path: Path) -> None:
    silent = launcher(tmp_path, queue=complain("slurm_load_jobs error: Unable to contact slurm controller"))

    with pytest.raises(UnavailableError, match=r"does not say how job 77 is: .*Unable to contact"):
        silent.ended(JOB)


def test_a_command_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="cannot ask the queue with no-such-squeue"):
        launcher(tmp_path, queue=("no-such-squeue",)).ended(JOB)


def test_a_template_without_a_place_for_the_command_is_refused(tmp_path: Path) -> None:
    there = launcher(tmp_path)
    there.template_file.write_text("#!/bin/bash\n")

    with pytest.raises(UnavailableError, match="has no XXXcommandXXX"):
        there.template(1)


def test_a_step_runs_in_the_stand_in_and_its_template_is_filled(tmp_path: Path) -> None:
    submit = ("/bin/sh", "-c", 'sh "$0" > Programs/a/run001/run.out; echo "Submitted batch job 77"', "{script}")
    there = launcher(tmp_path, submit=submit, queue=GONE, account=say("COMPLETED|0:0"))

    outcome = run_step(tmp_path, one("echo hello"), "a", there, print)

    script = (tmp_path / "Programs/a/run001/run_submit.script").read_text()
    assert outcome.last_lines == ("hello",)
    assert "#SBATCH --ntasks=3 --cpus-per-task=2 --output=Programs/a/run001/run.out\n" in script
    assert plan(tmp_path, one("echo hello"), there)[0].status is StepStatus.DONE


def test_a_job_that_the_queue_killed_says_why(tmp_path: Path) -> None:
    there = launcher(tmp_path, submit=say("77"), queue=GONE, account=say("OUT_OF_MEMORY|0:125"))

    with pytest.raises(UnavailableError, match="was killed by Slurm, which says OUT_OF_MEMORY") as killed:
        run_step(tmp_path, one("true"), "a", there, print)

    assert killed.value.reason == JOB_KILLED


def test_a_job_that_the_queue_does_not_take_is_no_running_one(tmp_path: Path) -> None:
    there = launcher(tmp_path, submit=complain("sbatch: error: invalid partition"))

    with pytest.raises(UnavailableError, match=r"the queue did not take .*invalid partition"):
        run_step(tmp_path, one("true"), "a", there, print)

    assert plan(tmp_path, one("true"), there)[0].status is StepStatus.FAILED


def test_a_stopped_run_cancels_its_job(tmp_path: Path) -> None:
    cancel = ("/bin/sh", "-c", f"echo $0 > {tmp_path}/cancelled", "{job}")
    there = launcher(tmp_path, submit=say("77"), queue=say("PENDING"), cancel=cancel)

    with pytest.raises(UnavailableError) as stopped:
        run_step(tmp_path, one("true"), "a", there, print, is_cancelled=lambda: True)

    assert stopped.value.reason == JOB_CANCELLED
    assert (tmp_path / "cancelled").read_text() == "77\n"
    assert read_exit_marker(tmp_path / "Programs/a/run001") is ExitMarker.ABORTED


def test_a_job_is_followed_only_by_the_kind_of_launcher_that_knows_it(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    queue = ("/bin/sh", "-c", f"echo RUNNING; echo >> {asked}", "{job}")
    cancel = say("")
    there = launcher(tmp_path, submit=say("77"), queue=queue, cancel=cancel)

    with pytest.raises(UnavailableError):
        run_step(tmp_path, one("true"), "a", there, print, is_cancelled=asked.exists)
    (tmp_path / "Programs/a/run001" / ExitMarker.ABORTED).unlink()

    state = plan(tmp_path, one("true"))[0]

    assert state.status is StepStatus.RUNNING
    assert state.why == "it was launched by slurm, not by process"
