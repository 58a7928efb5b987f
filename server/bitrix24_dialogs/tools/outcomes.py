"""Tools for what stays of a conversation."""

from bitrix24_dialogs.dialogs import outcomes
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.outcomes import LeadCreated, Voted
from bitrix24_dialogs.toolbox.declaration import Effect, tool
from bitrix24_dialogs.tools import questions
from bitrix24_dialogs.tools.arguments import ChatId, Comment, Rating, SessionId


@tool(
    method="imopenlines.session.head.vote",
    title="Rate a session as supervisor",
    effect=Effect.DESTRUCTIVE,
    idempotent=True,
    settled_by="{session_history_get} with the same session_id",
    question=questions.rate,
)
async def session_head_vote(
    desk: Desk, session_id: SessionId, rating: Rating | None = None, comment: Comment | None = None
) -> Voted:
    """Store a supervisor's rating and comment for one session, open or closed, in place of the earlier ones. The
    operator is notified; the client sees nothing.

    Give a rating, a comment, or both; what you leave out stays as it is. Needs the right to rate conversations. Read
    the session with session_history_get first.
    """
    return await outcomes.vote(desk, session_id, rating, comment)


@tool(
    method="imopenlines.crm.lead.create",
    title="Save a dialog to CRM",
    effect=Effect.WRITE,
    idempotent=True,
    settled_by="{dialog_get} with the same chat_id",
    question=questions.save_to_crm,
)
async def crm_lead_create(desk: Desk, chat_id: ChatId) -> LeadCreated:
    """Save an open dialog's client to CRM as a lead, or as a contact with a deal if its line is set up so, and return
    the items. Only the dialog's operator can.

    Does not look for duplicates. A dialog that is in CRM already is left as it is, and its items are returned.
    """
    return await outcomes.create_lead(desk, chat_id)
