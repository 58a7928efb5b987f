"""The tools: one plain function each, with its whole contract beside it."""

from collections.abc import Sequence

from bitrix24_dialogs.toolbox.declaration import AnyTool
from bitrix24_dialogs.tools.crm import crm_card_get, crm_lead_update
from bitrix24_dialogs.tools.inbox import dialog_answer, dialogs_find, dialogs_list, sessions_list, whoami
from bitrix24_dialogs.tools.lines import line_get, lines_list
from bitrix24_dialogs.tools.modes import (
    session_mode_pin,
    session_mode_pin_all,
    session_mode_silent,
    session_mode_unpin_all,
)
from bitrix24_dialogs.tools.operators import (
    dialog_finish,
    dialog_finish_other,
    dialog_mark_spam,
    dialog_skip,
    dialog_transfer,
)
from bitrix24_dialogs.tools.outcomes import crm_lead_create, session_head_vote
from bitrix24_dialogs.tools.people import colleague_find
from bitrix24_dialogs.tools.reading import dialog_get, session_history_get, session_open
from bitrix24_dialogs.tools.reply import note_add, reply_draft, reply_send
from bitrix24_dialogs.tools.working import message_session_start, session_intercept, session_join, session_start


def all_tools() -> Sequence[AnyTool]:
    """Every tool, in the order in which they are listed."""
    return (
        session_open,
        dialog_get,
        session_history_get,
        session_start,
        message_session_start,
        session_join,
        session_intercept,
        session_mode_pin,
        session_mode_pin_all,
        session_mode_unpin_all,
        session_mode_silent,
        session_head_vote,
        crm_lead_create,
        dialogs_list,
        dialogs_find,
        sessions_list,
        whoami,
        dialog_answer,
        reply_send,
        note_add,
        reply_draft,
        dialog_skip,
        dialog_transfer,
        dialog_finish,
        dialog_finish_other,
        dialog_mark_spam,
        lines_list,
        line_get,
        crm_card_get,
        crm_lead_update,
        colleague_find,
    )
