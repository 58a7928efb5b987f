"""A desk for every request: what the settings say of all of them, and what one request may use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bitrix24_dialogs.dialogs.desk import Desk, Record
from bitrix24_dialogs.gateway.clock import Clock, Deadline
from bitrix24_dialogs.gateway.gateway import WRITE_SECONDS, Gateway
from bitrix24_dialogs.presenting.words import Words
from bitrix24_dialogs.settings import Settings
from bitrix24_dialogs.toolbox.audit import Audit
from bitrix24_dialogs.toolbox.call import DESK_SECONDS
from bitrix24_dialogs.toolbox.declaration import AnyTool
from bitrix24_dialogs.toolbox.policy import Toolbox
from bitrix24_dialogs.toolbox.rehearsal import Rehearsal


@dataclass(frozen=True)
class Desks:
    """Where desks come from."""

    gateway: Gateway
    clock: Clock
    settings: Settings
    audit: Audit | None = None

    async def to_read(self, toolbox: Toolbox) -> Desk:
        """A desk for a request that changes nothing. Its time begins now."""
        return await self._desk(toolbox, 0)

    async def to_write(self, toolbox: Toolbox, tool: AnyTool, given: Mapping[str, Any], caller: str) -> Desk:
        """A desk for a call that may change something: it keeps time for that. Its time begins now."""
        record = self.audit.record(tool, given, caller) if self.audit else None
        return await self._desk(toolbox, WRITE_SECONDS, record)

    async def to_rehearse(self, toolbox: Toolbox, rehearsal: Rehearsal) -> Desk:
        """A desk from which no change is sent."""
        return await self._desk(toolbox, WRITE_SECONDS, rehearsal)

    async def _desk(self, toolbox: Toolbox, change: float, record: Record | None = None) -> Desk:
        return Desk(
            gateway=self.gateway,
            deadline=Deadline.after(self.clock, DESK_SECONDS, change),
            words=Words(mask=self.settings.mask_contacts, conceal=await self.gateway.concealer()),
            lines=frozenset(self.settings.lines),
            reply_lines=frozenset(self.settings.reply_lines),
            verify=self.settings.verify,
            tool=toolbox.signpost,
            record=record,
        )
