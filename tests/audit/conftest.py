from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.transport.watched_portal import WatchedPortal, watched_portal


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


@pytest.fixture(scope="module")
def _watched() -> Iterator[WatchedPortal]:
    with watched_portal() as portal:
        yield portal


@pytest.fixture
def portal(_watched: WatchedPortal) -> Iterator[WatchedPortal]:
    """A portal on a socket, as it was at the start."""
    _watched.portal.reset()
    _watched.forget()
    yield _watched
    _watched.release()
