"""The built-in portal inside the server's own process: nothing to install, nothing leaves the machine."""

from typing import Any

from pydantic import SecretStr

from bitrix24_dialogs.portal import default_portal, portal_app
from bitrix24_dialogs.settings import Settings


def demo_portal(settings: Settings) -> tuple[Settings, Any]:
    """``settings`` with an operator's webhook on a fresh portal, and that portal's ASGI application."""
    portal = default_portal()
    webhook = portal.webhook_url("operator", base="http://127.0.0.1:1")
    return settings.model_copy(update={"webhook_url": SecretStr(webhook), "webhook_url_file": None}), portal_app(portal)
