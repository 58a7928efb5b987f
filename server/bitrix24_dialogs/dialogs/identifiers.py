"""The numbers and codes that name a dialog (behaviour 3)."""

import re
from dataclasses import dataclass

# Beyond this a JSON number is no longer exact everywhere.
_LARGEST = 2**53 - 1
_LONGEST_CODE = 260
# Possessive: whoever fills an argument with blanks must not keep everybody else waiting.
_CHAT = re.compile(r"^\s*+(?:chat\s*+)?(\d{1,16})\s*$", re.IGNORECASE)
_NUMBER = re.compile(r"^\s*(\d{1,16})\s*$")


class InputError(ValueError):
    """An argument cannot be used. The message says what is expected and does not repeat the value."""


def positive_number(value: object) -> int:
    """A positive whole number, also from its digits as text.

    Raises:
        InputError: it is none.
    """
    return _number(value, _NUMBER, "must be a positive whole number, for example 2043")


def chat_number(value: object) -> int:
    """A chat's number; ``"2043"`` and ``"chat2043"`` are understood too.

    Raises:
        InputError: it is none.
    """
    return _number(value, _CHAT, "must be the chat's number, for example 2043 (chat2043 is understood too)")


def _number(value: object, form: re.Pattern[str], expected: str) -> int:
    if isinstance(value, str) and (found := form.match(value)):
        value = int(found[1])
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(expected)
    if value > _LARGEST:
        raise InputError("is too large for a Bitrix24 number")
    return value


@dataclass(frozen=True)
class UserCode:
    """A client's address in a channel: ``connector|line|chat in the channel|client``."""

    connector: str
    line_id: int
    channel_chat: str
    client_id: int

    def __str__(self) -> str:
        """As the portal writes it."""
        return f"{self.connector}|{self.line_id}|{self.channel_chat}|{self.client_id}"


_FOUR_PARTS = "must have four parts, connector|line|chat|client, for example livechat|22|1761|587"


def user_code(value: object) -> UserCode:
    """A USER_CODE, with or without the ``imol|`` that CRM fields put before it.

    Raises:
        InputError: it has not four parts, or line and client are not numbers.
    """
    if not isinstance(value, str) or len(value) > _LONGEST_CODE or not value.isprintable():
        raise InputError(_FOUR_PARTS)
    code = value.strip()
    if code[:5].lower() == "imol|":
        code = code[5:]
    parts = code.split("|")
    if len(parts) != 4 or not all(parts) or any(part != part.strip() for part in parts):  # noqa: PLR2004
        raise InputError(_FOUR_PARTS)
    connector, line, channel_chat, client = parts
    if not (_NUMBER.match(line) and int(line) > 0):
        raise InputError("has a second part that is not a line number; expected e.g. livechat|22|1761|587")
    if not _NUMBER.match(client):
        raise InputError("has a fourth part that is not a client's user number; expected e.g. livechat|22|1761|587")
    return UserCode(connector, int(line), channel_chat, int(client))
