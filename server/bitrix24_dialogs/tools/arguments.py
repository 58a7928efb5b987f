"""The kinds of argument that the tools share: what each means, where its value comes from, an example."""

from collections.abc import Callable, Sequence
from typing import Annotated

from bitrix24_dialogs.dialogs import identifiers
from bitrix24_dialogs.dialogs.identifiers import InputError, UserCode
from bitrix24_dialogs.toolbox.arguments import Argument

_MOST_MESSAGES = 1_000
_LONGEST_COMMENT = 10_000
_LONGEST_WHO = 100
_ON = {"y", "yes", "on", "true", "1"}
_OFF = {"n", "no", "off", "false", "0"}


def switch(value: object) -> bool:
    """Yes or no, in its usual forms.

    Raises:
        InputError: it is neither.
    """
    word = str(value).strip().lower() if isinstance(value, bool | int | str) else ""
    if word in _ON:
        return True
    if word in _OFF:
        return False
    raise InputError("must be true or false")


def some_text(value: object) -> str:
    """A text.

    Raises:
        InputError: it is none.
    """
    if not isinstance(value, str):
        raise InputError("must be text")
    return value


def one_of(names: Sequence[str]) -> Callable[[object], str]:
    """How one of ``names`` is read. What it returns raises InputError where it is none of them."""

    def parse(value: object) -> str:
        word = value.strip().lower() if isinstance(value, str) else ""
        if word not in names:
            raise InputError(f"must be one of {', '.join(names)}")
        return word

    return parse


def between(least: int, most: int, value: object, expected: str) -> int:
    """A whole number from ``least`` to ``most``.

    Raises:
        InputError: it is none; the text is ``expected``.
    """
    try:
        number = identifiers.positive_number(value) if value not in (0, "0") else 0
    except InputError:
        raise InputError(expected) from None
    if isinstance(value, bool) or not least <= number <= most:
        raise InputError(expected)
    return number


def _rating(value: object) -> int:
    return between(1, 5, value, "must be a whole number from 1 to 5")


def _limit(value: object) -> int:
    return between(1, _MOST_MESSAGES, value, f"must be a whole number from 1 to {_MOST_MESSAGES}")


def _offset(value: object) -> int:
    return between(0, 1_000_000, value, "must be a whole number of characters, 0 or more")


def _left_out(value: object) -> int:
    return between(0, 1_000_000, value, "must be a whole number, 0 or more")


def _who(value: object) -> str:
    if isinstance(value, int | float):
        return str(identifiers.positive_number(value))
    who = " ".join(value.split()) if isinstance(value, str) else ""
    if not who or len(who) > _LONGEST_WHO:
        raise InputError(f"must be an employee's number or name, of at most {_LONGEST_WHO} characters")
    return str(identifiers.positive_number(who)) if who.isdecimal() else who


def _comment(value: object) -> str:
    value = some_text(value)
    if not value.strip():
        raise InputError("must not be empty; leave it out to keep the stored one")
    if value.strip() == "0":  # quirk: the portal takes "0" for no comment at all (behaviour 8.12)
        raise InputError("cannot be just 0: the portal takes that for no comment")
    if len(value) > _LONGEST_COMMENT:
        raise InputError(f"must not be longer than {_LONGEST_COMMENT} characters; the portal would cut it")
    return value


NUMBER = {"type": "integer", "minimum": 1}
TEXT = {"type": "string"}

ChatId = Annotated[
    int,
    Argument(
        identifiers.chat_number,
        NUMBER,
        "Dialog's chat number, e.g. 2043; from dialogs_list, dialogs_find or dialog_get.",
    ),
]
DialogId = Annotated[int, Argument(identifiers.chat_number, TEXT, "The chat as chat<number>, e.g. chat2043.")]
SessionId = Annotated[
    int,
    Argument(
        identifiers.positive_number,
        NUMBER,
        "Session number, e.g. 321; from dialog_get (open session) or session_history_get.",
    ),
]
UserCodeText = Annotated[
    UserCode,
    Argument(
        identifiers.user_code,
        TEXT,
        "Client's address connector|line|chat|client, e.g. livechat|22|1761|587; from dialog_get or a CRM messenger"
        " field (imol| in front is fine).",
    ),
]
MessageId = Annotated[
    int,
    Argument(identifiers.positive_number, NUMBER, "Message number, e.g. 18971; from session_history_get."),
]
BeforeMessageId = Annotated[
    int,
    Argument(identifiers.positive_number, NUMBER, "Only messages before this one: the page before the one read."),
]
Limit = Annotated[
    int,
    Argument(_limit, {"type": "integer", "minimum": 1, "maximum": _MOST_MESSAGES}, "Most messages wanted; default 50."),
]
TextFrom = Annotated[
    int,
    Argument(_offset, {"type": "integer", "minimum": 0}, "With message_id: start its text at this character."),
]
OneMessageId = Annotated[
    int,
    Argument(identifiers.positive_number, NUMBER, "Read this one message, to see a cut text whole."),
]
Pin = Annotated[bool, Argument(switch, {"type": "boolean"}, "true pins (default), false unpins.")]
Silence = Annotated[bool, Argument(switch, {"type": "boolean"}, "true: on. false: off, clients see messages again.")]
Rating = Annotated[
    int, Argument(_rating, {"type": "integer", "minimum": 1, "maximum": 5}, "Mark, 1 (worst) to 5 (best).")
]
Comment = Annotated[
    str,
    Argument(
        _comment,
        {"type": "string", "maxLength": _LONGEST_COMMENT},
        "The supervisor's words to the operator, e.g. Answered fast and kindly. Replaces the stored comment.",
    ),
]
Who = Annotated[
    str,
    Argument(
        _who, TEXT, "Employee's number, or name or its beginning, e.g. 8 or Daniel Weiss; numbers: colleague_find."
    ),
]
LineId = Annotated[
    int, Argument(identifiers.positive_number, NUMBER, "Line number, e.g. 24; from lines_list or dialog_get.")
]
LinesFrom = Annotated[
    int, Argument(_left_out, {"type": "integer", "minimum": 0}, "Leave out that many lines; default 0.")
]
EvenIfAbsent = Annotated[
    bool, Argument(switch, {"type": "boolean"}, "true: also if nobody there is online; default false, refused then.")
]
