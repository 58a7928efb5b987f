"""Settings for all tests."""

import os

import pytest
from hypothesis import HealthCheck, settings

# Machines differ in speed; a property holds or does not, however long it takes.
settings.register_profile("repository", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repository")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _no_settings_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("BITRIX24_")]:
        monkeypatch.delenv(name)
