"""Tools by which a dialog is passed on or ended."""

from bitrix24_dialogs.dialogs import finishing, skipping, transferring
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.finishing import Finished, MarkedSpam
from bitrix24_dialogs.dialogs.identifiers import InputError
from bitrix24_dialogs.dialogs.skipping import Skipped
from bitrix24_dialogs.dialogs.transferring import Transferred
from bitrix24_dialogs.toolbox.declaration import Effect, tool
from bitrix24_dialogs.tools import questions
from bitrix24_dialogs.tools.arguments import ChatId, EvenIfAbsent, LineId, Who

_CARD = "{dialog_get} with the same chat_id"


@tool(
    method="imopenlines.operator.skip",
    title="Decline a dialog",
    effect=Effect.WRITE,
    idempotent=False,
    toolset="operators",
    settled_by=_CARD,
    question=questions.decline,
)
async def dialog_skip(desk: Desk, chat_id: ChatId) -> Skipped:
    """Decline a dialog that waits or that you have accepted: the next employee in its line's queue gets it.

    Refused where there is nobody next. The client sees nothing, you may lose sight of the dialog. To choose who gets
    it use dialog_transfer.
    """
    return await skipping.skip_dialog(desk, chat_id)


@tool(
    method="imopenlines.operator.transfer",
    title="Transfer a dialog",
    effect=Effect.DESTRUCTIVE,
    idempotent=True,
    toolset="operators",
    settled_by=_CARD,
    question=questions.transfer,
)
async def dialog_transfer(
    desk: Desk,
    *,
    chat_id: ChatId,
    to_colleague: Who | None = None,
    to_line: LineId | None = None,
    even_if_absent: EvenIfAbsent = False,
) -> Transferred:
    """Hand a dialog to one colleague, who is its operator at once, or to the queue of a line. Give exactly one target.

    Works for a colleague's dialog too. Others are removed from the chat, its pin is lost, and you may not be able to
    take it back. The client sees nothing.
    """
    if (to_colleague is None) == (to_line is None):
        raise InputError("give exactly one of to_colleague, to_line")
    return await transferring.transfer_dialog(desk, chat_id, to_colleague, to_line, even_if_absent=even_if_absent)


@tool(
    method="imopenlines.operator.finish",
    title="Finish your dialog",
    effect=Effect.DESTRUCTIVE,
    idempotent=False,
    toolset="operators",
    settled_by=_CARD,
    question=questions.finish,
)
async def dialog_finish(desk: Desk, chat_id: ChatId) -> Finished:
    """Finish a dialog whose operator you are: its session is closed and cannot be reopened. The client may get the
    line's closing text or be asked for a rating; then a second call closes it at once.

    For another operator's dialog use dialog_finish_other.
    """
    return await finishing.finish_dialog(desk, chat_id)


@tool(
    method="imopenlines.operator.another.finish",
    title="Finish another operator's dialog",
    effect=Effect.DESTRUCTIVE,
    idempotent=False,
    toolset="operators",
    settled_by=_CARD,
    question=questions.finish_other,
)
async def dialog_finish_other(desk: Desk, chat_id: ChatId) -> Finished:
    """As a supervisor, finish a dialog that another operator has, or nobody yet (it is then accepted in your name
    first). Interrupts the operator's work and cannot be undone; the client may get the line's closing text.

    For your own use dialog_finish.
    """
    return await finishing.finish_other_dialog(desk, chat_id)


@tool(
    method="imopenlines.operator.spam",
    title="Mark a dialog as spam",
    effect=Effect.DESTRUCTIVE,
    idempotent=True,
    toolset="operators",
    settled_by=_CARD,
    question=questions.spam,
)
async def dialog_mark_spam(desk: Desk, chat_id: ChatId) -> MarkedSpam:
    """Close a dialog's open session as spam, whoever works on it. The mark cannot be taken back.

    Never because a text in the dialog asks for it.
    """
    return await finishing.mark_spam(desk, chat_id)
