"""Lineages for tests: of the real RELION 3.1 pipeline among the samples, and made ones of any size and shape."""

import random
from pathlib import Path

from gemmi import cif

from emdewar.lineage.model import JobState, Lineage, LineageFile, LineageJob


def job(id_: str, *inputs: str, out: tuple[str, ...] = (), **more: object) -> LineageJob:
    """Make a job that succeeded and can run again."""
    usual = {"kind": id_.split("/", maxsplit=1)[0].lower(), "state": JobState.SUCCEEDED, "command": (f"do {id_}",)}
    return LineageJob.model_validate({"id": id_, "inputs": inputs, "outputs": out, **usual, **more})


def lineage(*jobs: LineageJob, absent: tuple[str, ...] = (), more: tuple[LineageFile, ...] = ()) -> Lineage:
    """Make a lineage whose files are all there with 100 bytes, but for those that are absent."""
    named = {path for one in jobs for path in (*one.inputs, *one.outputs)} - {file.path for file in more}
    files = [LineageFile(path=path, is_there=path not in absent, size=100) for path in sorted(named)]
    return Lineage(program="RELION", root="project", jobs=jobs, files=(*files, *more))


def pipeline(samples: Path) -> Lineage:
    """Read the real pipeline, without its folder."""
    document = cif.read(str(samples / "star" / "starfile_tests" / "default_pipeline.star"))
    edges_in = [
        tuple(row) for row in document["pipeline_input_edges"].find("_rlnPipeLineEdge", ["FromNode", "Process"])
    ]
    edges_out = [
        tuple(row) for row in document["pipeline_output_edges"].find("_rlnPipeLineEdge", ["Process", "ToNode"])
    ]
    jobs = []
    for name, alias in document["pipeline_processes"].find("_rlnPipeLineProcess", ["Name", "Alias"]):
        inputs = [node for node, process in edges_in if process == name]
        outputs = tuple(node for process, node in edges_out if process == name)
        jobs.append(
            job(name.rstrip("/"), *inputs, out=outputs, alias=alias.rstrip("/"), program="RELION", version="3.1")
        )
    return lineage(*jobs)


def made(count: int, seed: int = 1) -> Lineage:
    """Make a project as people do: a line from import to a result, with branches, dead ends and jobs that failed."""
    chance = random.Random(seed)  # noqa: S311 - dice
    steps = [
        "Import",
        "MotionCorr",
        "CtfFind",
        "AutoPick",
        "Extract",
        "Class2D",
        "Select",
        "Class3D",
        "Refine3D",
        "PostProcess",
    ]
    jobs: list[LineageJob] = []
    for number in range(count):
        step = steps[number % len(steps)]
        id_ = f"{step}/job{number + 1:03d}"
        before = jobs[-1].outputs if number % len(steps) else jobs[chance.randrange(len(jobs))].outputs if jobs else ()
        inputs = [*before]
        if number > 3 and chance.random() < 0.35:
            inputs += jobs[chance.randrange(max(0, number - 12), number)].outputs
        if step == "Import":
            inputs = [f"Movies/set{number}.tif"] if chance.random() < 0.5 else []
        if step == "PostProcess":
            inputs += ["mask.mrc"]
        state = chance.choices(list(JobState), weights=[1, 1, 20, 2, 1, 1])[0]
        alias = f"{step}/try_{number}" if number % 7 == 0 else None
        jobs.append(job(id_, *inputs, out=(f"{id_}/out.star",), state=state, alias=alias))
    return lineage(*jobs)
