import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.gateway import harness
from tests.gateway.certificates import make_authority
from tests.gateway.virtual_loop import VirtualTimeLoop


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


@pytest.fixture(scope="session", autouse=True)
def _quick_clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One authority instead of the world's: opening a client for plain http takes 1 ms instead of 40."""
    harness.FEW_AUTHORITIES = make_authority(tmp_path_factory.mktemp("few")).certificate
    yield
    harness.FEW_AUTHORITIES = None


@pytest.fixture
def closed() -> Iterator[socket.socket]:
    """A port of this machine where nobody listens, kept from everybody else."""
    with socket.socket() as kept:
        kept.bind(("127.0.0.1", 0))
        yield kept


@pytest.fixture
def closed_port(closed: socket.socket) -> int:
    port: int = closed.getsockname()[1]
    return port
