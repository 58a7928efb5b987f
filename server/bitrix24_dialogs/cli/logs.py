"""Logs: to stderr, one line each, secrets cut out."""

import logging
import sys

from bitrix24_dialogs.gateway.redaction import RedactingFormatter
from bitrix24_dialogs.settings import Settings

_CHATTY = ("httpx", "httpcore", "asyncio")  # they log addresses, and with them secrets, or nothing of use


def set_up_logs(settings: Settings) -> None:
    """Send all logs to stderr. Under stdio, standard output belongs to the protocol alone."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
