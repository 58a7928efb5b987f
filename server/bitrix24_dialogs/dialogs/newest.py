"""A dialog's newest messages, as its participants read them (adjacent methods: im.dialog.messages.get)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.portal_values import mapping, text, whole
from bitrix24_dialogs.dialogs.together import Read
from bitrix24_dialogs.gateway.errors import BadAnswer

PAGE = 50
_METHOD = "im.dialog.messages.get"
_HIDDEN = "HiddenMessage"


@dataclass(frozen=True)
class Heard:
    """One message, its text as the portal wrote it.

    Attributes:
        author: 0 for a system message.
        uuid: what its sender called it by.
        hidden: marked by the portal as kept from the client.
        confirmed: the channel has given it a number of its own.
        under_way: handed to the channel, which has not said anything yet.
    """

    id: int
    author: int
    raw: str
    date: str
    uuid: str
    hidden: bool
    confirmed: bool
    under_way: bool

    @property
    def moment(self) -> float:
        """When it was written, in unix seconds; 0 where the portal does not say."""
        try:
            read = datetime.fromisoformat(self.date)
            return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return 0.0


@dataclass(frozen=True)
class Newest:
    """The newest messages, newest first, and which of their authors are clients."""

    messages: tuple[Heard, ...]
    clients: frozenset[int]

    @property
    def last_id(self) -> int:
        """The newest message's number; 0 for none."""
        return max((message.id for message in self.messages), default=0)

    def last_of_client(self, client: int) -> Heard | None:
        """The newest message of a client, be it ``client`` or another one of a group."""
        wrote = self.clients | {client}
        return next((message for message in self.messages if message.author and message.author in wrote), None)

    def by(self, author: int) -> tuple[Heard, ...]:
        """The messages of one author, newest first."""
        return tuple(message for message in self.messages if message.author == author)


def newest_read(chat_id: int) -> Read:
    """The read that brings them."""
    # quirk: a bare number would be an employee, and without LAST_ID an unread chat begins somewhere else.
    return Read(_METHOD, {"DIALOG_ID": f"chat{chat_id}", "LAST_ID": 0, "LIMIT": PAGE})


async def read_newest(desk: Desk, chat_id: int) -> Newest:
    """Read them.

    Raises:
        DialogRefused: the caller takes no part in the dialog.
        PortalError: they could not be read.
    """
    read = newest_read(chat_id)
    return newest_of(await desk.read(read.method, read.params), chat_id)


def newest_of(result: object, chat_id: int) -> Newest:
    """The messages in the portal's answer.

    Raises:
        BadAnswer: it holds none, or another chat's.
    """
    found = mapping(result)
    raw = found.get("messages")
    if whole(found.get("chat_id")) != chat_id or not isinstance(raw, list | dict):
        raise BadAnswer("The portal's answer is not this dialog's messages", "Try again in a minute")
    messages = [message for row in mapping(raw).values() if (message := _heard(mapping(row))).id > 0]
    users = [mapping(user) for user in mapping(found.get("users")).values()]
    return Newest(
        messages=tuple(sorted(messages, key=lambda message: message.id, reverse=True)),
        clients=frozenset(whole(user.get("id")) for user in users if user.get("connector") is True),
    )


def _heard(row: Mapping[str, Any]) -> Heard:
    params = mapping(row.get("params"))
    return Heard(
        id=whole(row.get("id")),
        author=whole(row.get("author_id")),
        raw=text(row.get("text")),
        date=text(row.get("date")),
        uuid=text(row.get("uuid")),
        hidden=params.get("COMPONENT_ID") == _HIDDEN,
        confirmed=bool(params.get("CONNECTOR_MID")),
        under_way=params.get("SENDING") == "Y" or params.get("SENDING") is True,
    )
