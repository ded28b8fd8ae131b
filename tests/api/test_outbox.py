"""What jobs ask of Prefect is delivered once, whatever fails in between, and a job says what it waits for."""

import json
import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlmodel import select

from catalog_api.database import Database
from catalog_api.outbox import rows
from catalog_api.outbox.dispatcher import PARCELS_AT_ONCE, Dispatcher, DispatcherThread
from catalog_api.outbox.prefect_api import PrefectApi
from catalog_api.settings import Settings
from catalog_api.tables import OutboxRow
from catalog_api.tables.columns import now
from tests.api.bodies import ARCHIVE, PID, RETRIEVE, As, archived, dataset, events

JOBS = "/api/v4/jobs"
URL = "http://prefect.example/api"


class Prefect:
    """Answers like a Prefect server, as far as the outbox asks."""

    def __init__(self) -> None:
        self.deployments = {f"{flow}/dataset" for flow in ("archive", "retrieve", "publish", "reset")}
        self.runs: dict[str, dict[str, Any]] = {}
        self.asked: Counter[str] = Counter()
        self.states: dict[str, dict[str, str]] = {}
        self.status = 200

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.status == 0:
            raise httpx.ConnectError("connection refused", request=request)
        if self.status >= 400:
            return httpx.Response(self.status, text="no")
        if found := re.fullmatch(r"/api/deployments/name/(.+)", request.url.path):
            name = found[1]
            return (
                httpx.Response(200, json={"id": name.replace("/", "~")}) if name in self.deployments else self._none()
            )
        sent = json.loads(request.content)
        if request.url.path == "/api/flow_runs/filter":
            wanted = sent["flow_runs"]["id"]["any_"]
            return httpx.Response(
                200, json=[{"id": run, "state": self.states[run]} for run in wanted if run in self.states]
            )
        key = sent["idempotency_key"]
        self.asked[key] += 1
        is_new = key not in self.runs
        run = self.runs.setdefault(key, {"id": str(uuid4()), "deployment": request.url.path.split("/")[3], **sent})
        return httpx.Response(201 if is_new else 200, json=run)

    @staticmethod
    def _none() -> httpx.Response:
        return httpx.Response(404, json={"detail": "Deployment not found"})


