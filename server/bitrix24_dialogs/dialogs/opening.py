"""From a client's address to the chat's number (behaviour 8.1)."""

from dataclasses import dataclass

from bitrix24_dialogs.dialogs.card import read_dialog
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.identifiers import UserCode
from bitrix24_dialogs.dialogs.portal_values import mapping, whole
from bitrix24_dialogs.gateway.errors import BadAnswer
from bitrix24_dialogs.presenting.untrusted import Untrusted


@dataclass(frozen=True)
class Found:
    """The dialog of a client's address."""

    chat_id: int
    dialog_id: str
    connector: Untrusted
    line_id: int


async def open_dialog(desk: Desk, code: UserCode) -> Found:
    """Look up the chat of a USER_CODE. Opens and starts nothing.

    Raises:
        DialogRefused: not found or no rights (the portal does not tell them apart), or its line is out of reach.
        PortalError: it could not be looked up.
    """
    found = mapping(await desk.read("imopenlines.session.open", {"USER_CODE": str(code)}))
    chat_id = whole(found.get("chatId"))  # quirk: a number as text, whatever the documentation says
    if not chat_id:
        raise BadAnswer("The portal's answer holds no chat number", "Try again in a minute")
    if desk.lines:
        # The code names the line of the first contact; the dialog may have moved to another since.
        await read_dialog(desk, {"CHAT_ID": chat_id})
    return Found(chat_id, f"chat{chat_id}", desk.words.name(code.connector), code.line_id)
