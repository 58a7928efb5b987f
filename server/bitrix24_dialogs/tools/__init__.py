"""The tools: one plain function each, with its whole contract beside it."""

from collections.abc import Sequence

from bitrix24_dialogs.toolbox.declaration import AnyTool
from bitrix24_dialogs.tools.modes import (
    session_mode_pin,
    session_mode_pin_all,
    session_mode_silent,
    session_mode_unpin_all,
)
from bitrix24_dialogs.tools.outcomes import crm_lead_create, session_head_vote
from bitrix24_dialogs.tools.reading import dialog_get, session_history_get, session_open
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
    )
