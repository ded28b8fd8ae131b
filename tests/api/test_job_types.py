"""A file of job types is read as SciCat reads it, with two additions of ours, and what is wrong stops the start."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from catalog_api.application import create_app
from catalog_api.jobs.asked import Asked, WantedRun
from catalog_api.jobs.job_types import JobTypes
from catalog_api.jobs.json_path import json_path
from catalog_api.jobs.reading import builtin_types, read_job_types
from catalog_api.jobs.templates import parameters, template
from catalog_api.json_type import Json
from catalog_api.refusals import ExplainedError
from catalog_api.settings import Settings
from emdewar.errors import RefusedError

Read = Callable[[str], JobTypes]

TYPE = """\
configVersion: "2"
jobs:
  - jobType: move
    create:
      auth: {auth}
      actions: {actions}
    update:
      auth: "#jobAdmin"
      actions: {updates}
"""


def text_of(*, auth: str = '"#all"', actions: Json = (), updates: Json = ()) -> str:
    listed = [yaml.safe_dump(list(entries), default_flow_style=True).strip() for entries in (actions, updates)]
    return TYPE.format(auth=auth, actions=listed[0], updates=listed[1])


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_text(text: str) -> JobTypes:
        path = tmp_path / "types.yaml"
        path.write_text(text, "utf-8")
        return read_job_types(path)

    return read_text


def asked(request: Json, datasets: Json = ()) -> Asked:
    return Asked(request, None, lambda: datasets)


def test_without_a_file_there_are_five_types_of_which_two_claim() -> None:
    types = builtin_types()

    assert sorted(types.by_name) == ["archive", "deposit", "publish", "reset", "retrieve"]
    assert [name for name, kind in types.by_name.items() if kind.claims] == ["archive", "retrieve"]
    assert all(kind.starts_flows for kind in types.by_name.values())


def test_a_file_of_scicats_is_read_as_it_is(read: Read) -> None:
    types = read(text_of(auth='"@group5"', actions=[{"actionType": "log"}]))

    kind = types.named("move")
    assert (types.version, kind.create.auth, kind.claims, kind.keeps_the_table) == ("2", "@group5", None, False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("jobs: [", "is no YAML"),
        ("", "keys and values belong here"),
        ("jobs: []", "configVersion: this key is missing"),
        (text_of(auth='"#everybody"'), "line 5: job type move, create.auth: '#everybody' is nobody: use #all, "),
        (text_of().replace("jobType", "jobtype"), "jobtype: this key does not belong here; there are jobType, claims"),
        (text_of().replace("create", "creat"), "job type move, creat: this key does not belong here; there are"),
        (text_of().replace('      auth: "#jobAdmin"\n', ""), "job type move, update.auth: this key is missing"),
        (text_of(actions=[{"actionType": "rabbitmq"}]), "rabbitmq is not supported: the catalog speaks to no message"),
        (text_of(actions=[{"actionType": "url"}]), "url is not supported"),
        (text_of(actions=[{"actionType": "email"}]), "the catalog sends no mail"),
        (text_of(actions=[{"actionType": "explode"}]), "'explode' is no action here; there are email, error, flow, "),
        (text_of(actions=[{"actionType": "validate", "requests": {}}]), "there are actionType, request, datasets"),
        (
            text_of(actions=[{"actionType": "validate", "request": {"a": {"type": "strin"}}}]),
            "request.a: this is no JSON",
        ),
        (text_of(actions=[{"actionType": "validate", "request": {"a[": {}}}]), "'a[' is no path"),
        (
            text_of(actions=[{"actionType": "validate", "request": {"a": {"$ref": "https://example.org/x.json"}}}]),
            "nothing is fetched",
        ),
        (text_of(updates=[{"actionType": "validate", "datasets": {"pid": {}}}]), "update.actions[0].datasets"),
        (text_of(updates=[{"actionType": "flow", "deployment": "a/b"}]), "'flow' is no action here"),
        (text_of(actions=[{"actionType": "flow", "deployment": "archive"}]), "write it as flow/deployment"),
        (
            text_of(actions=[{"actionType": "flow", "deployment": "a/b", "parameters": {"x": "{{#each datasets}}"}}]),
            "the placeholder '#each datasets' is not supported",
        ),
        (text_of(actions=[{"actionType": "error", "message": "no", "status": 418}]), "create.actions[0].status"),
        (
            text_of(
                actions=[
                    {
                        "actionType": "switch",
                        "phase": "all",
                        "property": "request.type",
                        "cases": [{"match": 1, "regex": "/a/"}],
                    }
                ]
            ),
            "a case has one condition",
        ),
        (text_of() + "  - jobType: move\n    create: {auth: x}\n    update: {auth: x}\n", "'move' is there twice"),
        (text_of().replace("- jobType: move", "- jobType: move\n    claims: everything"), "job type move, claims"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(read: Read, text: str, said: str) -> None:
    with pytest.raises(RefusedError) as caught:
        read(text)

    assert said in str(caught.value)
    assert "types.yaml" in str(caught.value)


def test_the_service_does_not_start_with_a_wrong_file(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text_of(auth='"#nobody"'))

    with pytest.raises(RefusedError, match=r"wrong\.yaml, line 5"):
        create_app(settings.model_copy(update={"job_types_file": path}))


def test_the_service_does_not_start_without_the_file_that_is_named(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="cannot be read"):
        create_app(settings.model_copy(update={"job_types_file": tmp_path / "none.yaml"}))


@pytest.mark.parametrize(
    ("request_body", "said"),
    [
        ({"jobParams": {}}, "Invalid request. Requires 'jobParams.copies'"),
        ({"jobParams": {"copies": "many"}}, "Invalid request. Invalid value for 'jobParams.copies'"),
    ],
)
def test_a_request_must_fit_its_schemas(read: Read, request_body: Json, said: str) -> None:
    check = {"actionType": "validate", "request": {"jobParams.copies": {"enum": ["one", "two"]}}}
    (action,) = read(text_of(actions=[check])).named("move").create.actions

    with pytest.raises(ExplainedError) as caught:
        action.check(asked(request_body))

    assert str(caught.value) == said
    assert caught.value.details


def test_every_dataset_must_fit_and_the_one_that_does_not_is_named(read: Read) -> None:
    check = {"actionType": "validate", "datasets": {"datasetlifecycle.archivable": {"const": True}}}
    (action,) = read(text_of(actions=[check])).named("move").create.actions
    datasets = [{"pid": pid, "datasetlifecycle": {"archivable": pid == "a"}} for pid in ("a", "b")]
    request: Json = {"jobParams": {"datasetList": [{"pid": pid, "files": []} for pid in ("a", "b")]}}

    with pytest.raises(ExplainedError, match=r"Invalid value for 'datasetlifecycle\.archivable'") as caught:
        action.check(asked(request, datasets))

    assert "dataset b" in caught.value.details


@pytest.mark.parametrize(
    ("value", "refused"),
    [("no", True), ("nothing", True), ("5", True), (5, True), ([1], True), ("yes", False), (None, True)],
    ids=str,
)
def test_a_switch_takes_the_first_case_that_holds(read: Read, value: Json, refused: bool) -> None:  # noqa: FBT001 (an expectation)
    refuse = [{"actionType": "error", "message": "not {{request.word}}", "status": 409}]
    cases = [
        {"match": "no", "actions": refuse},
        {"regex": "/^NOTH/i", "actions": refuse},
        {"match": 5, "actions": refuse},
        {"schema": {"type": "array"}, "actions": refuse},
        {"match": "yes", "actions": []},
        {"actions": refuse},
    ]
    switch = {"actionType": "switch", "phase": "validate", "property": "request.word", "cases": cases}
    (action,) = read(text_of(actions=[switch])).named("move").create.actions
    request: Json = {} if value is None else {"word": value}

    if refused:
        with pytest.raises(RefusedError, match="not ") as caught:
            action.check(asked(request))
        assert caught.value.reason == "conflict"
    else:
        action.check(asked(request))


def test_a_switch_does_not_choose_between_datasets_that_differ(read: Read) -> None:
    switch = {"actionType": "switch", "phase": "validate", "property": "datasets[*].type", "cases": [{"actions": []}]}
    (action,) = read(text_of(actions=[switch])).named("move").create.actions

    with pytest.raises(RefusedError, match="Ambiguous value"):
        action.check(asked({}, [{"type": "raw"}, {"type": "derived"}]))


def test_a_flow_is_asked_for_once_per_dataset_with_what_the_job_says(read: Read) -> None:
    given = {
        "pid": "{{dataset.pid}}",
        "files": "{{dataset.files}}",
        "to": "{{job.jobParams.to}}",
        "name": "job {{job.id}}",
    }
    flow = {"actionType": "flow", "deployment": "move/dataset", "parameters": given}
    (action,) = read(text_of(actions=[flow])).named("move").create.actions
    to_do = [{"pid": "a", "files": ["x"]}, {"pid": "b", "files": []}, {"pid": "a", "files": ["x"]}]
    job = {"id": "7", "jobParams": {"datasetList": to_do}}

    runs = list(action.perform(Asked({}, job, tuple)))

    assert runs == [
        WantedRun("move/dataset", {"pid": "a", "files": ["x"], "name": "job 7"}, "a"),
        WantedRun("move/dataset", {"pid": "b", "files": [], "name": "job 7"}, "b"),
    ]


def test_a_mail_that_nobody_minds_to_miss_is_only_noted(read: Read, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    mail = {"actionType": "email", "to": "a@example.org", "subject": "done", "ignoreErrors": True}
    (action,) = read(text_of(updates=[mail])).named("move").update.actions

    assert list(action.perform(Asked({}, {"id": "7"}, tuple))) == []
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_a_log_line_is_filled(read: Read, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    line = {"actionType": "log", "validate": "came {{{jsonify request}}}", "perform": "kept {{job.id}} {{job.none}}."}
    (action,) = read(text_of(actions=[line])).named("move").create.actions

    action.check(asked({"type": "move"}))
    list(action.perform(Asked({}, {"id": "7"}, tuple)))

    assert [record.message for record in caplog.records] == ['came {"type": "move"}', "kept 7 ."]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", [{"a": [{"b": 1, "c d": 2}, {"b": 3}], "e": None}]),
        ("a[0].b", [1]),
        ("a.1.b", [3]),
        ("$.a[*].b", [1, 3]),
        ("a[-1].b", [3]),
        ("a[0]['c d']", [2]),
        ("$..b", [1, 3]),
        ("e", [None]),
        ("e.f", []),
        ("a[7]", []),
    ],
)
def test_a_path_leads_where_it_says(path: str, found: Json) -> None:
    assert json_path(path).find({"a": [{"b": 1, "c d": 2}, {"b": 3}], "e": None}) == found


def test_a_parameter_keeps_its_type_and_is_left_out_where_there_is_nothing() -> None:
    given = parameters({"a": "{{job.n}}", "b": ["{{job.none}}", "{{job.n}}"], "c": {"d": "{{job.none}}"}, "e": 4})

    assert given.filled({"job": {"n": 5}}) == {"a": 5, "b": [5], "c": {}, "e": 4}


def test_a_text_around_placeholders_stays_a_text() -> None:
    assert template("{{job.n}} of {{{job.list}}}").text({"job": {"n": 5, "list": [1]}}) == "5 of [1]"
