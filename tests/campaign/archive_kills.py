"""Kill archives, retrievals and sweeps at random instants while the stores are harmed, and count what is lost.

`make campaign` runs this; KILLS and SEED choose how often and when. Not a part of `make test`.
"""

import hashlib
import os
import tarfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from deployments.local_site import LocalSite
from emdewar.lifecycle import JobType
from emdewar.paths import safe_stem
from tests.campaign.fast_worker import FastWorker
from tests.campaign.harm import Harm
from tests.flows.kept import draft, written

KILLS = int(os.environ.get("KILLS", "200"))
SEED = int(os.environ.get("SEED", "1"))
DATASETS = int(os.environ.get("DATASETS", "60"))
KILL_SHARES = {"archive": 0.7}
KILL_SHARE, FULL_SHARE, STRIKE_SHARE, PAUSE_SHARE = 0.6, 0.03, 0.012, 0.005
BUSY = 3
"""Runs that keep two cores busy; those that wait before they try again come on top."""

TAPE = {"migrate_after_s": 0, "evict_after_s": 0.5, "mount_s": 0.3, "wind_s": 0, "bytes_per_s": 50_000_000}
POLICY = {"datablock_target_bytes": 1_000_000, "reverify_after_days": 0, "release_after_days": 0}
SETTLE_ROUNDS = 40
STORES = {"archive-disk": "archive", "archive-tape": "tape"}

STIRS = {
    "archive-sweep/scheduled": 4,
    "retrieve": 8,
    "recall-sweep/scheduled": 3,
    "fixity/scheduled": 2,
    "repair/datablocks": 2,
    "reconcile/scheduled": 1,
    "retention/scheduled": 1,
}


@dataclass
class Verdict:
    """What is wrong at the end."""

    bytes_lost: int = 0
    duplicates: int = 0
    wrong_states: list[str] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSite]:
    """One site for the whole campaign, without a worker: the campaign brings its own."""
    with LocalSite(tmp_path_factory.mktemp("campaign"), tape=TAPE, policy=POLICY, worker=False) as site:
        yield site


