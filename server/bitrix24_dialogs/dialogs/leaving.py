"""Reading back a change by which the caller leaves the dialog, and may so lose sight of it."""

import logging
from dataclasses import dataclass
from typing import Any

from bitrix24_dialogs.dialogs.card import Dialog, read_dialog
from bitrix24_dialogs.dialogs.change import not_verified
from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.refusals import DialogRefused
from bitrix24_dialogs.gateway.errors import PortalError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Left:
    """The dialog after such a change: its card, or that the portal no longer shows it, or neither."""

    card: Dialog | None = None
    out_of_sight: bool = False

    def not_verified(self, desk: Desk) -> dict[str, Any]:
        """The fields of a `Change` whose effect the card did not show."""
        if not self.out_of_sight:
            return not_verified(desk)
        why = "The portal accepted the call, and no longer shows you the dialog, as it is once you have left it"
        return {"verified": False, "why": why}


async def read_after_leaving(desk: Desk, chat_id: int) -> Left:
    """Read the card after the caller has left the dialog; only participants and who may join its line still see it."""
    if not desk.verify:
        return Left()
    try:
        return Left(await read_dialog(desk, {"CHAT_ID": chat_id}))
    except (PortalError, DialogRefused) as error:
        logger.warning("reading back chat %d failed: %s", chat_id, error)
        return Left(out_of_sight=error.code.upper() == "ACCESS_ERROR")
