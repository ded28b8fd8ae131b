"""The client of the WLCG Tape REST API keeps calm whatever a server does."""

import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from emdewar.errors import DewarError, IntegrityError, RefusedError, UnavailableError
from emdewar.stores.nearline import NearlineStore
from emdewar.stores.tape_login import TapeLogin
from emdewar.stores.tape_pace import TapePace
from emdewar.stores.tape_rest import TapeRestApi
from emdewar.stores.tape_rest_client import TapeRestClient
from emdewar.stores.tape_simulated import SimulatedTape
from emdewar.testing.tape_rest import TapeRestServer

KEEP = timedelta(days=1)
TOKEN = "s3cr3t-token"  # noqa: S105 - ours alone
NAMES = [f"{number}.tar" for number in range(5)]
SIZE = 70_000


class Remote:
    """Files on tape behind a server, and a store that asks it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.disk = folder, folder / "disk"
        self.disk.mkdir()
        self.now = datetime.now(UTC)
        pace = TapePace(evict_after=timedelta(hours=1))
        self.library = SimulatedTape(self.disk, folder / "tape", pace, clock=lambda: self.now)
        self.server = TapeRestServer(self.library, "/tape/em", token=TOKEN)
        self.store = self.store_with()
        for name in NAMES:
            with self.store.create(name, SIZE) as writer:
                writer.write_at(0, name.encode() * (SIZE // len(name)))
                writer.commit()
        self.wait(seconds=11)
        self.wait(hours=2)

    def store_with(
        self, login: TapeLogin | None = None, *, prefix: str = "/tape/em", answer_s: float = 30
    ) -> NearlineStore:
        login = login or TapeLogin(token=SecretStr(TOKEN))
        client = TapeRestClient(self.server.url, login, answer_s=answer_s)
        api = TapeRestApi(client, prefix, self.folder / "memory", clock=lambda: self.now)
        return NearlineStore("remote", self.disk, api)

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)
        self.library.states([])

    def localities(self) -> set[str]:
        return {found.locality for found in self.store.availability(NAMES).values()}

    def asked(self, method: str, start: str) -> int:
        return sum(one == method and path.startswith(f"/api/v1/{start}") for one, path in self.server.asked)


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Remote]:
    remote = Remote(tmp_path)
    with remote.server:
        yield remote


def test_one_request_asks_for_the_whole_batch_and_lasts_until_all_are_back(remote: Remote) -> None:
    remote.store.recall(NAMES, keep_for=KEEP)
    pending = remote.localities()
    remote.wait(minutes=5)

    assert (pending, remote.localities(), remote.asked("POST", "stage")) == ({"recalling"}, {"online"}, 1)


def test_the_time_to_keep_reaches_the_tape_system(remote: Remote) -> None:
    remote.store.recall(NAMES, keep_for=KEEP)
    remote.wait(minutes=5)
    remote.wait(hours=23)
    kept = remote.localities()
    remote.wait(hours=2)

    assert (kept, remote.localities()) == ({"online"}, {"offline"})


def test_what_a_partial_answer_leaves_out_is_asked_again(remote: Remote) -> None:
    remote.server.faults.answers_at_most = 2

    found = remote.localities()
    remote.store.recall(NAMES, keep_for=KEEP)
    pending = remote.localities()
    remote.wait(minutes=5)

    assert (found, pending, remote.localities()) == ({"offline"}, {"recalling"}, {"online"})
    assert remote.asked("POST", "stage") == 3


def test_an_answer_that_says_nothing_at_all_is_no_answer(remote: Remote) -> None:
    remote.server.faults.answers_at_most = 0

    with pytest.raises(UnavailableError, match=r"says nothing of 5 file\(s\)"):
        remote.store.availability(NAMES)


def test_a_lost_file_is_missing_and_an_unavailable_one_is_neither_missing_nor_durable(remote: Remote) -> None:
    remote.server.faults.localities = {"0.tar": "LOST", "1.tar": "UNAVAILABLE", "2.tar": "NONE"}

    found = remote.store.availability(NAMES)

    assert [(one.locality, one.is_durable) for one in found.values()] == [
        ("missing", False),
        ("offline", False),
        ("offline", False),
        ("offline", True),
        ("offline", True),
    ]
    with pytest.raises(IntegrityError, match="has lost"):
        remote.store.open("0.tar")


def test_a_file_without_content_is_never_on_tape_and_needs_none(remote: Remote) -> None:
    remote.store.put_small("empty.tar", b"")

    found = remote.store.availability(["empty.tar"])["empty.tar"]

    assert (found.locality, found.is_durable) == ("online", True)
    assert remote.server.asked == []


@pytest.mark.parametrize("fault", ["failed", "cancelled"])
def test_a_recall_that_the_tape_system_gave_up_is_offline_and_can_be_asked_again(remote: Remote, fault: str) -> None:
    remote.store.recall(NAMES, keep_for=KEEP)
    given_up = getattr(remote.server.faults, fault)
    given_up.add("0.tar")

    after = remote.store.availability(NAMES)
    given_up.clear()
    remote.store.recall(NAMES, keep_for=KEEP)
    remote.wait(minutes=5)

    assert [found.locality for found in after.values()] == ["offline", *["recalling"] * 4]
    assert (remote.localities(), remote.asked("POST", "stage")) == ({"online"}, 2)


@pytest.mark.parametrize("fault", ["forgets_requests", "lists_late"])
def test_a_request_that_says_nothing_is_made_again_when_it_is_old_and_not_before(remote: Remote, fault: str) -> None:
    remote.server.faults.localities = dict.fromkeys(NAMES, "TAPE")
    setattr(remote.server.faults, fault, True)

    for _ in range(5):
        remote.store.recall(NAMES, keep_for=KEEP)
        remote.now += timedelta(minutes=1)
    young = (remote.localities(), remote.asked("POST", "stage"))
    remote.now += timedelta(minutes=6)
    old = remote.localities()
    remote.store.recall(NAMES, keep_for=KEEP)

    assert (young, old) == (({"recalling"}, 1), {"offline"})
    assert (remote.localities(), remote.asked("POST", "stage")) == ({"recalling"}, 2)


def test_releasing_a_forgotten_request_is_no_error(remote: Remote) -> None:
    remote.store.recall(NAMES, keep_for=KEEP)
    remote.server.faults.forgets_requests = True

    remote.store.release(NAMES)
    remote.server.faults.forgets_requests = False

    assert remote.localities() == {"offline"}


def test_what_is_pending_is_cancelled_what_came_released_and_an_empty_request_deleted(remote: Remote) -> None:
    remote.store.recall(NAMES[:2], keep_for=KEEP)
    remote.store.release(NAMES[:1])
    remote.wait(minutes=5)
    remote.localities()
    asked_before = remote.asked("DELETE", "stage")
    remote.store.release(NAMES)

    assert [remote.asked("POST", "stage/"), remote.asked("POST", "release/")] == [1, 1]
    assert (asked_before, remote.asked("DELETE", "stage/")) == (0, 1)


def test_a_server_that_is_busy_is_unavailable_and_nothing_is_forgotten(remote: Remote) -> None:
    remote.localities()
    remote.server.faults.refusals = 1
    with pytest.raises(UnavailableError, match="503"):
        remote.store.recall(NAMES, keep_for=KEEP)

    remote.store.recall(NAMES, keep_for=KEEP)
    remote.server.faults.refusals = 1
    with pytest.raises(UnavailableError, match="503"):
        remote.store.release(NAMES)

    assert remote.localities() == {"recalling"}


def test_a_server_that_is_slow_is_not_waited_for(remote: Remote) -> None:
    remote.server.faults.delay_s = 0.5

    with pytest.raises(UnavailableError, match="cannot be reached"):
        remote.store_with(answer_s=0.1).availability(NAMES)


def test_a_server_that_is_not_there_is_unavailable(remote: Remote, unused_port: int) -> None:
    client = TapeRestClient(f"http://127.0.0.1:{unused_port}", TapeLogin())
    store = NearlineStore("remote", remote.disk, TapeRestApi(client, "/tape/em", remote.folder / "memory"))

    with pytest.raises(UnavailableError, match="cannot be reached"):
        store.open("0.tar")


@pytest.fixture
def unused_port(tmp_path: Path) -> int:
    """A port that nobody listens on: one that was just given up."""
    with TapeRestServer(SimulatedTape(tmp_path, tmp_path), "/") as server:
        return int(server.url.rpartition(":")[2])


def test_a_wrong_prefix_is_not_taken_for_lost_files(remote: Remote) -> None:
    with pytest.raises(UnavailableError, match="check the prefix '/elsewhere'"):
        remote.store_with(prefix="/elsewhere").availability(NAMES)


def test_a_token_that_is_refused_is_told_without_the_token(remote: Remote, caplog: pytest.LogCaptureFixture) -> None:
    store = remote.store_with(TapeLogin(token=SecretStr("expired-token")))

    with pytest.raises(RefusedError) as refused, caplog.at_level("DEBUG"):
        store.availability(NAMES)

    assert refused.value.reason == "unauthorized"
    assert "expired-token" not in str(refused.value) + caplog.text + repr(store.__dict__)


def test_a_token_that_is_renewed_in_a_file_is_read_each_time(remote: Remote) -> None:
    token_file = remote.folder / "token"
    store = remote.store_with(TapeLogin(token_file=token_file))

    with pytest.raises(UnavailableError, match="read the token"):
        store.availability(NAMES)
    token_file.write_text("old\n", encoding="ascii")
    with pytest.raises(RefusedError):
        store.availability(NAMES)
    token_file.write_text(f"{TOKEN}\n", encoding="ascii")

    assert set(store.availability(NAMES)) == set(NAMES)


@pytest.mark.parametrize(
    "content", ["s3cr3t-one\nsecond line\n", "", "s3cr3t one", "s3cr3t-\N{LATIN SMALL LETTER E WITH ACUTE}"]
)
def test_a_file_that_holds_more_or_less_than_a_token_is_told_without_what_it_holds(
    remote: Remote, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    token_file = remote.folder / "token"
    token_file.write_text(content, encoding="utf-8")

    with pytest.raises(UnavailableError, match="token does not hold the token") as failed, caplog.at_level("DEBUG"):
        remote.store_with(TapeLogin(token_file=token_file)).availability(NAMES)

    assert "s3cr3t" not in "".join(traceback.format_exception(failed.value)) + caplog.text
    assert remote.server.asked == []


def test_a_certificate_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("no certificate", encoding="ascii")
    client = TapeRestClient("https://127.0.0.1:1", TapeLogin(certificate=tmp_path / "cert.pem"))

    with pytest.raises(DewarError, match="certificates for the tape system"):
        client.archive_info(["/tape/em/0.tar"])


@pytest.mark.parametrize("url", ["", "tape.example.org", "ftp://tape.example.org", "http://", "http://host:port"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(RefusedError, match="no address"):
        TapeRestClient(url, TapeLogin())
