"""The portal: its state, its time, and the questions every rule asks of it."""

import hashlib
import hmac
import pickle
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from bitrix24_dialogs.portal.calls import CallLog
from bitrix24_dialogs.portal.chatdata import DialogFlags
from bitrix24_dialogs.portal.clock import Clock, ShiftedClock, SystemClock
from bitrix24_dialogs.portal.entities import (
    Activity,
    Chat,
    CrmItem,
    File,
    Line,
    Member,
    Message,
    Notification,
    Session,
    Settings,
    User,
    Webhook,
)
from bitrix24_dialogs.portal.errors import ActionError
from bitrix24_dialogs.portal.faults import Faults
from bitrix24_dialogs.portal.limits import Limits
from bitrix24_dialogs.portal.links import Links


@dataclass
class State:
    """Everything a portal remembers; the seed file holds exactly this (see `seed`).

    `known` names chats by a short key; `counters` holds the last id given out of each kind.
    """

    settings: Settings = field(default_factory=Settings)
    users: dict[int, User] = field(default_factory=dict)
    webhooks: dict[int, Webhook] = field(default_factory=dict)
    lines: dict[int, Line] = field(default_factory=dict)
    chats: dict[int, Chat] = field(default_factory=dict)
    sessions: dict[int, Session] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    files: dict[int, File] = field(default_factory=dict)
    activities: dict[int, Activity] = field(default_factory=dict)
    crm_items: list[CrmItem] = field(default_factory=list)
    notifications: list[Notification] = field(default_factory=list)
    known: dict[str, int] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)

    def next_id(self, kind: str) -> int:
        """Give out the next id of a kind; ids of a kind only grow."""
        self.counters[kind] = self.counters.get(kind, 0) + 1
        return self.counters[kind]


