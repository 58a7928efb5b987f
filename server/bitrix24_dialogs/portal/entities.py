"""The things a portal is made of (behaviour 2)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any, Literal

Right = Literal["none", "own", "department", "any"]
UserKind = Literal["employee", "client", "bot", "system"]
QueueType = Literal["evenly", "strictly", "all"]
CrmMode = Literal["none", "lead", "deal"]
CrmType = Literal["LEAD", "COMPANY", "CONTACT", "DEAL"]


class Status(IntEnum):
    """Session statuses (behaviour 5)."""

    NEW = 0
    SKIP = 5
    ANSWER = 10
    CLIENT = 20
    CLIENT_AFTER_OPERATOR = 25
    OPERATOR = 40
    WAIT_CLIENT = 50
    CLOSE = 60
    SPAM = 65
    DUPLICATE = 69
    SILENTLY_CLOSE = 75


@dataclass
class Role:
    """What an employee's role allows on open lines (behaviour 2, "Role permissions")."""

    join: Right = "own"
    history: Right = "own"
    vote_head: Right = "none"


@dataclass
class User:
    """An employee, a client (kind "connector" in answers), a bot or the portal's system user.

    `key` is the short name tests and seeds use. `available` matters to lines that check it.
    """

    id: int
    first_name: str
    last_name: str = ""
    key: str = ""
    kind: UserKind = "employee"
    gender: Literal["M", "F"] = "M"
    position: str = ""
    departments: list[int] = field(default_factory=list)
    role: Role = field(default_factory=Role)
    admin: bool = False
    active: bool = True
    extranet: bool = False
    available: bool = True
    avatar: str = ""

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def is_staff(self) -> bool:
        """Whether this is a real employee, not a client or a bot."""
        return self.kind in {"employee", "system"}


@dataclass
class Webhook:
    """An inbound webhook of one employee; its secret is derived by the portal, never stored."""

    id: int
    scopes: list[str] = field(default_factory=lambda: ["imopenlines", "im", "crm", "user_brief"])


@dataclass
class Line:
    """An open line's configuration.

    `shown_names` are what clients see of employees who do not appear under their own names; `queue_seconds` is how
    long the queue waits for one employee; without `work_from` the line works round the clock.
    """

    id: int
    name: str
    active: bool = True
    queue: list[int] = field(default_factory=list)
    queue_type: QueueType = "strictly"
    last_editor: int = 0
    crm: bool = False
    crm_mode: CrmMode = "none"
    change_responsible: bool = True
    checks_availability: bool = False
    auto_close_seconds: int = 0
    closing_text: str = ""
    vote_request: bool = False
    welcome_bot: int = 0
    shown_names: dict[int, str] = field(default_factory=dict)
    queue_seconds: int = 60
    work_from: str = ""
    work_to: str = ""
    time_zone: str = ""


@dataclass
class Member:
    """One participant's relation to a chat."""

    last_read: int = 0
    read_at: datetime | None = None
    muted: bool = False


@dataclass
class Chat:
    """A chat. Type `L` is the operator side of a dialog; `C` is any other chat (behaviour 2).

    `entity_data_1..3` are kept as the portal keeps them, as texts (behaviour 4). `pending` holds the
    employees a waiting dialog is shown to, `silent_for` those with the personal silent mode, `busy` the
    locks held by somebody else ("accept", "queue", "fork"), `file_access` a reader's last day with files.
    """

    id: int
    title: str
    created: datetime
    type: Literal["L", "C"] = "L"
    entity_type: str = "LINES"
    entity_id: str = ""
    entity_data_1: str = ""
    entity_data_2: str = ""
    entity_data_3: str = ""
    owner: int = 0
    members: dict[int, Member] = field(default_factory=dict)
    pending: list[int] = field(default_factory=list)
    silent_for: list[int] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)
    file_access: dict[int, datetime] = field(default_factory=dict)
    registered: bool = True
    color: str = "#58cc47"
    avatar: str = ""
    description: str | None = None

    @property
    def is_dialog(self) -> bool:
        """Whether this is the operator side of an open-line dialog."""
        return self.type == "L"


