"""Tools for what waits, who it is, and taking it on."""

from bitrix24_dialogs.dialogs import acting, activities, answering, finding, inbox
from bitrix24_dialogs.dialogs.acting import Acting
from bitrix24_dialogs.dialogs.activities import Period, Sessions
from bitrix24_dialogs.dialogs.answering import Answered
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.finding import FoundDialogs
from bitrix24_dialogs.dialogs.identifiers import InputError
from bitrix24_dialogs.dialogs.inbox import Inbox, Wanted
from bitrix24_dialogs.toolbox.declaration import Effect, tool
from bitrix24_dialogs.tools import questions
from bitrix24_dialogs.tools.arguments import ChatId, UserCodeText
from bitrix24_dialogs.tools.inbox_arguments import (
    USUAL_PAGE,
    ClientName,
    CrmId,
    CrmType,
    LineFilter,
    Offset,
    OperatorFilter,
    OrderChoice,
    PastOf,
    RowLimit,
    Since,
    StateFilter,
    TextFilter,
    UnreadFilter,
    Until,
    is_before,
)


@tool(
    method="im.recent.get",
    title="List your dialogs",
    effect=Effect.READ,
    idempotent=True,
    toolset="inbox",
    scope="im",
)
async def dialogs_list(
    desk: Desk,
    *,
    state: StateFilter | None = None,
    line_id: LineFilter | None = None,
    unread: UnreadFilter | None = None,
    text: TextFilter | None = None,
    order: OrderChoice = "newest",
    limit: RowLimit = USUAL_PAGE,
    offset: Offset = 0,
) -> Inbox:
    """List your own dialogs: those that wait in the queue for you and those you take part in, with whose turn it is,
    since when, and the last message.

    Closed dialogs are mostly gone from this list, and colleagues' dialogs are not in it: use dialogs_find. Accept a
    waiting one with dialog_answer.
    """
    return await inbox.list_dialogs(desk, Wanted(state, line_id, unread, text, order, limit, offset))


@tool(
    method="im.search.chat.list",
    title="Find dialogs",
    effect=Effect.READ,
    idempotent=True,
    toolset="inbox",
    scope="im",
)
async def dialogs_find(
    desk: Desk,
    *,
    name: ClientName | None = None,
    crm_type: CrmType | None = None,
    crm_id: CrmId | None = None,
    user_code: UserCodeText | None = None,
    sessions_of: PastOf | None = None,
    limit: RowLimit = USUAL_PAGE,
    offset: Offset = 0,
) -> FoundDialogs:
    """Find dialogs that you may see, closed and unanswered ones too, by the client's name, by CRM item or by address;
    or list the past sessions of a dialog's client.

    Give exactly one of name, crm_type with crm_id, user_code, sessions_of.
    """
    _one_way(name=name, crm_type=crm_type, crm_id=crm_id, user_code=user_code, sessions_of=sessions_of)
    if name is not None:
        return await finding.find_by_name(desk, name, limit, offset)
    if user_code is not None:
        return await finding.find_by_code(desk, user_code)
    if sessions_of is not None:
        return await finding.find_past_sessions(desk, sessions_of, limit, offset)
    if crm_type is None or crm_id is None:
        raise InputError("crm_type and crm_id go together: the kind of CRM item and its number")
    return await finding.find_by_crm_item(desk, crm_type, crm_id, limit, offset)


@tool(
    method="crm.activity.list",
    title="List sessions",
    effect=Effect.READ,
    idempotent=True,
    toolset="inbox",
    scope="crm",
)
async def sessions_list(
    desk: Desk,
    *,
    operator_id: OperatorFilter | None = None,
    since: Since | None = None,
    until: Until | None = None,
    limit: RowLimit = USUAL_PAGE,
    offset: Offset = 0,
) -> Sessions:
    """List sessions of any operator, the newest first, for a supervisor who reviews work. Read one with
    session_history_get.

    Shows only sessions that were saved to CRM and that your CRM rights let you see: what is missing here may exist.
    """
    if since and until and not is_before(since, until):
        raise InputError("since must be before until")
    return await activities.sessions_of_period(desk, Period(operator_id, since, until), limit, offset)


@tool(
    method="profile",
    title="Who acts",
    effect=Effect.READ,
    idempotent=True,
    toolset="inbox",
    scope="",
)
async def whoami(desk: Desk) -> Acting:
    """Tell as whom you act: user number, name, whether administrator, what the credential may do (scopes), and how many
    dialogs wait for you or are yours.
    """
    return await acting.who_acts(desk)


@tool(
    method="imopenlines.operator.answer",
    title="Accept a waiting dialog",
    effect=Effect.WRITE,
    idempotent=True,
    toolset="inbox",
    settled_by="{dialog_get} with the same chat_id",
    question=questions.accept,
)
async def dialog_answer(desk: Desk, chat_id: ChatId) -> Answered:
    """Accept a dialog that waits in the queue: you become its operator, and it is no longer offered to colleagues. The
    client gets no message.

    Says so if it is yours already or somebody else's. For a closed dialog use session_start.
    """
    return await answering.answer_dialog(desk, chat_id)


def _one_way(**given: object) -> None:
    ways = {"crm_type" if name == "crm_id" else name for name, value in given.items() if value is not None}
    if len(ways) != 1:
        names = "name, crm_type with crm_id, user_code, sessions_of"
        raise InputError(f"give exactly one of {names}; got {' and '.join(sorted(ways)) or 'none'}")
