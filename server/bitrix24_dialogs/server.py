"""Wiring, and nothing else: settings in, an MCP server over one gateway out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import anyio
from mcp.server.caching import CacheableMethod, CacheHint
from mcp.server.lowlevel import Server

from bitrix24_dialogs import __version__
from bitrix24_dialogs.gateway.clock import Clock, SystemClock
from bitrix24_dialogs.gateway.credentials import (
    CredentialSource,
    NoCredential,
    OneWebhook,
    WebhookError,
    parse_webhook,
)
from bitrix24_dialogs.gateway.errors import NotConfigured
from bitrix24_dialogs.gateway.gateway import Gateway
from bitrix24_dialogs.gateway.http import HttpClient
from bitrix24_dialogs.gateway.limiter import ENTERPRISE, STANDARD, UNLIMITED, Rate
from bitrix24_dialogs.handlers.asking import Asker, seal
from bitrix24_dialogs.handlers.completion import CompletionHandlers
from bitrix24_dialogs.handlers.desks import Desks
from bitrix24_dialogs.handlers.instructions import Introductions
from bitrix24_dialogs.handlers.prompts import PromptHandlers
from bitrix24_dialogs.handlers.resources import ResourceHandlers
from bitrix24_dialogs.handlers.toolboxes import Toolboxes
from bitrix24_dialogs.handlers.tools import ToolHandlers
from bitrix24_dialogs.language.phrase import Phrase
from bitrix24_dialogs.language.speech import Speech
from bitrix24_dialogs.settings import Settings, SettingsError, secret_from_file
from bitrix24_dialogs.toolbox.audit import Audit
from bitrix24_dialogs.toolbox.policy import Toolbox, policy_of
from bitrix24_dialogs.tools import all_tools
from bitrix24_dialogs.transport.traffic import Traffic

NAME = "bitrix24-dialogs-mcp"
_LIST_HINT = CacheHint(ttl_ms=300_000, scope="private")  # what there is depends on the caller
_CACHE_HINTS: Mapping[CacheableMethod, CacheHint] = {
    "server/discover": _LIST_HINT,
    "tools/list": _LIST_HINT,
    "prompts/list": _LIST_HINT,
    "resources/list": _LIST_HINT,
    "resources/templates/list": _LIST_HINT,
    "resources/read": CacheHint(ttl_ms=0, scope="private"),  # a dialog is what it is now
}
_CHANGE = Phrase("Change the setting and restart the server")
_RATES: Mapping[str, Rate] = {"standard": STANDARD, "enterprise": ENTERPRISE, "off": UNLIMITED}


@dataclass(frozen=True)
class App:
    """The server and the one gateway that all its connections share. ``asks``: it may have questions to people."""

    server: Server[Any]
    toolbox: Toolbox
    gateway: Gateway
    traffic: Traffic
    asks: bool
    audit: Audit | None = None

    async def configured(self) -> bool:
        """Whether there is a credential to work with. Asks no portal."""
        return await self.missing() is None

    async def missing(self) -> NotConfigured | None:
        """Why there is no credential to work with; None if there is one. Asks no portal."""
        try:
            await self.gateway.credential()
        except NotConfigured as error:
            return error
        return None

    async def look_back(self) -> None:
        """Tell of changes whose outcome an earlier process did not live to write down. Asks no portal."""
        if self.audit:
            await self.audit.look_back(self.toolbox)

    async def settle(self, seconds: float) -> None:
        """Return once no change is under way and all are written down, or after ``seconds``."""
        with anyio.move_on_after(seconds):
            await self.gateway.settle(seconds)
            if self.audit:
                await self.audit.settle()

    async def close(self) -> None:
        """Close the gateway's connections."""
        await self.gateway.close()
        if self.audit:
            self.audit.close()


def build_server(settings: Settings, clock: Clock | None = None, portal_app: Any = None) -> App:
    """Make the MCP server for ``settings``. Calls no portal.

    Arguments:
        settings: what the environment says.
        clock: tells time; the machine's own by default.
        portal_app: an ASGI portal to talk to instead of the network.
    """
    clock = clock or SystemClock()
    tools = all_tools()
    toolboxes = Toolboxes.under(policy_of(settings, tools), tools)
    gateway = build_gateway(settings, clock, portal_app)
    traffic = Traffic()
    audit = Audit.to(settings.audit_file) if settings.audit_file else None
    asker = Asker(clock, Speech(settings.language))
    desks = Desks(gateway, clock, settings, audit)
    handlers = ToolHandlers(toolboxes, desks, traffic, asker)
    resources = ResourceHandlers(toolboxes, desks, traffic)
    prompts = PromptHandlers(toolboxes, settings.language, clock)
    server: Server[Any] = Server(
        NAME,
        version=__version__,
        title="Bitrix24 dialogs",
        cache_hints=_CACHE_HINTS,
        on_list_tools=handlers.list,
        on_call_tool=handlers.call,
        on_list_prompts=prompts.list,
        on_get_prompt=prompts.get,
        on_list_resources=resources.list,
        on_list_resource_templates=resources.templates,
        on_read_resource=resources.read,
        on_completion=CompletionHandlers(toolboxes, desks, traffic).complete,
    )
    server.middleware.append(Introductions(toolboxes))
    if settings.confirm != "off":
        seal(server)
    return App(server, toolboxes.everything, gateway, traffic, settings.confirm != "off", audit)


def build_gateway(settings: Settings, clock: Clock, portal_app: Any = None) -> Gateway:
    """The one gateway of the process."""
    return Gateway(
        credentials_of(settings),
        HttpClient(f"{NAME}/{__version__}", ca_file=settings.ca_file, app=portal_app),
        clock,
        rate=_RATES[settings.rate_limit],
        timeout=settings.timeout,
        redirect_hosts=frozenset(settings.redirect_hosts),
    )


def credentials_of(settings: Settings) -> CredentialSource:
    """The credential in ``settings``. A missing or unusable one is told by each call, so that tools can be listed."""
    try:
        text, name = _webhook_text(settings)
    except SettingsError as error:
        return NoCredential(error.phrase, _CHANGE)
    if text is None:
        return NoCredential(
            Phrase("No webhook is configured"),
            Phrase(
                "Set BITRIX24_WEBHOOK_URL (or BITRIX24_WEBHOOK_URL_FILE) to an inbound webhook of your Bitrix24 with"
                " the scope imopenlines, or BITRIX24_DEMO=1 to try without one"
            ),
        )
    try:
        return OneWebhook(parse_webhook(text))
    except WebhookError as error:
        return NoCredential(Phrase("{name} is not a usable webhook: {why}", name=name, why=error.why), _CHANGE)


def _webhook_text(settings: Settings) -> tuple[str | None, str]:
    if settings.webhook_url is not None:
        return settings.webhook_url.get_secret_value(), "BITRIX24_WEBHOOK_URL"
    if settings.webhook_url_file is not None:
        return secret_from_file(settings.webhook_url_file, "BITRIX24_WEBHOOK_URL_FILE"), "BITRIX24_WEBHOOK_URL_FILE"
    return None, ""