@dataclass
class Session:
    """One session of a dialog."""

    id: int
    chat_id: int
    user_code: str
    line_id: int
    started: datetime
    operator: int = 0
    status: Status = Status.NEW
    mode: Literal["input", "output"] = "input"
    parent: int = 0
    start_id: int = 0
    end_id: int = 0
    closed: bool = False
    pinned: bool = False
    wait_answer: bool = True
    wait_action: bool = False
    wait_vote: bool = False
    vote: int = 0
    vote_head: int = 0
    comment_head: str | None = None
    crm: bool = False
    activity: int = 0
    closing_message: int = 0
    close_at: datetime | None = None
    queue_at: datetime | None = None


@dataclass
class Message:
    """A message; author 0 for every system message.

    `hidden` marks one written in silent mode, `sent` one that went out to the client's channel; `uuid` is what its
    sender called it by.
    """

    id: int
    chat_id: int
    author: int
    date: datetime
    text: str
    params: dict[str, Any] = field(default_factory=dict)
    hidden: bool = False
    sent: bool = False
    uuid: str = ""


@dataclass
class File:
    """A file in a chat's folder; `image` is its (width, height), `content` its bytes in base64 (empty: made up)."""

    id: int
    chat_id: int
    author: int
    date: datetime
    name: str
    size: int
    image: list[int] = field(default_factory=list)
    in_folder: bool = True
    content: str = ""


@dataclass
class CrmItem:
    """A CRM item. Readable by its responsible, its readers and administrators.

    `client` links it to a client, so that the search at a session's start finds it. `fields` holds what else is stored,
    under the names of `crm.item.get`; its phones and addresses are in `fm`.
    """

    id: int
    type: CrmType
    title: str
    responsible: int = 0
    readers: list[int] = field(default_factory=list)
    client: int = 0
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass
class Activity:
    """The CRM activity of one session, bound to CRM items as "TYPE|id" texts."""

    id: int
    session_id: int
    responsible: int
    bindings: list[str] = field(default_factory=list)
    readers: list[int] = field(default_factory=list)


@dataclass
class Notification:
    """A personal notification: kept outside every chat (behaviour 15)."""

    user_id: int
    session_id: int
    text: str
    date: datetime


@dataclass
class Settings:
    """How this portal is set up.

    Args:
        silent_mode: "chat" is the documented one, "personal" the later one (behaviour 12).
        dismissed_owner: a dismissed employee's webhook acts as the "system" user, or as "nobody".
        rate_limit: "standard" (50, 2/s), "enterprise" (250, 5/s) or "off".
        operating_limit: seconds of run time a method may use in ten minutes; 0 switches limiting off.
        run_time: pretended seconds a method runs, `run_times` the same for single methods.
        head_vote_feature: whether the tariff has the supervisor's rating.
        bot_intercept: the later rule that an owner-less dialog can be taken from a bot (behaviour 8.7).
        answer_conflict: the later rule that a colleague's dialog cannot be accepted (behaviour 12).
        disconnected: channels that are no longer connected.
        channel: whether channels confirm a message at once, leave it open, or fail to deliver it.
        message_flags: whether the undocumented parameters of `im.message.add` are understood.
        crm_refuses: the text of a CRM refusal; empty when CRM accepts.
    """

    address: str = "https://portal.example"
    utc_offset_hours: int = 3
    silent_mode: Literal["chat", "personal"] = "chat"
    dismissed_owner: Literal["system", "nobody"] = "system"
    rate_limit: Literal["standard", "enterprise", "off"] = "standard"
    operating_limit: float = 480.0
    run_time: float = 0.02
    run_times: dict[str, float] = field(default_factory=dict)
    head_vote_feature: bool = True
    bot_intercept: bool = False
    answer_conflict: bool = False
    disconnected: list[str] = field(default_factory=list)
    channel: Literal["confirms", "is_slow", "fails"] = "confirms"
    message_flags: bool = True
    im_installed: bool = True
    crm_installed: bool = True
    crm_leads: bool = True
    crm_refuses: str = ""
