"""What happens to an employee's message in a dialog: hidden, kept inside, or passed on to the client's channel.

Sources: behaviour 5 ("operator message") and 7 ("System messages never reach the client"), adjacent methods:
im.message.add.
"""

from bitrix24_dialogs.portal import operations, texts
from bitrix24_dialogs.portal.chatdata import UserCode
from bitrix24_dialogs.portal.entities import Chat, Message, Session, Status, User
from bitrix24_dialogs.portal.portal import Portal

HIDDEN = {"class": "bx-messenger-content-item-system", "componentId": "HiddenMessage"}
_ANSWERS_AT_ONCE = "livechat"


def pass_on(portal: Portal, chat: Chat, user: User, message: Message, *, skip: bool = False) -> None:
    """Do with a stored message what the portal does with it.

    Args:
        portal: the portal.
        chat: the dialog it stands in.
        user: who wrote it.
        message: the message; author 0 makes it a system message, which no client gets.
        skip: it was asked to be kept inside.
    """
    if skip or chat.entity_data_3 == "Y" or user.id in chat.silent_for:
        message.hidden = True
        message.params |= HIDDEN
        return
    if not message.author:
        return
    # quirk: writing into a closed dialog starts a session led by the writer
    loaded = operations.load(portal, chat, create=True, operator=user)
    if loaded is None or _is_blocked(portal, chat) or portal.settings.channel == "fails":
        portal.post(chat, texts.NOT_DELIVERED)  # quirk: no error; the message stays in the chat
        return
    _move(loaded.session)
    message.sent = True
    message.params |= _delivery(portal, chat, message)


def _is_blocked(portal: Portal, chat: Chat) -> bool:
    """Whether the channel's time for replies is over."""
    until = portal.flags(chat).block_date
    return bool(until) and until < portal.now().timestamp()


def _move(session: Session) -> None:
    if not (session.wait_answer or session.wait_action):
        session.status = Status.OPERATOR


def _delivery(portal: Portal, chat: Chat, message: Message) -> dict[str, object]:
    """Return what the channel has said of the message by now: its number there, or that it is on its way."""
    connector = UserCode.parse(chat.entity_id).connector
    if portal.settings.channel == "confirms" or connector == _ANSWERS_AT_ONCE:
        return {"connectorMid": [f"{connector}-{message.id}"]}
    return {"sending": "Y", "sendingTs": int(portal.now().timestamp())}
