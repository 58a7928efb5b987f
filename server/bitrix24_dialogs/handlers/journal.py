"""The log's line for a request: who asked for what, how it ended, how long it took."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from mcp.server.context import ServerRequestContext

from bitrix24_dialogs.gateway.clock import Clock
from bitrix24_dialogs.presenting.sanitise import one_line
from bitrix24_dialogs.transport.caller import caller_of

_LONGEST_NAME = 100


@dataclass
class Entry:
    """A request that runs. ``ended`` is how it ended, as far as is known."""

    ended: str = "cut short: the caller left, or the server was stopped"


@contextmanager
def entry(log: logging.Logger, clock: Clock, context: ServerRequestContext[Any], what: str) -> Iterator[Entry]:
    """Write the line for ``what`` into ``log`` when it has ended, however it ends."""
    began, running = clock.now(), Entry()
    try:
        yield running
    finally:
        log.info("%s: %s: %s, %.1f s", caller_of(context).name, what, running.ended, clock.now() - began)


def shown_name(name: str) -> str:
    """A name that a client sent, in one line and not too long: for the log, and for telling that there is none."""
    return one_line(name)[:_LONGEST_NAME]
