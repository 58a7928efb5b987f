"""What may go wrong in the portal."""


class RestError(Exception):
    """A REST answer with an error.

    Args:
        code: the error code; may be empty or hold blanks (behaviour 1).
        description: its text.
        status: HTTP status; 400 for nearly every error of a method.
        argument: the parameter that is wrong, where the answer names it.
    """

    def __init__(self, code: str, description: str = "", status: int = 400, argument: str = "") -> None:
        """Keep the parts of the answer."""
        super().__init__(code or "(blank)")
        self.code = code
        self.description = description
        self.status = status
        self.argument = argument


class PhpError(Exception):
    """A PHP `Error`, which the REST layer does not catch: it ends as HTTP 500 (behaviour 1)."""


class ActionError(Exception):
    """A helper action (not REST) that cannot be done; the text is for people."""


class SeedError(Exception):
    """A seed that cannot be loaded; the text is one line."""


class ConnectionDroppedError(ConnectionError):
    """The connection was dropped by an injected fault.

    Only callers inside the process (an ASGI transport) meet this exception; over a real socket the
    connection is closed instead. `executed` tells whether the method had run.
    """

    def __init__(self, executed: bool) -> None:
        """Keep whether the method had run."""
        super().__init__(f"connection dropped {'after' if executed else 'before'} the method ran")
        self.executed = executed
