"""The dialog's card: who, where, in which state. One read tells it (behaviour 8.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.entity_data import CrmItem, parse_crm_items, parse_entity_data
from bitrix24_dialogs.dialogs.portal_values import mapping, text, whole
from bitrix24_dialogs.gateway.errors import BadAnswer
from bitrix24_dialogs.presenting.untrusted import Untrusted

State = Literal["waiting", "open", "closed"]
Role = Literal["operator", "participant", "none"]

_TITLE = 250


@dataclass(frozen=True)
class Person:
    """An employee or a client. The name is missing where the portal gave only the number."""

    id: int
    name: Untrusted | None = None


@dataclass(frozen=True, kw_only=True)
class Dialog:
    """A dialog as one employee sees it.

    ``session_id`` is the open session's; ``operator`` is who has accepted the dialog; ``silent`` is the chat's own
    flag, which newer portals no longer use; times are ISO 8601; ``messages`` counts those that the employee may see.
    """

    chat_id: int
    dialog_id: str
    title: Untrusted
    state: State
    connector: Untrusted
    line_id: int
    user_code: Untrusted | None = None
    client: Person | None = None
    operator: Person | None = None
    your_role: Role
    session_id: int | None = None
    session_started: str | None = None
    closing: Annotated[bool | None, "being closed, waiting for the client"] = None
    pinned: bool
    silent: bool
    in_crm: bool
    crm: tuple[CrmItem, ...] = ()
    messages: int
    unread: int
    created: str | None = None

    @property
    def operator_id(self) -> int | None:
        """The number of who has accepted the dialog."""
        return self.operator.id if self.operator else None


async def read_dialog(desk: Desk, identifier: Mapping[str, Any]) -> Dialog:
    """Read a dialog's card by one of ``CHAT_ID``, ``SESSION_ID``, ``USER_CODE``.

    Raises:
        DialogRefused: not found or no rights, or its line is out of reach.
        PortalError: it could not be read.
    """
    return dialog_of(desk, await desk.me(), await desk.read("imopenlines.dialog.get", identifier), identifier)


def dialog_of(desk: Desk, me: int, result: object, identifier: Mapping[str, Any]) -> Dialog:
    """The dialog of which ``result`` is the card, as the employee ``me`` sees it; it was asked for by ``identifier``.

    Raises:
        DialogRefused: its line is out of reach.
        BadAnswer: it is no card, or another dialog's.
    """
    card = _checked(result, identifier)
    data = parse_entity_data(card["entity_data_1"])
    connector, code_line, _, client_id = code_parts(text(card.get("entity_id")))
    line = data.moved_to_line or code_line
    desk.require_line(line)
    names = _names(card)
    owner, chat_id = whole(card.get("owner")), whole(card.get("id"))
    return Dialog(
        chat_id=chat_id,
        dialog_id=f"chat{chat_id}",
        title=desk.words.name(text(card.get("name")), _TITLE),
        state=dialog_state(owner, data.session_id),
        connector=desk.words.name(connector),
        line_id=line,
        user_code=desk.words.identifier(text(card.get("entity_id"))),
        client=_person(desk, client_id, names),
        operator=_person(desk, owner, names),
        your_role="operator" if owner == me else ROLES.get(text(card.get("role")), "none"),
        session_id=data.session_id or None,
        session_started=moment_of(data.session_started, text(card.get("date_create"))),
        closing=data.closing or None,
        pinned=data.pinned,
        silent=card.get("entity_data_3") == "Y",
        in_crm=data.crm_saved,
        crm=parse_crm_items(text(card.get("entity_data_2"))) or ((data.crm,) if data.crm and data.crm_saved else ()),
        messages=whole(card.get("message_count")),
        unread=whole(card.get("counter")),
        created=desk.words.moment(text(card.get("date_create"))),
    )


def _checked(result: object, identifier: Mapping[str, Any]) -> Mapping[str, Any]:
    """A result that is no card, or another dialog's, must not pass for a closed dialog."""
    card = mapping(result)
    chat_id = whole(card.get("id"))
    if (
        chat_id < 1
        or identifier.get("CHAT_ID", chat_id) != chat_id
        or not isinstance(card.get("entity_id"), str)
        or not isinstance(card.get("entity_data_1"), str)
    ):
        raise BadAnswer("The portal's answer is not this dialog's card", "Try again in a minute")
    return card


def dialog_state(owner: int, session_id: int) -> State:
    """Waiting until somebody accepts, open until the session ends (behaviour 2, owner against operator)."""
    if not session_id:
        return "closed"
    return "open" if owner else "waiting"


def code_parts(code: str) -> tuple[str, int, str, int]:
    """The parts of a USER_CODE as the portal stores it; what is missing is empty or 0 (behaviour 3)."""
    connector, line, channel_chat, client = [*code.split("|"), "", "", "", ""][:4]
    return connector, whole(line), channel_chat, whole(client)


ROLES: Mapping[str, Role] = {"owner": "operator", "manager": "participant", "member": "participant"}
"""What the portal calls a caller's role in a chat; whoever is none of these takes no part in it."""


def _names(card: Mapping[str, Any]) -> dict[int, str]:
    """Names are on the card only where it tells who has read what."""
    views = mapping(card.get("last_message_views")).get("first_viewers")
    readers = [*mapping(card.get("readed_list")).values(), *mapping(views).values()]
    return {whole(mapping(reader).get("user_id")): text(mapping(reader).get("user_name")) for reader in readers}


def _person(desk: Desk, number: int, names: Mapping[int, str]) -> Person | None:
    return Person(number, desk.words.name(names.get(number, "")) or None) if number else None


def moment_of(seconds: int, like: str) -> str | None:
    """Unix seconds as ISO 8601, in the time zone of the portal's own time ``like``."""
    try:
        zone = datetime.fromisoformat(like).tzinfo
    except ValueError:
        zone = UTC
    try:
        return datetime.fromtimestamp(seconds, zone or UTC).isoformat() if seconds else None
    except (ValueError, OverflowError, OSError):
        return None
