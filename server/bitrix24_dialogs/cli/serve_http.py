"""``serve --transport http`` and ``sse``: MCP for clients that connect over the network."""

import logging
import sys
from collections.abc import Sequence
from socket import socket
from typing import Literal

import anyio

from bitrix24_dialogs.callers.admission import Admission, Door, open_door
from bitrix24_dialogs.cli.config_http import USUAL_ADDRESS
from bitrix24_dialogs.cli.logs import set_up_logs
from bitrix24_dialogs.cli.serve import exit_at_once, on_stop_signal, running_app
from bitrix24_dialogs.cli.speaking import portal_problem
from bitrix24_dialogs.language.phrase import Phrase, reason_of
from bitrix24_dialogs.language.speech import Speech
from bitrix24_dialogs.server import App
from bitrix24_dialogs.settings import Settings, SettingsError
from bitrix24_dialogs.transport.http import Access, asking_http_app, http_app, sse_app
from bitrix24_dialogs.transport.open_requests import OpenRequests
from bitrix24_dialogs.transport.serving import HttpServer, addresses_of, http_server, listen

DEFAULT_PORT = 8000
_FLUSH_SECONDS = 0.2
_FLUSH_STEPS = 40
_CLOSING_SECONDS = 0.9
_SDK_CHATTER = ("mcp.server.sse", "mcp.server.streamable_http", "mcp.server.transport_security")


def run_serve_http(settings: Settings, speech: Speech, transport: Literal["http", "sse"], host: str, port: int) -> int:
    """Serve until a signal asks to stop.

    Returns:
        0; running calls had their time to finish.

    Raises:
        SettingsError: it is not clear who may call, or the address cannot be listened on.
    """
    set_up_logs(settings)
    for name in _SDK_CHATTER:  # with tracebacks that hold what clients sent; the gate says what was refused
        logging.getLogger(name).setLevel(logging.CRITICAL)
    door = open_door(settings, host)
    anyio.run(_serve, settings, speech, transport, _listeners(host, port), door)
    return 0


def _listeners(host: str, port: int) -> list[socket]:
    try:
        return listen(host, port)
    except (OSError, UnicodeError) as error:
        unknown = Phrase("unknown reason")
        why = reason_of(error, unknown) if isinstance(error, OSError) else Phrase("that is no host name")
        raise SettingsError(
            "Cannot listen on {host}, port {port}: {why}. --host and --port name another place; with --port 0 a free"
            " port is found",
            host=host,
            port=port,
            why=why,
        ) from None


async def _serve(
    settings: Settings, speech: Speech, transport: Literal["http", "sse"], listeners: list[socket], door: Door
) -> None:
    access = Access(door.callers, settings.http_allowed_hosts, settings.http_allowed_origins)
    async with running_app(settings) as app, anyio.create_task_group() as tasks:
        make = sse_app if transport == "sse" else asking_http_app if app.asks else http_app
        http = make(app.server, access, app.traffic, app.configured)
        server = http_server(http)
        await tasks.start(on_stop_signal, lambda: _stop(app, speech, http, server, settings.http_drain))
        addresses = addresses_of(listeners)
        _say(f"{_where(speech, transport, addresses)} {_who(speech, door, transport, addresses[0])}")
        missing = await app.missing()
        if missing is not None:
            problem = portal_problem(speech, missing)
            _say(
                speech("Not ready: {problem}. Until then every call is refused, and /readyz says 503.", problem=problem)
            )
        await server.serve(listeners)
        tasks.cancel_scope.cancel()


async def _stop(app: App, speech: Speech, requests: OpenRequests, server: HttpServer, seconds: float) -> None:
    """Finish what runs, within ``seconds``; new calls are refused meanwhile, and probes still answered."""
    _say(speech("Stopping: running calls may finish; again to stop at once."))
    began = anyio.current_time()
    await app.traffic.drain(seconds)
    await app.gateway.settle(max(0.0, seconds - (anyio.current_time() - began)))
    for _ in range(_FLUSH_STEPS):  # the last answers pass from task to task; one stall must not use up their time
        await anyio.sleep(_FLUSH_SECONDS / _FLUSH_STEPS)
    if app.traffic:
        _say(
            speech.count(
                "{number} call(s) did not finish in time.", "{number} call(s) did not finish in time.", len(app.traffic)
            )
        )
    await requests.end()
    server.should_exit = True
    await anyio.sleep(_CLOSING_SECONDS)
    exit_at_once(0)  # a change that the portal has not answered would hold us up; it has had its time


def _where(speech: Speech, transport: str, addresses: Sequence[str]) -> str:
    places = speech(" and ").join(addresses)
    if transport == "sse":
        return speech("Serving MCP on {places} with /sse.", places=places)
    return speech("Serving MCP on {places} with /mcp (streamable HTTP) and /sse (older clients).", places=places)


def _who(speech: Speech, door: Door, transport: str, address: str) -> str:
    if door.callers is None:
        return speech("Anybody on this machine may call: no token is asked for.")
    if door.admission is Admission.OPERATORS:
        number = len(door.callers.holders)
        return speech.count("{number} caller(s) in {file}.", "{number} caller(s) in {file}.", number, file=door.file)
    if door.admission is Admission.TOKEN_FILE:
        return speech("One token, from BITRIX24_HTTP_TOKEN_FILE.")
    at = "" if address == USUAL_ADDRESS else f" --url {address}"
    return speech(
        "To connect a client, token included: {command}",
        command=f"bitrix24-dialogs-mcp config {speech('CLIENT')} --transport {transport}{at}",
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - what whoever started it reads, at any log level
