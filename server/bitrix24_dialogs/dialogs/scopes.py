"""Which permission scope a REST method needs, and how to grant it (protocol notes 2.1)."""

from collections.abc import Mapping

from bitrix24_dialogs.language.phrase import Phrase

# By the method's first word: the scope, and what Bitrix24 calls it where webhooks are made.
_SCOPES: Mapping[str, tuple[str, Phrase]] = {
    "imopenlines": ("imopenlines", Phrase("Open Channels")),
    "im": ("im", Phrase("Chat and notifications")),
    "crm": ("crm", Phrase("CRM")),
    "user": ("user_brief", Phrase("Users, without contact data")),
}


def scope_of(method: str) -> str:
    """The scope that ``method`` needs; empty if every webhook may call it."""
    return _SCOPES[_first_word(method)][0] if _first_word(method) in _SCOPES else ""


def title_of(scope: str) -> str:
    """What Bitrix24 calls ``scope`` where webhooks are made; its own name if that is not known."""
    return next((title for name, title in _SCOPES.values() if name == scope), scope)


def grant(method: str) -> str:
    """What to do where the scope of ``method`` is missing."""
    scope = scope_of(method)
    if not scope:
        return "Look at the webhook's scopes in Bitrix24"
    return f"Edit the webhook in Bitrix24 and tick the scope {scope} ({title_of(scope)})"


def _first_word(method: str) -> str:
    return method.partition(".")[0].lower()