@pytest.mark.timeout(7200)
def test_nothing_is_lost_whatever_is_killed_and_whatever_is_harmed(
    site: LocalSite, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = Random(SEED)  # noqa: S311 - faults, no secrets
    started_s = time.monotonic()
    with capsys.disabled(), FastWorker(site, dice) as worker:
        campaign = Campaign(site, worker, dice)
        campaign.run(KILLS)
        rounds = campaign.settle()
        verdict = campaign.judge()

    with capsys.disabled():
        campaign.show(verdict, rounds, time.monotonic() - started_s)
    assert verdict == Verdict()
    assert not worker.figures.hung


class Campaign:
    """A site under fire."""

    def __init__(self, site: LocalSite, worker: FastWorker, dice: Random) -> None:
        """Begin with no dataset."""
        self._site, self._worker, self._dice = site, worker, dice
        self._harm = Harm(site, dice)
        self._datasets: dict[str, dict[str, bytes]] = {}
        self._retrieved: dict[Path, tuple[str, str]] = {}

    def run(self, kills: int) -> None:
        """Stir, harm and kill until so many runs were killed."""
        self._worker.kill_shares = defaultdict(lambda: KILL_SHARE, KILL_SHARES)
        self._worker.full_share = FULL_SHARE
        done = 0
        while done < kills:
            if len(self._datasets) < DATASETS and done >= len(self._datasets) * kills // (2 * DATASETS):
                self._add_dataset()
            if self._worker.step() < BUSY:
                self._stir()
            if self._dice.random() < STRIKE_SHARE:
                self._harm.strike()
            if self._dice.random() < PAUSE_SHARE and self._worker.pause_one(self._dice.uniform(0.1, 0.8)):
                self._harm.done["slow"] += 1
            time.sleep(0.02)
            before, done = done, sum(self._worker.figures.kills.values())
            if done != before and not done % 20:
                print(f"{done} kills", flush=True)  # noqa: T201 - somebody waits for half an hour
        self._worker.kill_shares = defaultdict(float)
        self._worker.full_share = 0.0

    def settle(self) -> int:
        """Sweep without harm until there is nothing more to do; gives the rounds that it took."""
        sweeps: dict[str, dict[str, object]] = {
            "archive-sweep/scheduled": {},
            "fixity/scheduled": {"budget_bytes": 10**12},
            "reconcile/scheduled": {},
            "repair/datablocks": {},
            "recall-sweep/scheduled": {},
            "retention/scheduled": {"dry_run": False},
        }
        for number in range(1, SETTLE_ROUNDS + 1):
            for sweep, parameters in sweeps.items():
                self._worker.start(sweep, **parameters)
                self._worker.work_off(within_s=1200)
            unfinished = self._unfinished()
            print(f"round {number} of sweeps: {len(unfinished)} unfinished {unfinished[:5]}", flush=True)  # noqa: T201
            if number > 1 and not unfinished:
                return number
            self._ask_again()
        return SETTLE_ROUNDS

    def _ask_again(self) -> None:
        """Do what a person does whose dataset failed for no fault of its own."""
        for pid in self._datasets:
            with self._site.catalog() as catalog:
                failed = catalog.dataset(pid).datasetlifecycle.archive_status_message == "scheduleArchiveJobFailed"
            if failed:
                self._worker.start("archive/dataset", pid=pid)

    def judge(self) -> Verdict:
        """Compare everything with what was there, with the tools of others."""
        verdict = Verdict(wrong_states=self._unfinished())
        for pid, contents in self._datasets.items():
            wanted = {path: hashlib.sha256(content).hexdigest() for path, content in contents.items()}
            for store, folder in STORES.items():
                self._judge_copies(verdict, pid, wanted, store, self._site.state / folder)
            self._judge_source(verdict, pid, contents)
        for place, (pid, pattern) in self._retrieved.items():
            self._judge_retrieved(verdict, pid, place, pattern)
        verdict.leftovers = [str(p) for d in ("archive", "tape-disk") for p in (self._site.state / d).glob("*.part")]
        return verdict

    def show(self, verdict: Verdict, rounds: int, seconds: float) -> None:
        """Print the figures as a table."""
        figures, contents = self._worker.figures, self._datasets.values()
        faults = self._harm.done + Counter({"store full": figures.full})
        rows = {
            "seed": SEED,
            "kills": f"{sum(figures.kills.values())}: {_listed(figures.kills)}",
            "runs": f"{sum(figures.runs.values())}: {_listed(figures.runs)}",
            "faults": f"{sum(faults.values())}: {_listed(faults)}",
            "datasets": f"{len(contents)}, {sum(map(len, contents))} files, "
            f"{sum(len(c) for files in contents for c in files.values()):,} bytes",
            "retrievals": len(self._retrieved),
            "bytes lost": verdict.bytes_lost,
            "duplicates": verdict.duplicates,
            "wrong states": len(verdict.wrong_states),
            "rounds of sweeps at the end": rounds,
            "minutes": f"{seconds / 60:.1f}",
        }
        print("\n| campaign | |\n|---|---|")  # noqa: T201 - the figures are what it is for
        for name, value in rows.items():
            print(f"| {name} | {value} |")  # noqa: T201

    def _add_dataset(self) -> None:
        pid = f"demo/campaign-{SEED}-{len(self._datasets):03d}"
        sizes = [self._dice.randrange(1, 700_000) for _ in range(self._dice.randrange(3, 9))]
        contents = {f"Data/{number:03d}.bin": os.urandom(size) for number, size in enumerate(sizes)}
        source = self._source(pid)
        files = [written(source, path, content) for path, content in contents.items()]
        with self._site.catalog() as catalog:
            catalog.register_dataset(draft(pid, source))
            catalog.declare_files(pid, files)
        self._datasets[pid] = contents

    def _stir(self) -> None:
        (what,) = self._dice.choices(list(STIRS), weights=list(STIRS.values()))
        if what == "retrieve":
            self._retrieve()
        elif what == "retention/scheduled":
            self._worker.start(what, dry_run=False)
        elif what == "fixity/scheduled":
            self._worker.start(what, budget_bytes=self._dice.randrange(1, 30_000_000))
        else:
            self._worker.start(what)

    def _retrieve(self) -> None:
        """Ask for a dataset, whole or in part; one that is not archived yet refuses."""
        pid = self._dice.choice(sorted(self._datasets))
        with self._site.catalog() as catalog:
            if not catalog.dataset(pid).datasetlifecycle.retrievable or catalog.find_open_job(JobType.RETRIEVE, pid):
                return
        folder = self._site.state / "back" / f"{len(self._retrieved):04d}"
        pattern = self._dice.choice(["*", "*0.bin"])
        self._retrieved[folder] = pid, pattern
        self._worker.start("retrieve/dataset", pid=pid, patterns=[pattern], destination=str(folder))

    def _unfinished(self) -> list[str]:
        """List datasets that are not fully archived, and retrievals that are open."""
        wrong: list[str] = []
        with self._site.catalog() as catalog:
            for pid in self._datasets:
                lifecycle = catalog.dataset(pid).datasetlifecycle
                if lifecycle.archive_status_message != "datasetOnArchiveDisk":
                    wrong.append(f"{pid} says {lifecycle.archive_status_message}: {lifecycle.archive_return_message}")
                for block in catalog.datablocks(pid):
                    good = {copy.store for copy in block.copies if copy.is_good}
                    if good != set(STORES):
                        wrong.append(f"{block.archive_id} has good copies on {sorted(good)}")
                jobs = [catalog.find_open_job(kind, pid) for kind in JobType]
                wrong += [f"{pid} has an open job: {job.status_message}" for job in jobs if job]
        return wrong

    def _judge_copies(self, verdict: Verdict, pid: str, wanted: Mapping[str, str], store: str, folder: Path) -> None:
        found: Counter[str] = Counter()
        with self._site.catalog() as catalog:
            blocks = catalog.datablocks(pid)
        for block in blocks:
            for copy in block.copies:
                if copy.store == store and copy.is_good:
                    found.update(_files_of(folder / copy.location, wanted))
        verdict.duplicates += sum(count - 1 for count in found.values() if count > 1)
        missing = [path for path in wanted if not found[path]]
        verdict.bytes_lost += sum(len(self._datasets[pid][path]) for path in missing)

    def _judge_source(self, verdict: Verdict, pid: str, contents: Mapping[str, bytes]) -> None:
        """A source is whole, or it was released, and then nothing of it is left."""
        with self._site.catalog() as catalog:
            is_there = catalog.dataset(pid).datasetlifecycle.is_on_central_disk
        left = {path for path in contents if (self._source(pid) / path).is_file()}
        wrong = [path for path in left if (self._source(pid) / path).read_bytes() != contents[path]]
        if wrong or left != (set(contents) if is_there else set()):
            state = "on central disk" if is_there else "released"
            verdict.wrong_states.append(
                f"{pid} is {state} with {len(left)} of {len(contents)} files, {len(wrong)} wrong"
            )

    def _judge_retrieved(self, verdict: Verdict, pid: str, folder: Path, pattern: str) -> None:
        there = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file() and p.suffix != ".part"}
        wanted = {path: c for path, c in self._datasets[pid].items() if path.endswith(pattern.removeprefix("*"))}
        if wrong := [path for path in there if there[path].read_bytes() != wanted.get(path)]:
            verdict.wrong_states.append(f"{folder.name}: {wrong} are visible and wrong")
        with self._site.catalog() as catalog:
            jobs = [event.why for event in catalog.history(pid) if event.to_status == "datasetRetrieved"]
        said = any(why and why.get("retrieved", {}).get("destination") == str(folder) for why in jobs)
        if said and there.keys() != wanted.keys():
            verdict.wrong_states.append(f"{folder.name}: called retrieved with {len(there)} of {len(wanted)} files")

    def _source(self, pid: str) -> Path:
        return self._site.state / "landing" / safe_stem(pid) / "data"


def _files_of(tar: Path, wanted: Mapping[str, str]) -> list[str]:
    """Read a tar with Python's own tarfile; gives the files that are what they should be, none where it is gone."""
    found: list[str] = []
    if not tar.is_file():
        return found
    with tarfile.open(tar) as opened:
        for member in opened:
            path = member.name.partition("/data/")[2]
            content = opened.extractfile(member)
            if path in wanted and content and hashlib.file_digest(content, "sha256").hexdigest() == wanted[path]:  # type: ignore[arg-type]
                found.append(path)
    return found


def _listed(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counted.items()))
