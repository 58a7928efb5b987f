import json
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bitrix24_dialogs.portal import FixedClock, Portal, default_portal
from bitrix24_dialogs.portal.codec import to_plain
from bitrix24_dialogs.portal.dispatch import respond
from bitrix24_dialogs.portal.entities import Chat, Session

METHODS_FILE = Path(__file__).parents[2] / ".." / "shared" / "bitrix24" / "dialog-methods.json"


class Desk:
    """Calls methods of a portal in the process, as an employee."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def answer(self, who: str, method: str, **params: Any) -> tuple[int, Any]:
        user = self.portal.employee(who)
        call = self.portal.calls.open(self.portal.now(), user.id, method.lower(), params)
        answer = respond(self.portal, self.portal.webhook_secret(user.id), call)
        return answer.status, json.loads(json.dumps(answer.body))

    def ok(self, who: str, method: str, **params: Any) -> Any:
        status, body = self.answer(who, method, **params)
        assert status == 200, body
        assert "error" not in body
        return body["result"]

    def code(self, who: str, method: str, **params: Any) -> str:
        """Return the code of the method error that has to come."""
        status, body = self.answer(who, method, **params)
        assert status == 400, body
        assert set(body) == {"error", "error_description"}
        return str(body["error"])

    def outcome(self, who: str, method: str, **params: Any) -> Any:
        """Return True, or the code of the method error."""
        _, body = self.answer(who, method, **params)
        return body["result"] if "result" in body else body["error"]

    def chat(self, key: str) -> Chat:
        return self.portal.state.chats[self.portal.known[key]]

    def session(self, key: str) -> Session:
        return self.portal.sessions_of(self.portal.known[key])[-1]

    def texts(self, key: str, last: int) -> list[str]:
        """Return the newest texts of a chat, oldest first."""
        newest = [message.text for message in self.portal.messages_of(self.portal.known[key])]
        return newest[:last][::-1]

    def state(self) -> Any:
        return to_plain(self.portal.state)

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        before = pickle.loads(pickle.dumps(self.portal.state))  # noqa: S301 -- written here
        yield
        assert self.portal.state == before


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def template() -> bytes:
    """The default portal, kept ready: reading it back is quicker than building it anew."""
    portal = default_portal(clock=FixedClock(), secret_seed="test")
    portal.settings.rate_limit = "off"
    portal.settle()
    return pickle.dumps(portal)


@pytest.fixture
def portal(template: bytes) -> Portal:
    portal: Portal = pickle.loads(template)  # noqa: S301 -- written by the fixture above
    return portal


@pytest.fixture
def desk(portal: Portal) -> Desk:
    return Desk(portal)


@pytest.fixture(scope="session")
def reference() -> dict[str, dict[str, Any]]:
    """The reference data of the thirteen methods, by method; it is kept outside the repository."""
    if not METHODS_FILE.exists():
        pytest.skip(f"reference data is not there: {METHODS_FILE}")
    return {one["method"]: one for one in json.loads(METHODS_FILE.read_text(encoding="utf-8"))}
