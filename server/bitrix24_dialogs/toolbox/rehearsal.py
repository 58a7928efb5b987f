"""Running a tool up to its first write, to know whether there is anything to ask a person about."""

from bitrix24_dialogs.dialogs.desk import Write
from bitrix24_dialogs.gateway.errors import NotSent


class Rehearsal:
    """Lets nothing be sent; see `dialogs.desk.Record`.

    Attributes:
        would_write: whether the tool came as far as sending a change.
    """

    def __init__(self) -> None:
        """Nothing has been tried yet."""
        self.would_write = False

    async def intend(self, write: Write) -> None:
        """See `dialogs.desk.Record.intend`."""
        self.would_write = True
        raise NotSent("The person has not been asked yet", "They are asked first")

    async def close(self, changed: bool | None) -> None:
        """See `dialogs.desk.Record.close`."""
