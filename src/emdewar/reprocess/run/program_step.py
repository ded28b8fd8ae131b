"""A step that is a plain program: its folder and its script are made here, not by RELION."""

from datetime import UTC, datetime
from pathlib import Path

from emdewar.errors import RefusedError
from emdewar.reprocess.run.job_file import command_line
from emdewar.reprocess.run.pipeline_file import Step
from emdewar.stores.system_errors import outside

FOLDER = "Programs"
"""Where their folders are; RELION does not know them."""

_MOST_RUNS = 1000


def make_folder(project: Path, step: Step) -> str:
    """Make the next folder of a step.

    Raises:
        UnavailableError: It cannot be made.
        RefusedError: There are too many.
    """
    for number in range(1, _MOST_RUNS):
        name = f"{FOLDER}/{step.name}/run{number:03d}"
        with outside(f"make {project / name}"):
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            try:
                (project / name).mkdir()
            except FileExistsError:
                continue
        return name
    msg = f"{FOLDER}/{step.name} holds {_MOST_RUNS - 1} runs; look why none is good, then move them away"
    raise RefusedError(msg)


def write_script(project: Path, folder: str, step: Step, template: str, inputs: dict[str, str]) -> Path:
    """Fill the submission template as RELION would.

    Raises:
        UnavailableError: It cannot be written.
        RefusedError: The arguments name what there is not.
    """
    command = command_line(str(step.program), step.arguments, {"folder": folder, **inputs})
    if step.has_exit_marker:
        command += f" --pipeline_control {folder}/"
    mpi, threads = step.mpi or 1, step.threads or 1
    words = {
        "command": command,
        "name": f"{folder}/",
        "outfile": f"{folder}/run.out",
        "errfile": f"{folder}/run.err",
        "mpinodes": str(mpi),
        "threads": str(threads),
        "cores": str(mpi * threads),
        "nodes": "1",
        "dedicated": "1",
        "queue": "",
    }
    for word, value in words.items():
        template = template.replace(f"XXX{word}XXX", value)
    script = project / folder / "run_submit.script"
    with outside(f"write {script}"):
        script.write_text(template, encoding="utf-8")
        (script.parent / "note.txt").write_text(f"{datetime.now(UTC).isoformat()}\n{command}\n", encoding="utf-8")
    return script
