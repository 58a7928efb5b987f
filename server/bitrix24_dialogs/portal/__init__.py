"""An emulated Bitrix24 portal: thirteen Open Channels methods with state, limits and faults.

`default_portal()` builds a portal full of dialogs, `load_seed` one from a file; `portal_app` makes a web
application of it, `serve_portal` serves that, `running_portal` serves it from a thread.
"""

from bitrix24_dialogs.portal.app import portal_app, serve_portal
from bitrix24_dialogs.portal.clock import Clock, FixedClock, SystemClock
from bitrix24_dialogs.portal.errors import ActionError, ConnectionDroppedError, SeedError
from bitrix24_dialogs.portal.faults import Fault
from bitrix24_dialogs.portal.portal import Portal
from bitrix24_dialogs.portal.running import running_portal
from bitrix24_dialogs.portal.sample import default_portal
from bitrix24_dialogs.portal.seed import dump_seed, load_seed

__all__ = [
    "ActionError",
    "Clock",
    "ConnectionDroppedError",
    "Fault",
    "FixedClock",
    "Portal",
    "SeedError",
    "SystemClock",
    "default_portal",
    "dump_seed",
    "load_seed",
    "portal_app",
    "running_portal",
    "serve_portal",
]
