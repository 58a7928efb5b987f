from collections.abc import Iterator

import pytest

from tests.transport.harness import Served, assert_quiet, make_callers, serving
from tests.transport.watched_portal import WatchedPortal, watched_portal


@pytest.fixture(scope="session")
def _watched() -> Iterator[WatchedPortal]:
    with watched_portal() as portal:
        yield portal


@pytest.fixture(scope="session")
def _served(_watched: WatchedPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("served")
    file, tokens = make_callers(home, first=False, reader=True, last=False)
    settings = {
        "BITRIX24_WEBHOOK_URL": _watched.webhook(),
        "BITRIX24_RATE_LIMIT": "off",
        "BITRIX24_OPERATORS_FILE": str(file),
        "BITRIX24_HTTP_ALLOWED_HOSTS": "mcp.example.com,ported.example.com:8443",
        "BITRIX24_HTTP_ALLOWED_ORIGINS": "https://app.example.com",
    }
    with serving(home, tokens=tokens, **settings) as served:
        yield served
        assert served.process.poll() is None, served.log
        served.stop()
        assert served.exit_code() == 0
    assert_quiet(served.log)


@pytest.fixture
def portal(_watched: WatchedPortal) -> WatchedPortal:
    """The portal of `served`, as it was at the start."""
    _watched.portal.reset()
    _watched.forget()
    return _watched


@pytest.fixture
def served(_served: Served, portal: WatchedPortal) -> Iterator[Served]:
    """A server with three callers, `first`, `reader` and `last`, that tests share. Nothing may startle it."""
    before = len(_served.log)
    yield _served
    portal.release()
    assert_quiet(_served.log[before:])