class Portal:
    """An emulated Bitrix24 portal.

    Args:
        state: what it starts with; `reset` returns to it.
        clock: where time comes from; real time by default.
        secret_seed: makes webhook secrets predictable; random when empty.

    Well-known employees are in `employees`, well-known dialogs in `known`; requests are in `calls`. `settings`
    may be changed at any time; `settle` makes a change survive `reset`.
    """

    def __init__(self, state: State | None = None, *, clock: Clock | None = None, secret_seed: str = "") -> None:
        """Take the state over and keep a copy of it for `reset`."""
        self.state = state or State()
        self.clock = ShiftedClock(clock or SystemClock())
        self.calls = CallLog()
        self.faults = Faults()
        self.limits = Limits()
        self.links = Links()
        self._secret_seed = (secret_seed or secrets.token_hex(16)).encode()
        self._origin = pickle.dumps(self.state)

    # -- what others look at -------------------------------------------------------------------------

    @property
    def settings(self) -> Settings:
        """How the portal is set up; may be changed at any time."""
        return self.state.settings

    @property
    def known(self) -> dict[str, int]:
        """Chat ids of well-known dialogs by key."""
        return self.state.known

    @property
    def employees(self) -> dict[str, User]:
        """Employees by key: operator, second, supervisor and so on."""
        return {user.key: user for user in self.state.users.values() if user.key and user.is_staff}

    @property
    def outbox(self) -> list[Message]:
        """Return what went out to clients, oldest first."""
        return [message for message in self.state.messages.values() if message.sent]

    def employee(self, who: int | str) -> User:
        """Return an employee by number or key.

        Raises:
            ActionError: nobody is known by it.
        """
        found = self.employees.get(str(who)) or self.state.users.get(int(who) if str(who).isdecimal() else 0)
        if found is None:
            raise ActionError(f"no user is known as {who!r}")
        return found

    def webhook_url(self, who: int | str, base: str = "http://127.0.0.1") -> str:
        """Return the inbound webhook address of an employee, with a slash at its end."""
        user = self.employee(who)
        return f"{base.rstrip('/')}/rest/{user.id}/{self.webhook_secret(user.id)}/"

    def webhook_secret(self, user_id: int) -> str:
        """Return the secret in an employee's webhook address."""
        return self.signature(f"webhook:{user_id}")[:16]

    def signature(self, text: str) -> str:
        """Sign a text with the portal's own key (secrets and file links)."""
        return hmac.new(self._secret_seed, text.encode(), hashlib.sha256).hexdigest()

    def now(self) -> datetime:
        """Return the present moment in the portal's time zone."""
        zone = timezone(timedelta(hours=self.settings.utc_offset_hours))
        return self.clock.now().astimezone(zone)

    def advance(self, seconds: float) -> None:
        """Move the portal's time."""
        self.clock.advance(seconds)

    def settle(self) -> None:
        """Make the present state the one `reset` returns to."""
        self._origin = pickle.dumps(self.state)

    def reset(self) -> None:
        """Return to the state at the start: faults, calls, limits, links and time too; secrets stay."""
        self.state = pickle.loads(self._origin)  # noqa: S301 -- our own bytes; far quicker than a deep copy
        self.clock.shift = timedelta()
        self.calls.clear()
        self.faults.clear()
        self.limits.clear()
        self.links.clear()

    # -- look-ups ------------------------------------------------------------------------------------

    def chat_by_code(self, user_code: str) -> Chat | None:
        """Return the dialog with this USER_CODE."""
        found = (chat for chat in self.state.chats.values() if chat.is_dialog and chat.entity_id == user_code)
        return next(found, None)

    def sessions_of(self, chat_id: int) -> list[Session]:
        """Return a chat's sessions, oldest first."""
        return [session for session in self.state.sessions.values() if session.chat_id == chat_id]

    def open_sessions(self, user_code: str) -> list[Session]:
        """Return the open sessions of a USER_CODE, oldest first."""
        found = self.state.sessions.values()
        return sorted((s for s in found if s.user_code == user_code and not s.closed), key=lambda s: s.id)

    def messages_of(self, chat_id: int) -> Iterator[Message]:
        """Yield a chat's messages, newest first."""
        return (message for message in reversed(self.state.messages.values()) if message.chat_id == chat_id)

    def last_message_id(self, chat_id: int) -> int:
        """Return the number of a chat's newest message, 0 for an empty chat."""
        newest = next(self.messages_of(chat_id), None)
        return newest.id if newest else 0

    def crm_item(self, kind: str, item_id: int) -> CrmItem | None:
        """Return a CRM item."""
        return next((item for item in self.state.crm_items if (item.type, item.id) == (kind, item_id)), None)

    def flags(self, chat: Chat) -> DialogFlags:
        """Return a chat's entity_data_1, read."""
        return DialogFlags.parse(chat.entity_data_1, self.now())

    # -- small changes -------------------------------------------------------------------------------

    def update_flags(self, chat: Chat, **values: Any) -> None:
        """Write some values of a chat's entity_data_1."""
        flags = self.flags(chat)
        for name, value in values.items():
            setattr(flags, name, value)
        chat.entity_data_1 = str(flags)

    def post(self, chat: Chat, text: str, author: int = 0, **params: Any) -> Message:
        """Add a message to a chat; a system message unless an author is given."""
        message = Message(self.state.next_id("message"), chat.id, author, self.now(), text, dict(params))
        self.state.messages[message.id] = message
        if author:
            self.mark_read(chat, author)
        return message

    def add_member(self, chat: Chat, user_id: int) -> None:
        """Make somebody a participant, without any message."""
        chat.members.setdefault(user_id, Member())

    def mark_read(self, chat: Chat, user_id: int) -> None:
        """Move a participant's read position to the chat's end."""
        if member := chat.members.get(user_id):
            member.last_read, member.read_at = self.last_message_id(chat.id), self.now()

    def remove_staff(self, chat: Chat, keep: int = 0) -> None:
        """Remove every real employee but one from a chat; clients and bots stay."""
        for user_id in list(chat.members):
            user = self.state.users.get(user_id)
            if user_id != keep and user is not None and user.is_staff:
                del chat.members[user_id]
