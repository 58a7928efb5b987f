import logging

import pytest

from tests.gateway.harness import METHOD, calling
from tests.gateway.scripted import refusal, scripted

pytestmark = pytest.mark.anyio


async def test_a_portal_that_cannot_be_worked_with_stands_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async with scripted(refusal("NO_AUTH_FOUND", "", 401)) as portal, calling(portal.port) as caller:
        await caller.failed_read()
        (line,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
        assert line.startswith(f"{METHOD}: The portal does not know this webhook")
        assert ", request " in line
        assert caller.secret not in caplog.text


async def test_a_methods_own_refusal_is_no_matter_for_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async with scripted(refusal("ACCESS_DENIED", "no", 400)) as portal, calling(portal.port) as caller:
        await caller.failed_read()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
