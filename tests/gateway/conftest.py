from collections.abc import Iterator

import pytest

from tests.gateway import harness
from tests.gateway.certificates import make_authority


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def _quick_clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One authority instead of the world's: opening a client for plain http takes 1 ms instead of 40."""
    harness.FEW_AUTHORITIES = make_authority(tmp_path_factory.mktemp("few")).certificate
    yield
    harness.FEW_AUTHORITIES = None
