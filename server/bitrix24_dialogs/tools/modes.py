"""Tools that switch a dialog's modes."""

from bitrix24_dialogs.dialogs import modes
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.modes import AllPinned, Pinned, Silenced
from bitrix24_dialogs.toolbox.declaration import Effect, tool
from bitrix24_dialogs.tools import questions
from bitrix24_dialogs.tools.arguments import ChatId, Pin, Silence

_CARD = "{dialog_get} with the same chat_id"


@tool(
    method="imopenlines.session.mode.pin",
    title="Pin or unpin a dialog",
    effect=Effect.WRITE,
    idempotent=True,
    settled_by=_CARD,
    question=questions.pin,
)
async def session_mode_pin(desk: Desk, chat_id: ChatId, activate: Pin = True) -> Pinned:
    """Pin an open dialog to yourself, so that it closes a week later and is not given to others; or unpin it.

    Only the dialog's operator can. The client sees nothing. For all your dialogs use session_mode_pin_all.
    """
    return await modes.pin_dialog(desk, chat_id, activate)


@tool(
    method="imopenlines.session.mode.pinAll",
    title="Pin all your dialogs",
    effect=Effect.WRITE,
    idempotent=True,
    settled_by="{dialog_get} on your dialogs",
    question=questions.pin_all,
)
async def session_mode_pin_all(desk: Desk) -> AllPinned:
    """Pin every dialog that you have accepted and that is not being closed. Returns session numbers, not chats.

    For one dialog use session_mode_pin.
    """
    return await modes.pin_all(desk)


@tool(
    method="imopenlines.session.mode.unpinAll",
    title="Unpin all your dialogs",
    effect=Effect.WRITE,
    idempotent=True,
    settled_by="{dialog_get} on your dialogs",
    question=questions.unpin_all,
)
async def session_mode_unpin_all(desk: Desk) -> AllPinned:
    """Unpin every pinned dialog of yours: they close and are redistributed by the line's rules again. Returns session
    numbers, not chats.
    """
    return await modes.unpin_all(desk)


@tool(
    method="imopenlines.session.mode.silent",
    title="Switch silent mode",
    effect=Effect.WRITE,
    idempotent=True,
    settled_by=_CARD,
    question=questions.silence,
)
async def session_mode_silent(desk: Desk, chat_id: ChatId, activate: Silence) -> Silenced:
    """Switch a dialog's silent mode. While it is on, what employees write stays inside and the client does not get it;
    switching it off makes later messages visible to the client.

    Newer portals keep the mode per operator and do not show it: the result then says that it is unconfirmed.
    """
    return await modes.set_silent_mode(desk, chat_id, activate)
