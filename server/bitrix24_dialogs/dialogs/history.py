"""A session's history as the portal sends it: whole, unordered, with ids as text (behaviour 8.5)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from bitrix24_dialogs.dialogs.card import code_parts
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.entity_data import parse_entity_data
from bitrix24_dialogs.dialogs.portal_values import mapping, numbers, text, whole
from bitrix24_dialogs.gateway.errors import BadAnswer
from bitrix24_dialogs.presenting.words import Words

_LONGEST_NAME = 200

Speaker = Literal["client", "operator", "bot", "system"]


@dataclass(frozen=True)
class Session:
    """One session, its messages still as the portal wrote them.

    Attributes:
        owner: who has accepted the chat now; 0 for nobody.
        open_session_id: the chat's open session now; 0 for none.
        client_id: the client's user number; 0 where a channel has groups.
        rating: the supervisor's, 0 for none.
        comment: the supervisor's, exactly as stored.
        present: who is in the chat now.
        words: knows the authors' names.
    """

    chat_id: int
    session_id: int
    owner: int
    open_session_id: int
    client_id: int
    rating: int
    comment: str | None
    can_vote: bool
    present: tuple[int, ...]
    messages: Mapping[str, Any]
    users: Mapping[str, Any]
    files: Mapping[str, Any]
    names: Mapping[int, str]
    words: Words

    @property
    def message_ids(self) -> list[int]:
        """The numbers of all messages, ascending. The portal's order is newest first, and parsers may change it."""
        return sorted(number for key in self.messages if (number := whole(key)) > 0)

    def role_of(self, author: int) -> Speaker:
        """As what the user numbered ``author`` writes; system messages have author 0 (behaviour 2)."""
        if not author:
            return "system"
        user = mapping(self.users.get(str(author)))
        if user.get("connector") is True or author == self.client_id:
            return "client"
        return "bot" if user.get("bot") is True else "operator"


async def read_session(desk: Desk, identifier: Mapping[str, int]) -> Session:
    """Read a session by ``SESSION_ID``, or the latest session of ``CHAT_ID``.

    Raises:
        DialogRefused: not found or no rights, or its line is out of reach.
        PortalError: it could not be read.
    """
    raw = mapping(await desk.read("imopenlines.session.history.get", identifier))
    chat_id, session_id = whole(raw.get("chatId")), whole(raw.get("sessionId"))
    comment = raw.get("sessionCommentHead")
    if (
        min(chat_id, session_id) < 1
        or identifier.get("SESSION_ID", session_id) != session_id
        or identifier.get("CHAT_ID", chat_id) != chat_id
        or not isinstance(comment, str | None)
    ):
        raise BadAnswer("The portal's answer is not this session's history", "Try again in a minute")
    chat = mapping(mapping(raw.get("chat")).get(str(chat_id)))
    data = parse_entity_data(text(chat.get("entityData1")))
    _, code_line, _, client_id = code_parts(text(chat.get("entityId")))
    # The chat may have moved on to another line since; the session's own line is a key of this map.
    voted = mapping(mapping(raw.get("openlines")).get("canvoteashead"))
    desk.require_line(data.moved_to_line or code_line, *(whole(number) for number in voted))
    users = mapping(raw.get("users"))
    names = {whole(key): text(mapping(user).get("name"))[:_LONGEST_NAME] for key, user in users.items()}
    return Session(
        chat_id=chat_id,
        session_id=session_id,
        owner=whole(chat.get("owner")),
        open_session_id=data.session_id,
        client_id=client_id,
        rating=whole(raw.get("sessionVoteHead")),
        comment=comment or None,
        can_vote=raw.get("canVoteHead") == "Y",
        present=numbers(mapping(raw.get("userInChat")).get(str(chat_id))),
        messages=mapping(raw.get("message")),
        users=users,
        files=mapping(raw.get("files")),
        names=names,
        words=replace(desk.words, names=names),
    )
