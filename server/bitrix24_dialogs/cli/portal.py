"""``portal``: the built-in Bitrix24 over HTTP on this machine."""

from pathlib import Path
from typing import Literal

import anyio

from bitrix24_dialogs.cli.terminal import Terminal
from bitrix24_dialogs.language.phrase import SYSTEM_REASONS, Phrase, reason_of, recognised
from bitrix24_dialogs.language.speech import Speech
from bitrix24_dialogs.portal import Portal, SeedError, default_portal, load_seed, serve_portal
from bitrix24_dialogs.settings import SettingsError

RateLimit = Literal["standard", "enterprise", "off"]

# What the portal, which knows nothing of languages, says of a seed.
SEED_TEMPLATES = (
    "{place}: cannot be read ({reason})",
    "{place}: is not JSON ({reason}: line {line} column {column} (char {character}))",
    "{place}: is not JSON ({reason})",
    "{place}: must hold one JSON object",
    "{place}: there is no {number}",
    "{place}: the id {number} is there twice",
    "{place}: unknown field {name}",
    "{place}: the field {name} is missing",
    "{place}: a date with offset was wanted, not {value}",
    "{place}: {wanted} was wanted, not {value}",
    "{place}: a text was wanted",
    "one of {choices}",
    "a list",
    "an object",
    "a number as key",
    "a whole number",
    "a text",
    "true or false",
    "a number",
    "Expecting value",
    "Expecting ',' delimiter",
    "Expecting ':' delimiter",
    "Expecting property name enclosed in double quotes",
    "Extra data",
)


def run_portal(speech: Speech, port: int, seed: Path | None, rate_limit: RateLimit) -> int:
    """Serve until Ctrl-C, after printing a webhook for every employee.

    Raises:
        SettingsError: the seed cannot be used, or the port is taken.
    """
    try:
        portal = load_seed(seed) if seed else default_portal()
    except SeedError as error:
        problem = recognised(str(error), (*SEED_TEMPLATES, *SYSTEM_REASONS))
        raise SettingsError("--seed: {problem}", problem=problem) from None
    portal.settings.rate_limit = rate_limit
    try:
        anyio.run(_serve, portal, port, Terminal(), speech)
    except OSError as error:
        reason = reason_of(error, Phrase("unknown reason"))
        raise SettingsError("port {port} on 127.0.0.1 cannot be used ({reason})", port=port, reason=reason) from None
    return 0


async def _serve(portal: Portal, port: int, terminal: Terminal, speech: Speech) -> None:
    def announce(base: str) -> None:
        terminal.line(speech("A Bitrix24 portal with made-up clients is listening on {address}", address=base))
        terminal.line(speech("Webhooks, for BITRIX24_WEBHOOK_URL:"))
        for key, employee in portal.employees.items():
            terminal.line(f"  {key:<14} {portal.webhook_url(employee.id, base)}")
        terminal.line(speech("Its state and switches: {address}; Ctrl-C ends.", address=f"{base}/control/state"))

    await serve_portal(portal, port=port, on_ready=announce)
