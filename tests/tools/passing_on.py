"""Cases for the tools of the toolset `operators`."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bitrix24_dialogs.portal.dispatch import respond
from tests.support import Case, case

CARD = "imopenlines.dialog.get"
LINE = "imopenlines.config.get"
SKIP = "imopenlines.operator.skip"
TRANSFER = "imopenlines.operator.transfer"
FINISH = "imopenlines.operator.finish"
ANOTHER = "imopenlines.operator.another.finish"
SPAM = "imopenlines.operator.spam"


@asynccontextmanager
async def operators(who: str = "operator", **settings: Any) -> AsyncIterator[Case]:
    async with case(who, toolsets=("dialogs", "operators"), **settings) as desk:
        yield desk


def stale_card(desk: Case, key: str, who: str = "operator") -> None:
    """Let the next card be as it is now, whatever happens until it is asked for."""
    user = desk.portal.employee(who)
    call = desk.portal.calls.open(desk.portal.now(), user.id, CARD, {"CHAT_ID": desk.id(key)})
    body = respond(desk.portal, desk.portal.webhook_secret(user.id), call).body
    desk.portal.calls.entries.pop()
    desk.fault(method=CARD, status=200, body=json.dumps(body))
