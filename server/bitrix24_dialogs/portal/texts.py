"""Wording of system messages (behaviour 9)."""

from datetime import datetime

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

CLOSED = "Conversation closed."
CLOSED_BY_TIMER = "Session closed automatically"
UNPINNED = "The conversation is unassigned from agent, auto close date set according to the queue rules."
SILENT_ON = "[b]Whisper mode is on.[/b]\nYour messages will not be visible to your contact."
SILENT_OFF = "[b]Whisper mode is off.[/b]\nYour contact can read your subsequent messages."
ASSIGNED_TO_ALL = "Enquiry assigned to all agents in the queue"

CRM_CREATED = {
    "LEAD": "[b]A new lead was created[/b]",
    "CONTACT": "[b]New contact created[/b]",
    "COMPANY": "[b]New company created[/b]",
    "DEAL": "[b]New deal created[/b]",
}


def mention(user_id: int) -> str:
    """Return the BB code that mentions a user."""
    return f"[USER={user_id}][/USER]"


def session_link(session_id: int) -> str:
    """Return the link to a session's history."""
    return f"[URL=/online/?IM_HISTORY=imol|{session_id}]{session_id}[/URL]"


def started(session_id: int, parent: int = 0) -> str:
    """A session has begun, perhaps forked from another."""
    if parent:
        return f"New conversation #{session_link(session_id)} started (forked from #{session_link(parent)})"
    return f"Conversation #{session_link(session_id)} started"


def accepted(user_id: int) -> str:
    """An employee has accepted the dialog."""
    return f"{mention(user_id)} picked conversation"


def joined(user_id: int) -> str:
    """An employee has become a participant."""
    return f"{mention(user_id)} has joined the chat."


def intercepted(user_id: int, gender: str, previous: int) -> str:
    """An employee has taken the dialog from another; quirk: the feminine wording has two blanks."""
    blanks = "  " if gender == "F" else " "
    return f"{mention(user_id)} took conversation from{blanks}{mention(previous)}"


def forked(user_id: int) -> str:
    """An employee has split the dialog."""
    return f"{mention(user_id)} closed the current conversation and started a new one"


def finished(user_id: int) -> str:
    """An operator has finished the session."""
    return f"{mention(user_id)} has closed session"


def pinned(until: datetime) -> str:
    """The dialog is pinned until a day."""
    return (
        f"The conversation is assigned to agent, auto close date moved to [b]{until.day} {_MONTHS[until.month - 1]}[/b]"
    )


def assigned(user_id: int) -> str:
    """The queue has chosen an operator."""
    return f"Enquiry assigned to {mention(user_id)}"


def redirected_by_crm(user_id: int) -> str:
    """CRM has chosen the operator."""
    return f"Enquiry redirected to {mention(user_id)} (CRM's responsible person)"


def crm_attached(kind: str) -> str:
    """CRM has found an item and bound it."""
    return f"[b]{kind.capitalize()} attached to conversation[/b]"


def vote_notice(supervisor: int, session_id: int, rating: int, comment: str) -> str:
    """The operator's personal notification about a rating; quirk: a rating alone has an empty comment."""
    if rating > 0:
        return (
            f"Supervisor {mention(supervisor)} rated conversation #{session_id} as "
            f"[b][RATING={rating}][/b] and left a comment: [b]{comment}[/b]"
        )
    return f"Supervisor {mention(supervisor)} left a comment to conversation #{session_id}: [b]{comment}[/b]"


# The wordings below are the emulator's own (adjacent methods: im.message.add, imopenlines.operator.*).
NOT_DELIVERED = "The message was not delivered to the external chat"
NOBODY_ELSE = "The conversation was not handed on: nobody else is available in the queue"


def skipped(user_id: int) -> str:
    """An employee has declined the dialog."""
    return f"{mention(user_id)} declined conversation"


def transferred(user_id: int, to: int) -> str:
    """An employee has handed the dialog to another."""
    return f"{mention(user_id)} transferred conversation to {mention(to)}"


def transferred_to_line(user_id: int, line_from: str, line_to: str) -> str:
    """An employee has handed the dialog to the queue of another line."""
    return f"{mention(user_id)} transferred conversation from [b]{line_from}[/b] to [b]{line_to}[/b]"


def closed_by(user_id: int) -> str:
    """Somebody closes the dialog of another operator."""
    return f"{mention(user_id)} closes conversation of another agent"


def marked_spam(user_id: int) -> str:
    """An employee has marked the dialog as spam."""
    return f"{mention(user_id)} marked conversation as spam"
