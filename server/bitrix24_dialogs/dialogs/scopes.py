"""Which permission scope a REST method needs, and how to grant it (protocol notes 2.1)."""

from collections.abc import Mapping

# By the method's first word: the scope, and what Bitrix24 calls it where webhooks are made.
_SCOPES: Mapping[str, tuple[str, str]] = {
    "imopenlines": ("imopenlines", "Open Channels"),
    "im": ("im", "Chat and notifications"),
    "crm": ("crm", "CRM"),
    "user": ("user_brief", "Users, without contact data"),
}


def grant(method: str) -> str:
    """What to do where the scope of ``method`` is missing."""
    scope, title = _SCOPES.get(method.partition(".")[0].lower(), ("", ""))
    if not scope:
        return "Look at the webhook's scopes in Bitrix24"
    return f"Edit the webhook in Bitrix24 and tick the scope {scope} ({title})"
