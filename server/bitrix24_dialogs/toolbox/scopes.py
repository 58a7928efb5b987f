"""Which permission scopes tools need: to work at all, and for parts of what they do."""

from collections.abc import Mapping

from bitrix24_dialogs.dialogs.scopes import scope_of
from bitrix24_dialogs.language.phrase import Phrase
from bitrix24_dialogs.toolbox.declaration import AnyTool

_CARD = "imopenlines.dialog.get"

_PARTS: Mapping[str, Mapping[str, Phrase]] = {
    "dialogs_find": {
        "imopenlines": Phrase("looking by CRM item and by a client's address"),
        "crm": Phrase("a client's past sessions"),
    },
    "whoami": {"im": Phrase("counting your dialogs")},
    "dialog_transfer": {"user_brief": Phrase("handing a dialog to a colleague")},
}


def needed_scopes(tool: AnyTool) -> frozenset[str]:
    """The scopes without which ``tool`` cannot work.

    A tool that takes a dialog's number looks at the dialog's card first, whatever it is called for.
    """
    by_chat = any(item.name == "chat_id" for item in tool.parameters.items)
    return frozenset({tool.scope, scope_of(tool.method), scope_of(_CARD) if by_chat else ""} - {""})


def partial_scopes(tool: AnyTool) -> Mapping[str, Phrase]:
    """The scopes that ``tool`` needs beyond those for parts of what it does, and which parts."""
    return _PARTS.get(tool.name, {})
