"""From a client's address to the chat's number (behaviour 8.1)."""

from dataclasses import dataclass

from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.identifiers import UserCode
from bitrix24_dialogs.dialogs.portal_values import mapping, whole
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
    desk.require_line(code.line_id)
    found = mapping(await desk.read("imopenlines.session.open", {"USER_CODE": str(code)}))
    chat_id = whole(found.get("chatId"))  # quirk: a number as text, whatever the documentation says
    if not chat_id:
        raise desk.refusal(
            "The portal found the dialog but gave no chat number", "Try {dialog_get} with the same user_code"
        )
    return Found(chat_id, f"chat{chat_id}", desk.words.name(code.connector), code.line_id)
