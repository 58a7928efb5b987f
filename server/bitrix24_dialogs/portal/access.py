"""Who may do what (behaviour 6)."""

from bitrix24_dialogs.portal import php
from bitrix24_dialogs.portal.chatdata import UserCode, parse_bindings
from bitrix24_dialogs.portal.entities import Chat, Line, Right, Session, User
from bitrix24_dialogs.portal.errors import RestError
from bitrix24_dialogs.portal.portal import Portal

NO_ACCESS = "You do not have permission to access this chat."


def checked_chat(portal: Portal, caller: User, chat_id: object) -> Chat:
    """Make the check most methods begin with, in its fixed order (behaviour 6.2).

    Args:
        portal: the portal.
        caller: the acting user.
        chat_id: the parameter as it came.

    Returns:
        The dialog's chat.

    Raises:
        RestError: CHAT_ID, USER_ID, CHAT_TYPE or ACCESS_DENIED; an unknown number is CHAT_ID, a chat that is
            no dialog CHAT_TYPE even when the caller cannot see it.
    """
    number = php.to_int(chat_id)
    if not portal.settings.im_installed:
        raise RestError("IM_LOAD_ERROR", "Error initializing Instant Messenger module.")
    if number <= 0:
        raise RestError("CHAT_ID", "Chat ID is invalid.")
    if caller.id <= 0:
        raise RestError("USER_ID", "User ID is invalid.")
    chat = portal.state.chats.get(number)
    if chat is None:
        raise RestError("CHAT_ID", "Chat ID is invalid.")
    if caller.id in chat.members:
        if chat.entity_type != "LINES":
            raise RestError("CHAT_TYPE", "This chat is not Open Channel")
        return chat
    if caller.id in chat.pending:
        return chat
    if not chat.is_dialog:
        raise RestError("CHAT_TYPE", "This chat is not Open Channel")
    if not can_join_chat(portal, caller, chat):
        raise RestError("ACCESS_DENIED", NO_ACCESS)
    return chat


def can_join_chat(portal: Portal, caller: User, chat: Chat) -> bool:
    """Tell whether the caller may join a dialog's line or read the CRM item it is saved in."""
    flags = portal.flags(chat)
    item = (flags.crm_type, flags.crm_id) if flags.in_crm else ("", 0)
    return can_join(portal, caller, UserCode.parse(chat.entity_id).line_id, item)


def can_join(portal: Portal, caller: User, line_id: int, item: tuple[str, int] = ("", 0)) -> bool:
    """Tell whether the caller may join a line, or may read the given CRM item (behaviour 6.1).

    Without any permission the item's reader is still let in (behaviour 15).
    """
    if _allowed_on_line(portal, caller, line_id, _right(caller, caller.role.join)):
        return True
    kind, item_id = item
    return bool(kind and item_id) and can_read_item(portal, caller, kind, item_id)


def can_open(portal: Portal, caller: User, chat: Chat) -> bool:
    """Tell whether the caller may look a dialog up (behaviour 6.3): membership counts for nothing here."""
    if chat.owner == caller.id:
        return True
    line_id = UserCode.parse(chat.entity_id).line_id
    return any(can_join(portal, caller, line_id, item) for item in parse_bindings(chat.entity_data_2).items())


def can_see_card(portal: Portal, caller: User, chat: Chat) -> bool:
    """Tell whether the caller gets a dialog's card (behaviour 6.4)."""
    if not chat.is_dialog:
        return False
    return can_join_chat(portal, caller, chat) or caller.id in chat.members or caller.id in chat.pending


def can_read_history(portal: Portal, caller: User, session: Session) -> bool:
    """Tell whether the caller may read a session's messages (behaviour 6.5)."""
    right = _right(caller, caller.role.history)
    if session.operator == caller.id or right == "any":
        return True
    if right == "department" and session.operator in _department(portal, caller):
        return True
    # quirk: a session without an activity is readable by every employee
    return not session.activity or can_read_activity(portal, caller, session.activity)


def can_vote(portal: Portal, caller: User, line_id: int) -> bool:
    """Tell whether the caller may rate conversations of a line as their supervisor (behaviour 6.6)."""
    if not portal.settings.head_vote_feature:
        return False
    return _allowed_on_line(portal, caller, line_id, _right(caller, caller.role.vote_head))


def can_read_item(portal: Portal, caller: User, kind: str, item_id: int) -> bool:
    """Tell whether the caller may read a CRM item; quirk: one of type NONE is readable."""
    if kind == "NONE":
        return True
    item = portal.crm_item(kind, item_id)
    return item is not None and (caller.admin or caller.id == item.responsible or caller.id in item.readers)


def can_read_activity(portal: Portal, caller: User, activity_id: int) -> bool:
    """Tell whether the caller may read a CRM activity, or one of the items it is bound to (behaviour 6.5)."""
    activity = portal.state.activities.get(activity_id)
    if activity is None:
        return False
    if caller.admin or caller.id == activity.responsible or caller.id in activity.readers:
        return True
    items = (binding.partition("|") for binding in activity.bindings)
    return any(can_read_item(portal, caller, kind, php.to_int(item_id)) for kind, _, item_id in items)


def _allowed_on_line(portal: Portal, caller: User, line_id: int, right: Right) -> bool:
    if right == "any":  # even on a line that does not exist
        return True
    line = portal.state.lines.get(line_id)
    if right == "none" or line is None:
        return False
    return line.last_editor == caller.id or _in_queue(portal, caller, line, right)


def _in_queue(portal: Portal, caller: User, line: Line, right: Right) -> bool:
    people = _department(portal, caller) if right == "department" else {caller.id}
    return not people.isdisjoint(line.queue)


def _department(portal: Portal, caller: User) -> set[int]:
    own = set(caller.departments)
    users = portal.state.users.values()
    return {caller.id} | {user.id for user in users if user.is_staff and not own.isdisjoint(user.departments)}


def _right(caller: User, right: Right) -> Right:
    return "any" if caller.admin else right
