"""Prefect's REST API, as far as the outbox needs it."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from catalog_api.json_type import Json
from emdewar.errors import RefusedError, UnavailableError

TIMEOUT_S = 10.0
_LONGEST = 300
"""Characters of an answer that a message quotes."""

ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
"""Types of states in which a run is over."""

WAITING = "WaitingFor"
"""Names of states begin so in which a run is over while its job goes on: another one takes it up when there is more."""


class PrefectApi:
    """A client of one Prefect server; a context manager that closes its connections."""

    def __init__(self, url: str, auth: SecretStr | None = None, transport: httpx.BaseTransport | None = None) -> None:
        """Prepare the client; nothing is sent yet.

        Args:
            url: The API, as `http://127.0.0.1:4200/api`.
            auth: `user:password`, where the server asks for one.
            transport: Stands in for the network.
        """
        self.url = url.rstrip("/")
        user, _, password = auth.get_secret_value().partition(":") if auth else ("", "", "")
        login = httpx.BasicAuth(user, password) if auth else None
        self._http = httpx.Client(auth=login, timeout=TIMEOUT_S, transport=transport)

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._http.close()

    def deployment_id(self, name: str) -> str:
        """Give the identifier of a deployment.

        Args:
            name: Flow and deployment, as `archive/dataset`.

        Raises:
            RefusedError: There is none, or Prefect refuses the catalog.
            UnavailableError: Prefect cannot be reached now.
        """
        path = "/".join(quote(part, safe="") for part in name.split("/"))
        answer = self._ask("GET", f"/deployments/name/{path}")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise RefusedError(f"Prefect has no deployment {name}; bring it there with `python -m deployments.apply`")
        return _identifier(self._content(answer), answer)

    def create_flow_run(self, deployment_id: str, parameters: Mapping[str, Json], key: str, job_id: str) -> str:
        """Ask for a flow run; asked for twice with one key, it is one run. Gives its identifier.

        Raises:
            RefusedError: Prefect does not take it, for example because the flow has no such parameter.
            UnavailableError: Prefect cannot be reached now.
        """
        body = {"parameters": dict(parameters), "idempotency_key": key, "tags": [f"job:{job_id}"]}
        answer = self._ask("POST", f"/deployments/{deployment_id}/create_flow_run", body)
        return _identifier(self._content(answer), answer)

    def ended_runs(self, run_ids: Sequence[str]) -> dict[str, str]:
        """Give those of some flow runs that are over, each with how it ended; not those that leave their job waiting.

        Raises:
            RefusedError: Prefect refuses the catalog.
            UnavailableError: Prefect cannot be reached now.
        """
        wanted = {"id": {"any_": list(run_ids)}, "state": {"type": {"any_": list(ENDED)}}}
        answer = self._ask("POST", "/flow_runs/filter", {"flow_runs": wanted, "limit": len(run_ids)})
        runs = self._content(answer)
        found = [run for run in runs if isinstance(run, dict) and "id" in run] if isinstance(runs, list) else []
        ended = {str(run["id"]): _state(run.get("state") or {}) for run in found}
        return {run: how for run, how in ended.items() if not how.startswith(WAITING)}

    def _ask(self, method: str, path: str, body: Json = None) -> httpx.Response:
        try:
            answer = self._http.request(method, self.url + path, json=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = str(error) or type(error).__name__
            raise UnavailableError(f"Prefect at {self.url} cannot be reached ({why})") from error
        if answer.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            msg = f"Prefect at {self.url} refuses the catalog ({answer.status_code})"
            raise RefusedError(f"{msg}; check EMDEWAR_CATALOG_PREFECT_API_AUTH")
        if answer.is_server_error or answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise UnavailableError(f"Prefect at {self.url} answers {answer.status_code}")
        return answer

    def _content(self, answer: httpx.Response) -> Json:
        said = " ".join(answer.text.split())[:_LONGEST]
        if answer.is_error:
            raise RefusedError(f"Prefect refuses the run ({answer.status_code}): {said}")
        try:
            return answer.json()
        except ValueError as error:
            raise _not_prefect(answer) from error


def _identifier(content: Json, answer: httpx.Response) -> str:
    if not isinstance(content, dict) or "id" not in content:
        raise _not_prefect(answer)
    return str(content["id"])


def _not_prefect(answer: httpx.Response) -> RefusedError:
    msg = f"no Prefect answers at {answer.request.url}"
    return RefusedError(f"{msg}; EMDEWAR_CATALOG_PREFECT_API_URL names Prefect's API, ending in /api")


def _state(state: Mapping[str, Any]) -> str:
    name, message = state.get("name") or "over", " ".join(str(state.get("message") or "").split())[:_LONGEST]
    return f"{name}: {message}" if message else str(name)