Later = Callable[[float], Dispatcher]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A catalog that knows a Prefect API."""
    return settings.model_copy(update={"prefect_api_url": URL})


@pytest.fixture
def prefect() -> Prefect:
    return Prefect()


@pytest.fixture
def later(database: Database, prefect: Prefect) -> Later:
    """Gives a dispatcher for which some seconds have gone by."""

    def dispatcher(seconds: float) -> Dispatcher:
        api = PrefectApi(URL, transport=httpx.MockTransport(prefect))
        return Dispatcher(database, api, clock=lambda: now() + timedelta(seconds=seconds))

    return dispatcher


@pytest.fixture
def job(flows: httpx.Client, owner: httpx.Client) -> str:
    """The identifier of an archive job of one dataset."""
    flows.post("/api/v4/datasets", json=dataset())
    made = owner.post(JOBS, json=ARCHIVE | {"ownerGroup": "p1"})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def message(client: httpx.Client, job: str) -> str:
    return str(client.get(f"{JOBS}/{job}").json()["statusMessage"])


def many(*pids: str) -> dict[str, Any]:
    return {"type": "archive", "ownerGroup": "p1", "jobParams": {"datasetList": [{"pid": pid} for pid in pids]}}


def test_a_job_starts_its_flow_with_what_the_flow_must_know(
    prefect: Prefect, later: Later, owner: httpx.Client, job: str
) -> None:
    before = message(owner, job)

    later(0).deliver_due()

    [run] = prefect.runs.values()
    assert (run["deployment"], run["parameters"], run["tags"]) == ("archive~dataset", {"pid": PID}, [f"job:{job}"])
    assert before == "Job submitted. Prefect will be asked for a flow run of archive/dataset."
    assert message(owner, job) == f"Job submitted. Flow run {run['id']} of archive/dataset is scheduled."
    assert later(1000).deliver_due() == 0


def test_a_retrieval_tells_its_flow_which_job_asks(
    prefect: Prefect, later: Later, flows: httpx.Client, owner: httpx.Client
) -> None:
    archived(flows)
    made = owner.post(JOBS, json=RETRIEVE | {"ownerGroup": "p1"}).json()

    later(0).deliver_due()

    [run] = prefect.runs.values()
    assert run["parameters"] == {"pid": PID, "job": made["id"]}


def test_each_dataset_of_a_job_gets_a_run_of_its_own(
    prefect: Prefect, later: Later, flows: httpx.Client, owner: httpx.Client
) -> None:
    pids = [f"{PID}-{number}" for number in range(PARCELS_AT_ONCE + 3)]
    for pid in pids:
        flows.post("/api/v4/datasets", json=dataset(pid))
    job = owner.post(JOBS, json=many(*pids)).json()["id"]

    first, second = later(0).deliver_due(), later(0).deliver_due()

    assert (first, second) == (PARCELS_AT_ONCE, 3)
    assert sorted(run["parameters"]["pid"] for run in prefect.runs.values()) == sorted(pids)
    assert message(owner, job) == f"Job submitted. {len(pids)} of {len(pids)} flow runs are scheduled."


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (0, "It waits: Prefect at http://prefect.example/api cannot be reached (connection refused)"),
        (503, "It waits: Prefect at http://prefect.example/api answers 503"),
        (401, "refuses the catalog (401); check EMDEWAR_CATALOG_PREFECT_API_AUTH"),
        (409, "Prefect refuses the run (409): no"),
    ],
)
def test_a_job_says_what_it_waits_for_and_goes_on_when_that_is_over(  # noqa: PLR0913, PLR0917 (two of them are the rule)
    prefect: Prefect, later: Later, owner: httpx.Client, job: str, status: int, said: str
) -> None:
    prefect.status = status
    later(0).deliver_due()
    waiting = message(owner, job)

    prefect.status = 200
    too_early, in_time = later(0).deliver_due(), later(400).deliver_due()

    assert said in waiting
    assert (too_early, in_time) == (0, 1)
    assert message(owner, job).endswith("is scheduled.")


def test_attempts_grow_apart_and_the_history_holds_each_reason_once(
    prefect: Prefect, later: Later, database: Database, owner: httpx.Client, job: str
) -> None:
    prefect.status = 0
    delays = []
    for passed in range(0, 3600, 600):
        later(passed).deliver_due()
        with database.reading() as session:
            row = session.exec(select(OutboxRow)).one()
        delays.append(round((row.next_attempt_at - now()).total_seconds() - passed))

    told = owner.get(f"{JOBS}/{job}/status-events").json()

    assert delays[:4] == sorted(delays[:4])
    assert len(set(delays)) > 2
    assert [entry["statusMessage"].partition(":")[0] for entry in told[1:]] == ["Job submitted. It waits"]


def test_a_flow_that_nobody_has_deployed_is_named(later: Later, flows: httpx.Client, owner: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset())
    job = owner.post(JOBS, json=ARCHIVE | {"type": "deposit", "ownerGroup": "p1"}).json()["id"]

    later(0).deliver_due()

    assert "Prefect has no deployment deposit/dataset" in message(owner, job)


def test_what_a_killed_process_had_sent_is_sent_again_and_is_one_run(
    prefect: Prefect, later: Later, database: Database, job: str
) -> None:
    with database.writing() as session:
        [parcel] = rows.lease(session, now(), 1)
    PrefectApi(URL, transport=httpx.MockTransport(prefect)).create_flow_run("x", parcel.parameters, parcel.key, job)

    at_once, after_the_lease = later(0).deliver_due(), later(rows.LEASE_S + 1).deliver_due()

    assert (at_once, after_the_lease) == (0, 1)
    assert (len(prefect.runs), prefect.asked[parcel.key]) == (1, 2)


def test_several_dispatchers_send_each_run_once(
    prefect: Prefect, later: Later, flows: httpx.Client, owner: httpx.Client
) -> None:
    pids = [f"{PID}-{number}" for number in range(3 * PARCELS_AT_ONCE)]
    for pid in pids:
        flows.post("/api/v4/datasets", json=dataset(pid))
    owner.post(JOBS, json=many(*pids))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda dispatcher: dispatcher.deliver_due(), [later(0) for _ in range(8)]))

    assert sorted(run["parameters"]["pid"] for run in prefect.runs.values()) == sorted(pids)
    assert set(prefect.asked.values()) == {1}


def test_a_job_that_an_archiver_took_by_polling_starts_no_flow(
    prefect: Prefect, later: Later, as_: As, job: str
) -> None:
    as_("archiver").patch(f"{JOBS}/{job}", json={"statusCode": "inProgress", "statusMessage": "mine"})

    later(0).deliver_due()

    assert prefect.runs == {}
    assert message(as_("archiver"), job) == "mine"


@pytest.mark.parametrize("how", ["ended", "deleted", "ended for the dataset"])
def test_a_job_that_is_over_starts_no_flow(  # noqa: PLR0913, PLR0917 (two of them are the rule)
    prefect: Prefect, later: Later, as_: As, flows: httpx.Client, job: str, how: str
) -> None:
    if how == "ended":
        flows.patch(f"{JOBS}/{job}", json={"statusCode": "finishedUnsuccessful"})
    elif how == "deleted":
        as_("janitor").delete(f"{JOBS}/{job}")
    else:
        flows.post(f"{JOBS}/{job}/datasets", json={"pid": PID, "statusCode": "finishedSuccessful"})

    later(0).deliver_due()

    assert prefect.runs == {}


def test_the_flows_own_jobs_start_no_flow(prefect: Prefect, later: Later, flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset())
    made = flows.post(JOBS, json=ARCHIVE).json()

    later(0).deliver_due()

    assert (prefect.runs, made["statusMessage"]) == ({}, "Job submitted.")


def test_a_job_that_is_handed_over_is_not_deleted_under_its_run(later: Later, as_: As, job: str) -> None:
    later(0).deliver_due()

    answer = as_("janitor").delete(f"{JOBS}/{job}")

    assert answer.status_code == 409


def test_the_run_that_will_archive_a_dataset_is_in_its_history(
    prefect: Prefect, later: Later, flows: httpx.Client, job: str
) -> None:
    later(0).deliver_due()

    latest = events(flows)[-1]

    [run] = prefect.runs.values()
    assert (latest["toStatus"], latest["flowRunId"], latest["who"]) == ("scheduledForArchiving", run["id"], "catalog")
    assert flows.get(f"{JOBS}/{job}").json()["statusCode"] == "jobSubmitted"


def test_a_run_that_is_over_without_a_word_is_told_of(
    prefect: Prefect, later: Later, flows: httpx.Client, job: str
) -> None:
    later(0).deliver_due()
    [run] = prefect.runs.values()
    later(0).watch()
    quiet = message(flows, job)

    prefect.states[run["id"]] = {"name": "Crashed", "message": "status code -9"}
    later(0).watch()

    assert quiet.endswith("is scheduled.")
    assert message(flows, job).startswith("A flow run is over without a report")
    assert f"{run['id']} of archive/dataset ended as Crashed: status code -9" in message(flows, job)


def test_a_run_that_leaves_its_job_waiting_is_not_told_of(
    prefect: Prefect, later: Later, flows: httpx.Client, job: str
) -> None:
    later(0).deliver_due()
    [run] = prefect.runs.values()

    prefect.states[run["id"]] = {"name": "WaitingForRecall", "message": "12 of 40 datablocks are back"}
    later(0).watch()

    assert message(flows, job).endswith("is scheduled.")


def test_a_run_that_reported_is_not_told_of(prefect: Prefect, later: Later, flows: httpx.Client, job: str) -> None:
    later(0).deliver_due()
    [run] = prefect.runs.values()
    flows.post(f"{JOBS}/{job}/datasets", json={"pid": PID, "statusCode": "finishedSuccessful", "statusMessage": "done"})

    prefect.states[run["id"]] = {"name": "Completed"}
    later(0).watch()

    assert message(flows, job) == "done"


def test_the_thread_delivers_and_ends_when_it_is_told(
    prefect: Prefect, later: Later, owner: httpx.Client, job: str
) -> None:
    thread = DispatcherThread(later(0))

    thread.start()
    while not prefect.runs:
        message(owner, job)
    thread.stop()

    assert len(prefect.runs) == 1


@pytest.mark.parametrize("url", ["http://", "prefect.example:4200/api"])
def test_an_address_that_is_none_is_a_reason_to_wait_and_not_to_fall_over(
    database: Database, owner: httpx.Client, job: str, url: str
) -> None:
    with PrefectApi(url) as api:
        Dispatcher(database, api).deliver_due()

    assert "It waits" in message(owner, job)


class TestWithoutPrefect:
    """A catalog that knows no Prefect API."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"prefect_api_url": None})

    def test_a_job_waits_and_says_so_until_there_is_one(
        self, prefect: Prefect, later: Later, owner: httpx.Client, job: str
    ) -> None:
        waiting = message(owner, job)

        later(0).deliver_due()

        assert waiting.startswith("Job submitted. It waits: no Prefect API is configured")
        assert len(prefect.runs) == 1
