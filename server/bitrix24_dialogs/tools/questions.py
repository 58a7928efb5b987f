"""What a person is asked before a tool acts. Trusted parts only; see `toolbox.confirmation`."""

from collections.abc import Mapping
from typing import Any

from bitrix24_dialogs.dialogs.card import read_dialog
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.people import one_colleague
from bitrix24_dialogs.dialogs.refusals import DialogRefused
from bitrix24_dialogs.gateway.errors import PortalError
from bitrix24_dialogs.language.speech import Speech

Given = Mapping[str, Any]


async def start(desk: Desk, speech: Speech, given: Given) -> str:
    """Asked by session_start."""
    return speech(
        "Start working on dialog {chat_id}? If it is closed, a new session is opened and you become its operator.",
        chat_id=given["chat_id"],
    )


async def fork(desk: Desk, speech: Speech, given: Given) -> str:
    """Asked by message_session_start."""
    return speech(
        "Close the session of dialog {chat_id} and open a new one, led by you, from message {message_id}? Operator now:"
        " {operator}. This cannot be undone.",
        chat_id=given["chat_id"],
        message_id=given["message_id"],
        operator=await _operator(desk, speech, given),
    )


async def join(desk: Desk, speech: Speech, given: Given) -> str:
    """Asked by session_join."""
    return speech("Join dialog {chat_id} as one more participant?", chat_id=given["chat_id"])


async def take_over(desk: Desk, speech: Speech, given: Given) -> str:
    """Asked by session_intercept."""
    return speech(
        "Take dialog {chat_id} over? Operator now: {operator}. Everybody else but the client is removed from the chat.",
        chat_id=given["chat_id"],
        operator=await _operator(desk, speech, given),
    )


async def pin(desk: Desk, speech: Speech, given: Given) -> str:
    """Asked by session_mode_pin."""
    if given.get("activate", True):
        return speech("Pin dialog {chat_id} to yourself?", chat_id=given["chat_id"])
    return speech(
        "Unpin dialog {chat_id}? It may then close and go to others by the line's rules.", chat_id=given["chat_id"]
    )


async def pin_all(desk: Desk, speech: Speech, given: Given) -> str:
    """Asked by session_mode_pin_all."""
    return speech("Pin all dialogs that you have accepted?")


async def unpin_all(desk: Desk, speech: Speech, given: Given) -> str:
    """Asked by session_mode_unpin_all."""
    return speech("Unpin all your dialogs? They may then close and go to others by the line's rules.")


async def silence(desk: Desk, speech: Speech, given: Given) -> str:
    """Asked by session_mode_silent."""
    if given["activate"]:
        return speech(
            "Switch silent mode on in dialog {chat_id}? The client then gets nothing of what employees write.",
            chat_id=given["chat_id"],
        )
    return speech(
        "Switch silent mode off in dialog {chat_id}? The client then gets what employees write.",
        chat_id=given["chat_id"],
    )


async def rate(desk: Desk, speech: Speech, given: Given) -> str:
    """Asked by session_head_vote."""
    if given.get("rating") is None:
        return speech(
            "Store a supervisor's comment on session {session_id}, in place of the earlier one? The operator is"
            " notified.",
            session_id=given["session_id"],
        )
    return speech(
        "Rate session {session_id} with {rating} of 5, in place of the earlier rating? The operator is notified.",
        session_id=given["session_id"],
        rating=given["rating"],
    )


async def save_to_crm(desk: Desk, speech: Speech, given: Given) -> str:
    """Asked by crm_lead_create."""
    return speech("Save the client of dialog {chat_id} to CRM as a new item?", chat_id=given["chat_id"])


async def fill_lead(desk: Desk, speech: Speech, given: Given) -> str:
    """Asked by crm_lead_update."""
    fields = [name for name, value in given.items() if name not in {"chat_id", "lead_id"} and value is not None]
    return speech(
        "Change lead {lead_id} of dialog {chat_id}? Fields: {fields}. The new values stand in the assistant's call.",
        lead_id=given["lead_id"],
        chat_id=given["chat_id"],
        fields=", ".join(fields),
    )


async def accept(desk: Desk, speech: Speech, given: Given) -> str:
    """Asked by dialog_answer."""
    return speech("Accept dialog {chat_id}? You become its operator.", chat_id=given["chat_id"])


async def reply(desk: Desk, speech: Speech, given: Given) -> str:
    """Asked by reply_send."""
    return speech(
        "Send a message of {length} characters to the client of dialog {chat_id}? It goes out at once and cannot be"
        " recalled. Its text stands in the assistant's call.",
        length=len(given["text"].text),
        chat_id=given["chat_id"],
    )


async def note(desk: Desk, speech: Speech, given: Given) -> str:
    """Asked by note_add."""
    return speech(
        "Write an internal note of {length} characters into dialog {chat_id}? Colleagues see it, the client does not.",
        length=len(given["text"].text),
        chat_id=given["chat_id"],
    )


async def decline(desk: Desk, speech: Speech, given: Given) -> str:
    """Asked by dialog_skip."""
    return speech("Decline dialog {chat_id}? The next employee in the queue gets it.", chat_id=given["chat_id"])


async def transfer(desk: Desk, speech: Speech, given: Given) -> str:
    """Asked by dialog_transfer. Refuses like the tool where the colleague's name does not say who is meant."""
    if given.get("to_colleague") is None:
        return speech(
            "Transfer dialog {chat_id} to the queue of line {line_id}? Operator now: {operator}.",
            chat_id=given["chat_id"],
            line_id=given.get("to_line"),
            operator=await _operator(desk, speech, given),
        )
    return speech(
        "Transfer dialog {chat_id} to {colleague}? Operator now: {operator}.",
        chat_id=given["chat_id"],
        colleague=await _colleague(desk, speech, given["to_colleague"]),
        operator=await _operator(desk, speech, given),
    )


async def finish(desk: Desk, speech: Speech, given: Given) -> str:
    """Asked by dialog_finish."""
    return speech("Finish dialog {chat_id}? Its session cannot be reopened.", chat_id=given["chat_id"])


async def finish_other(desk: Desk, speech: Speech, given: Given) -> str:
    """Asked by dialog_finish_other."""
    return speech(
        "Finish dialog {chat_id}? Operator now: {operator}. The session cannot be reopened.",
        chat_id=given["chat_id"],
        operator=await _operator(desk, speech, given),
    )


async def spam(desk: Desk, speech: Speech, given: Given) -> str:
    """Asked by dialog_mark_spam."""
    return speech(
        "Close dialog {chat_id} as spam? Operator now: {operator}. The mark cannot be taken back.",
        chat_id=given["chat_id"],
        operator=await _operator(desk, speech, given),
    )


async def _operator(desk: Desk, speech: Speech, given: Given) -> str:
    """Whom it takes the dialog from, named by the staff list: names on the card are not from there."""
    operator_id = (await read_dialog(desk, {"CHAT_ID": given["chat_id"]})).operator_id
    if not operator_id:
        return speech("nobody")
    if operator_id == await desk.me():
        return speech("you")
    try:
        return await _colleague(desk, speech, str(operator_id))
    except (DialogRefused, PortalError):  # dismissed, or the staff list is not for us: the number says it too
        return speech("user {user_id}", user_id=operator_id)


async def _colleague(desk: Desk, speech: Speech, who: str) -> str:
    colleague = await one_colleague(desk, who)
    return speech("{name} (user {user_id})", name=colleague.name, user_id=colleague.id)
