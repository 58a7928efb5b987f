"""``serve``: MCP over standard input and output."""

import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import anyio
from anyio.abc import TaskStatus

from bitrix24_dialogs.cli.logs import set_up_logs
from bitrix24_dialogs.language.speech import Speech
from bitrix24_dialogs.server import App, build_server
from bitrix24_dialogs.settings import Settings
from bitrix24_dialogs.transport.stdio import serve_stdio

_EXIT_INTERRUPTED = 130
_SETTLE_SECONDS = 10.0


def run_serve(settings: Settings, speech: Speech) -> int:
    """Serve until the client goes away."""
    set_up_logs(settings)
    if sys.stdin.isatty():
        print(  # noqa: T201 - what a person reads who started this by hand
            speech("This is an MCP server: an AI assistant starts it and talks to it over standard input."),
            speech(
                "To see it work, run: {demo}. To connect it: {config}.",
                demo="bitrix24-dialogs-mcp demo",
                config="bitrix24-dialogs-mcp config --help",
            ),
            speech("Waiting for a client; Ctrl-C ends."),
            sep="\n",
            file=sys.stderr,
        )
    anyio.run(_serve, settings)
    return 0


async def _serve(settings: Settings) -> None:
    async with running_app(settings) as app, anyio.create_task_group() as tasks:
        await tasks.start(on_stop_signal, lambda: _settle_and_exit(app))
        await serve_stdio(app.server)
        tasks.cancel_scope.cancel()


async def _settle_and_exit(app: App) -> None:
    """A change that is under way gets some seconds."""
    await app.settle(_SETTLE_SECONDS)
    exit_at_once()


@asynccontextmanager
async def running_app(settings: Settings) -> AsyncIterator[App]:
    """The server for ``settings``, on the built-in portal if they say so; closed in the end."""
    settings, portal_app = _with_demo_portal(settings)
    app = build_server(settings, portal_app=portal_app)
    try:
        await app.look_back()
        yield app
    finally:
        with anyio.CancelScope(shield=True):
            await app.close()


async def on_stop_signal(
    stop: Callable[[], Coroutine[Any, Any, None]], *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED
) -> None:
    """Run ``stop`` on Ctrl-C or a stop request; a second signal ends the process at once. Started once it listens."""
    try:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            task_status.started()
            async for _ in signals:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(stop)
                    async for _ in signals:
                        exit_at_once()
    except NotImplementedError:
        task_status.started()  # on Windows there is no receiver, and its own Ctrl-C handling stays


def exit_at_once(code: int = _EXIT_INTERRUPTED) -> None:
    """Leave without waiting: neither for what runs, nor for the thread that reads standard input."""
    sys.stderr.flush()
    os._exit(code)


def _with_demo_portal(settings: Settings) -> tuple[Settings, Any]:
    if not settings.demo:
        return settings, None
    from bitrix24_dialogs.cli.demo_portal import demo_portal  # noqa: PLC0415 - only the demo needs the portal

    return demo_portal(settings)
