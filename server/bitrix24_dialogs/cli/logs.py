"""Logs: to stderr, one line each, secrets cut out."""

import logging
import sys

from bitrix24_dialogs.gateway.redaction import RedactingFormatter
from bitrix24_dialogs.settings import Settings

_OURS = "bitrix24_dialogs"


def set_up_logs(settings: Settings) -> None:
    """Send all logs to stderr. Under stdio, standard output belongs to the protocol alone.

    The level asked for is ours: the libraries' own debug logs would hold addresses with secrets, and clients' words.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    logging.getLogger(_OURS).setLevel(settings.log_level.upper())
