"""A dialog in a list: what the messenger's chat objects and the card tell alike (adjacent methods: im.recent.get)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bitrix24_dialogs.dialogs.card import ROLES, Role, State, code_parts, dialog_state
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.entity_data import EntityData, parse_entity_data
from bitrix24_dialogs.dialogs.portal_values import text, whole
from bitrix24_dialogs.gateway.errors import BadAnswer
from bitrix24_dialogs.presenting.untrusted import Untrusted

_TITLE = 120


@dataclass(frozen=True, kw_only=True)
class Brief:
    """A dialog in a list. ``operator_id`` is who has accepted it."""

    chat_id: int
    title: Untrusted
    state: State
    connector: Untrusted
    line_id: int
    session_id: int | None = None
    operator_id: int | None = None
    your_role: Role | None = None
    pinned: bool


@dataclass(frozen=True)
class RawChat:
    """A dialog's chat as the portal sent it, read as far as every list needs it.

    Attributes:
        line: the dialog's line now.
        first_line: the line that it came in on.
        owner: who has accepted it; 0 for nobody.
        client: the client's user number; 0 where a channel has groups.
    """

    fields: Mapping[str, Any]
    number: int
    connector: str
    line: int
    first_line: int
    owner: int
    client: int
    data: EntityData

    @property
    def state(self) -> State:
        """What the card calls its state."""
        return dialog_state(self.owner, self.data.session_id)

    def lines_of(self, session_id: int) -> frozenset[int]:
        """The lines that a session of it may be of: an earlier one than the open one may have been on the first."""
        moved = {self.line} if session_id == self.data.session_id else {self.line, self.first_line}
        return frozenset(moved)

    def brief(self, desk: Desk, me: int) -> dict[str, Any]:
        """The fields of its `Brief`, as the employee ``me`` sees it."""
        role = self.fields.get("role")
        # quirk: a dialog that waits in the queue tells no role
        known: Role | None = ROLES.get(role, "none") if isinstance(role, str) else None
        return {
            "chat_id": self.number,
            "title": desk.words.name(text(self.fields.get("name")) or text(self.fields.get("title")), _TITLE),
            "state": self.state,
            "connector": desk.words.name(self.connector, 60),
            "line_id": self.line,
            "session_id": self.data.session_id or None,
            "operator_id": self.owner or None,
            "your_role": "operator" if self.owner == me else known,
            "pinned": self.data.pinned,
        }


def read_chat(fields: Mapping[str, Any]) -> RawChat | None:
    """A dialog's chat; None if ``fields`` are not one's, or in a form that cannot be read."""
    number, code, data = whole(fields.get("id")), fields.get("entity_id"), fields.get("entity_data_1")
    if number < 1 or not isinstance(code, str) or not isinstance(data, str) or fields.get("entity_type") != "LINES":
        return None
    connector, code_line, _, client = code_parts(code)
    parsed = parse_entity_data(data)
    line = parsed.moved_to_line or code_line
    return RawChat(fields, number, connector, line, code_line, whole(fields.get("owner")), client, parsed)


def no_list_of_dialogs() -> BadAnswer:
    """The error for an answer that should be a list of dialogs and is none."""
    return BadAnswer("The portal's answer is not a list of dialogs", "Try again in a minute")
