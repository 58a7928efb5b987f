"""The end of a session as its operator, a supervisor or the timer brings it about (behaviour 5 and 7)."""

from datetime import timedelta

from bitrix24_dialogs.portal import operations, texts
from bitrix24_dialogs.portal.entities import Chat, Session, Status
from bitrix24_dialogs.portal.portal import Portal

_GRACE = timedelta(days=1)


def finish(portal: Portal, chat: Chat, session: Session, text: str) -> None:
    """Finish a session; on a line with a closing text or a vote request only the second time closes it.

    Args:
        portal: the portal.
        chat: its dialog.
        session: the open session.
        text: the system message that says who finished it.
    """
    line = portal.state.lines.get(session.line_id)
    closing = bool(line and line.active and (line.closing_text or line.vote_request))
    if session.status == Status.WAIT_CLIENT:
        operations.close(portal, chat, session, Status.CLOSE, texts.CLOSED)
    elif line and closing:
        portal.post(chat, text)
        if line.closing_text:
            portal.post(chat, line.closing_text, importantConnector="Y")
        session.status, session.wait_action, session.wait_vote = Status.WAIT_CLIENT, True, line.vote_request
        session.close_at = portal.now() + _GRACE
        portal.update_flags(chat, wait_action=True)
    else:
        operations.close(portal, chat, session, Status.CLOSE, text)
