"""Methods that set marks on dialogs and sessions: pin, silent mode, the supervisor's rating."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bitrix24_dialogs.portal import operations, php, texts
from bitrix24_dialogs.portal.access import NO_ACCESS, can_vote, checked_chat
from bitrix24_dialogs.portal.entities import Chat, Notification, Session, Status, User
from bitrix24_dialogs.portal.errors import RestError
from bitrix24_dialogs.portal.portal import Portal

Params = Mapping[str, Any]
WEEK = timedelta(days=7)
BEST_RATING = 5
LONGEST_COMMENT = 10_000


def mode_pin(portal: Portal, caller: User, params: Params) -> bool:
    """`imopenlines.session.mode.pin` (behaviour 8.8).

    Args:
        portal: the portal.
        caller: the acting user, who must be the session's operator if anything is to change.
        params: CHAT_ID and ACTIVATE; quirk: anything but the exact text "N" pins.

    Returns:
        True.

    Raises:
        RestError: CHAT_ID_EMPTY; see `access.checked_chat`; an error with a blank code when no session could
            be loaded or its operator is another.
    """
    if php.is_empty(params.get("CHAT_ID")):
        raise RestError("CHAT_ID_EMPTY", "Chat ID can't be empty")
    return _pin(portal, caller, params.get("CHAT_ID"), wanted=params.get("ACTIVATE") != "N")


def mode_pin_all(portal: Portal, caller: User, _params: Params) -> list[int]:
    """`imopenlines.session.mode.pinAll`: pin every accepted dialog of the caller (behaviour 8.9).

    Returns:
        The numbers of the sessions whose call succeeded.
    """
    return _pin_all(portal, caller, wanted=True)


def mode_unpin_all(portal: Portal, caller: User, _params: Params) -> list[int]:
    """`imopenlines.session.mode.unpinAll`: unpin every accepted dialog of the caller (behaviour 8.10).

    Returns:
        The numbers of the sessions whose call succeeded.
    """
    return _pin_all(portal, caller, wanted=False)


def mode_silent(portal: Portal, caller: User, params: Params) -> bool:
    """`imopenlines.session.mode.silent` (behaviour 8.11).

    Args:
        portal: the portal.
        caller: the acting user.
        params: CHAT_ID and ACTIVATE; quirk: anything but the exact text "Y" switches off.

    Returns:
        True.

    Raises:
        RestError: see `access.checked_chat`.
    """
    wanted = params.get("ACTIVATE") == "Y"
    chat = checked_chat(portal, caller, params.get("CHAT_ID"))
    if portal.settings.silent_mode == "personal":
        others = [user_id for user_id in chat.silent_for if user_id != caller.id]
        chat.silent_for = [*others, caller.id] if wanted else others
        return True
    value = "Y" if wanted else ""  # quirk: closing writes N, so switching off after it counts as a change
    if chat.entity_data_3 != value:
        chat.entity_data_3 = value
        portal.post(chat, texts.SILENT_ON if wanted else texts.SILENT_OFF)
    return True


def head_vote(portal: Portal, caller: User, params: Params) -> bool:
    """`imopenlines.session.head.vote`: rate a session as its supervisor (behaviour 8.12).

    Args:
        portal: the portal.
        caller: the acting user.
        params: SESSION_ID, RATING and COMMENT; quirk: a rating without a comment erases the stored comment,
            one above five is stored as 0, and an empty RATING makes the whole update vanish.

    Returns:
        True, also when nothing could be stored.

    Raises:
        RestError: EMPTY_SESSION_ID, EMPTY_VOTE_PARAMS or ACCESS_DENIED.
        PhpError: RATING or COMMENT is an array.
    """
    if php.is_empty(params.get("SESSION_ID")):
        raise RestError("EMPTY_SESSION_ID", "Session ID can't be empty")
    rating, comment = params.get("RATING"), php.to_text(params.get("COMMENT"))
    if php.is_empty(php.trimmed(rating)) and php.is_empty(php.trimmed(comment)):
        text = "At least one of the parameters RATING or COMMENT must be specified"
        raise RestError("EMPTY_VOTE_PARAMS", text)
    session = portal.state.sessions.get(php.to_int(params["SESSION_ID"]))
    if session is None or not can_vote(portal, caller, session.line_id):
        raise RestError("ACCESS_DENIED", NO_ACCESS)
    if rating == "":
        return True
    if len(comment) > LONGEST_COMMENT:
        comment = comment[:LONGEST_COMMENT] + "..."
    if rating is not None:
        session.vote_head = php.to_int(rating) if php.to_float(rating) <= BEST_RATING else 0
    session.comment_head = comment
    _tell_operator(portal, caller, session, rating, comment)
    _mark_closing_message(portal, session)
    return True


def _pin(portal: Portal, caller: User, chat_id: object, *, wanted: bool) -> bool:
    chat = checked_chat(portal, caller, chat_id)
    if portal.flags(chat).pinned == wanted:
        return True
    loaded = operations.load(portal, chat, create=True)  # quirk: pinning a closed dialog starts a session
    if loaded is None or loaded.session.operator != caller.id:
        raise RestError("")
    if "queue" in chat.busy:
        return True
    if wanted:
        _set_pin(portal, chat, loaded.session)
    else:
        _clear_pin(portal, caller, chat, loaded.session)
    return True


def _set_pin(portal: Portal, chat: Chat, session: Session) -> None:
    session.pinned, session.wait_action, session.queue_at = True, False, None
    session.close_at = portal.now() + WEEK
    portal.update_flags(chat, pinned=True, wait_action=False)
    portal.post(chat, texts.pinned(session.close_at))


def _clear_pin(portal: Portal, caller: User, chat: Chat, session: Session) -> None:
    session.pinned = False
    portal.update_flags(chat, pinned=False)
    portal.post(chat, texts.UNPINNED)
    line = portal.state.lines.get(session.line_id)
    delay = line.auto_close_seconds if line else 0
    session.close_at = portal.now() + timedelta(seconds=delay) if delay else None
    if line and line.checks_availability and session.status < Status.OPERATOR and not caller.available:
        session.queue_at = portal.now()


def _pin_all(portal: Portal, caller: User, *, wanted: bool) -> list[int]:
    chosen = [
        session
        for session in sorted(portal.state.sessions.values(), key=lambda session: session.id)
        if session.operator == caller.id
        and session.pinned != wanted
        and Status.ANSWER <= session.status < Status.WAIT_CLIENT
    ]
    return [session.id for session in chosen if _succeeds(portal, caller, session, wanted=wanted)]


def _succeeds(portal: Portal, caller: User, session: Session, *, wanted: bool) -> bool:
    try:
        return _pin(portal, caller, session.chat_id, wanted=wanted)
    except RestError:
        return False


def _tell_operator(portal: Portal, caller: User, session: Session, rating: object, comment: str) -> None:
    if session.operator == caller.id:
        return
    stored = session.vote_head if rating is not None else 0
    text = texts.vote_notice(caller.id, session.id, stored, comment)
    earlier = portal.state.notifications
    portal.state.notifications = [one for one in earlier if one.session_id != session.id]
    portal.state.notifications.append(Notification(session.operator, session.id, text, portal.now()))


def _mark_closing_message(portal: Portal, session: Session) -> None:
    message = portal.state.messages.get(session.closing_message)
    if session.closed and message is not None:
        message.params |= {
            "imolVoteSid": session.id,
            "imolVoteHead": session.vote_head,
            "imolCommentHead": session.comment_head,
        }
