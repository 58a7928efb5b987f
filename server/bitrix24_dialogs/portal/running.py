"""A portal on a real socket, for tests and demonstrations."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from bitrix24_dialogs.portal.app import base_url, portal_app
from bitrix24_dialogs.portal.portal import Portal

START_SECONDS = 60.0


@contextmanager
def running_portal(portal: Portal) -> Iterator[str]:
    """Serve a portal from a thread on a free loopback port.

    Args:
        portal: the portal; the caller may go on looking at it.

    Yields:
        The base address, such as `http://127.0.0.1:41234`.

    Raises:
        RuntimeError: the server did not start.
    """
    from bitrix24_dialogs.portal.serving import listening_socket, quiet_server  # noqa: PLC0415 -- uvicorn is heavy

    started = threading.Event()
    listener = listening_socket("127.0.0.1", 0)
    server = quiet_server(portal_app(portal), on_start=started.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="portal", daemon=True)
    thread.start()
    try:
        if not started.wait(START_SECONDS):
            raise RuntimeError("the portal did not start")
        yield base_url(listener.getsockname())
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)
        listener.close()
