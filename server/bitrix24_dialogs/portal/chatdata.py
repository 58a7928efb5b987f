"""The two structured texts a dialog carries: entity_data_1 and entity_data_2 (behaviour 4)."""

from dataclasses import dataclass
from datetime import datetime

from bitrix24_dialogs.portal import php

CRM_TYPES = ("LEAD", "COMPANY", "CONTACT", "DEAL")
_BY_PRIORITY = ("DEAL", "LEAD", "COMPANY", "CONTACT")


@dataclass
class DialogFlags:
    """The ten values of entity_data_1, in their order (behaviour 4.1)."""

    in_crm: bool = False
    crm_type: str = "NONE"
    crm_id: int = 0
    pinned: bool = False
    wait_action: bool = False
    session_id: int = 0
    started: int = 0
    line_id: int = 0
    block_date: int = 0
    block_reason: str = "0"

    @classmethod
    def parse(cls, text: str, now: datetime) -> "DialogFlags":
        """Read the text; missing values are N, NONE and 0.

        quirk: a missing sixth value reads as the present time.
        """
        given = text.split("|") if text else []
        defaults = ["N", "NONE", "0", "N", "N", str(int(now.timestamp())), "0", "0", "0", "0"]
        values = given + defaults[len(given) :]
        return cls(
            in_crm=values[0] == "Y",
            crm_type=values[1],
            crm_id=php.to_int(values[2]),
            pinned=values[3] == "Y",
            wait_action=values[4] == "Y",
            session_id=php.to_int(values[5]),
            started=php.to_int(values[6]),
            line_id=php.to_int(values[7]),
            block_date=php.to_int(values[8]),
            block_reason=values[9],
        )

    def __str__(self) -> str:
        """Write the text."""
        values = (
            flag(self.in_crm),
            self.crm_type,
            self.crm_id,
            flag(self.pinned),
            flag(self.wait_action),
            self.session_id,
            self.started,
            self.line_id,
            self.block_date,
            self.block_reason,
        )
        return "|".join(str(value) for value in values)


def flag(value: bool) -> str:
    """Return the old modules' boolean, `Y` or `N`."""
    return "Y" if value else "N"


def parse_bindings(text: str) -> dict[str, int]:
    """Read entity_data_2: CRM item ids by type, 0 for none (behaviour 4.2)."""
    parts = text.split("|")
    found = {name: php.to_int(value) for name, value in zip(parts[::2], parts[1::2], strict=False)}
    return {name: found.get(name, 0) for name in CRM_TYPES}


def format_bindings(bindings: dict[str, int]) -> str:
    """Write entity_data_2 in its fixed order."""
    return "|".join(f"{name}|{bindings.get(name, 0)}" for name in CRM_TYPES)


def leading_item(bindings: dict[str, int]) -> tuple[str, int]:
    """Return the most advanced bound item: deal, else lead, else company, else contact."""
    return next(((name, bindings[name]) for name in _BY_PRIORITY if bindings.get(name)), ("NONE", 0))


@dataclass(frozen=True)
class UserCode:
    """The client's address: connector|line|chat in the channel|client (behaviour 3)."""

    connector: str
    line_id: int
    connector_chat: str
    client_id: int

    @classmethod
    def parse(cls, text: str) -> "UserCode":
        """Split the text; missing parts are empty or 0."""
        connector, line, chat, client = (*text.split("|"), "", "", "", "")[:4]
        return cls(connector, php.to_int(line), chat, php.to_int(client))
