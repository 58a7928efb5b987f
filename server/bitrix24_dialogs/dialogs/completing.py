"""Numbers that may be meant by what a person has begun to type: of their dialogs, and of lines."""

from collections.abc import Mapping
from typing import Any

from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.inbox import MY_DIALOGS, MY_DIALOGS_PARAMS, read_rows
from bitrix24_dialogs.dialogs.lines import LIST, selection
from bitrix24_dialogs.dialogs.portal_values import mapping, whole


async def chat_numbers(desk: Desk) -> list[int]:
    """The chat numbers of the acting operator's dialogs, in the portal's order: what waits first, then the newest.

    Raises:
        PortalError: they could not be read.
    """
    rows, _ = read_rows(desk, await desk.read(MY_DIALOGS, MY_DIALOGS_PARAMS))
    return list(dict.fromkeys(row.chat.number for row in rows))


async def line_numbers(desk: Desk) -> list[int]:
    """The numbers of the lines in reach, ascending.

    Raises:
        PortalError: they could not be read.
    """
    rows: Mapping[str, Any] = mapping(await desk.read(LIST, {"PARAMS": selection(desk, ["ID"])}))
    found = {whole(mapping(row).get("ID")) for row in rows.values()}
    return sorted(number for number in found if number > 0 and (not desk.lines or number in desk.lines))
