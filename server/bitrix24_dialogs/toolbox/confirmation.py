"""Which tools ask a person before they act, and what they ask.

A question is made of trusted parts only: numbers, choices, and employees' names from the staff list. What clients wrote
could talk a person into a yes, so it is never in it; nor are texts that an assistant wrote, which may be the clients'.
"""

from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import Any

from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.language.speech import Speech

Question = Callable[[Desk, Speech, Mapping[str, Any]], Awaitable[str]]
"""Makes the question for the arguments that a tool was called with. May read; raises what the tool's reads raise."""


class Answer(Enum):
    """What came of asking; the value tells the assistant."""

    YES = "the person confirmed it"
    NO = "the person said no"
    DISMISSED = "the person closed the question without an answer"
    LATE = "nobody answered within ten minutes"
    STALE = (
        "the state has changed while the person was asked, or the confirmation is not for this call, older than ten"
        " minutes, or from before a restart"
    )
    SPENT = "this confirmation has been used already"
    NOBODY = "nobody could be asked"


SETTING = "BITRIX24_CONFIRM"

_NEXT: Mapping[Answer, str] = {
    Answer.NO: "Leave it, and say that it was not done",
    Answer.DISMISSED: "Call again only if the person wants it",
    Answer.LATE: "Call again once somebody is there",
    Answer.STALE: "Look at the state, then call again; the person is asked anew",
    Answer.NOBODY: (
        f"{SETTING} has this tool ask the person first, and this client cannot show the question (it lacks MCP"
        " elicitation, or its connection has no way back). Do not try again here. Use a client that can, or have the"
        f" administrator set {SETTING}=off, so that the client asks as it sees fit"
    ),
}


def why_not(answer: Answer, settled_by: str) -> str:
    """What to tell the assistant when the answer was not yes. ``settled_by`` is the read that shows the state."""
    if answer is Answer.SPENT:
        return f"not done again: {answer.value}. {settled_by} shows what came of it. Nothing was changed by this call."
    return f"not done: {answer.value}. {_NEXT[answer]}. Nothing was changed."
