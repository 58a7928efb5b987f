"""Several reads in one request: the portal counts requests, and a batch is one (protocol notes 4.1 and 5)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.dialogs.portal_values import mapping, text
from bitrix24_dialogs.gateway.errors import BadAnswer, error_from_body

MOST_READS = 50

# quirk: `$result[` in a value is replaced by an earlier answer, whoever wrote it, so free text has no place here
# (protocol notes 5.3).
_SAFE = re.compile(r"[A-Za-z0-9_]{0,40}")
_CODE = re.compile(r"[A-Za-z0-9_ .-]{0,64}")


@dataclass(frozen=True)
class Read:
    """One read of several: a method, and parameters that are numbers or single words of ours."""

    method: str
    params: Mapping[str, int | str]

    def command(self) -> str:
        """The read as a batch wants it.

        Raises:
            ValueError: a parameter is free text.
        """
        if not all(_SAFE.fullmatch(str(value)) for value in self.params.values()):
            raise ValueError(f"{self.method}: free text must not go into a batch")
        return f"{self.method}?{urlencode(self.params)}"


@dataclass(frozen=True)
class Answers:
    """The answers to reads made together, by the reads' keys."""

    desk: Desk
    reads: Mapping[str, Read]
    results: Mapping[str, Any]
    errors: Mapping[str, Any]

    def __getitem__(self, key: str) -> Any:
        """One read's result.

        Raises:
            DialogRefused: the portal refused it for a reason that dialogs know.
            PortalError: anything else that went wrong with it.
        """
        if key in self.errors:
            code = text(mapping(self.errors[key]).get("error"))
            # The texts of commands say nothing that the codes do not.
            error = error_from_body(400, code if _CODE.fullmatch(code) else "", "")
            raise self.desk.in_our_words(self.reads[key].method, error)
        if key not in self.results:
            raise BadAnswer("The portal left a part of the question unanswered", "Try again in a minute")
        return self.results[key]


async def read_together(desk: Desk, reads: Mapping[str, Read]) -> Answers:
    """Make at most `MOST_READS` reads in one request. Keys must not be numbers, or maps come back as lists.

    Raises:
        PortalError: the whole of it went wrong.
    """
    commands = {key: read.command() for key, read in reads.items()}
    answer = mapping(await desk.read("batch", {"halt": 0, "cmd": commands}))
    if "result" not in answer or "result_error" not in answer:
        raise BadAnswer("The portal's answer is not that of a batch", "Try again in a minute")
    return Answers(desk, reads, mapping(answer["result"]), mapping(answer["result_error"]))
