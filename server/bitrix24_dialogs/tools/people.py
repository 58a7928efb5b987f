"""Tools that find colleagues."""

from bitrix24_dialogs.dialogs import people
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.people import Colleagues
from bitrix24_dialogs.toolbox.declaration import Effect, tool
from bitrix24_dialogs.tools.arguments import Who


@tool(
    method="user.search",
    title="Find a colleague",
    effect=Effect.READ,
    idempotent=True,
    toolset="people",
    scope="user_brief",
)
async def colleague_find(desk: Desk, who: Who) -> Colleagues:
    """Find employees of the portal, to know their numbers and whether they are online, for example before a transfer.

    Dismissed employees, bots and clients are left out.
    """
    return await people.find_colleagues(desk, who)
