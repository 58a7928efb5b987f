"""A desk for every request: what the settings say of all of them, and what one request may use."""

from dataclasses import dataclass

from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.gateway.clock import Clock, Deadline
from bitrix24_dialogs.gateway.gateway import WRITE_SECONDS, Gateway
from bitrix24_dialogs.presenting.words import Words
from bitrix24_dialogs.settings import Settings
from bitrix24_dialogs.toolbox.call import DESK_SECONDS
from bitrix24_dialogs.toolbox.policy import Toolbox


@dataclass(frozen=True)
class Desks:
    """Where desks come from."""

    gateway: Gateway
    clock: Clock
    settings: Settings

    async def to_read(self, toolbox: Toolbox) -> Desk:
        """A desk for a request that changes nothing. Its time begins now."""
        return await self._desk(toolbox, 0)

    async def to_write(self, toolbox: Toolbox) -> Desk:
        """A desk for a request that may change something: it keeps time for that. Its time begins now."""
        return await self._desk(toolbox, WRITE_SECONDS)

    async def _desk(self, toolbox: Toolbox, change: float) -> Desk:
        return Desk(
            gateway=self.gateway,
            deadline=Deadline.after(self.clock, DESK_SECONDS, change),
            words=Words(mask=self.settings.mask_contacts, conceal=await self.gateway.concealer()),
            lines=frozenset(self.settings.lines),
            reply_lines=frozenset(self.settings.reply_lines),
            verify=self.settings.verify,
            tool=toolbox.signpost,
        )
