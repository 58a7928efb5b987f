"""A record of every REST request."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass
class Call:
    """One request, or one command of a batch (`batched`).

    `executed` tells whether the method ran; `status` is the HTTP status it answered, or would have
    answered had no fault spoiled the answer; `error` is the error code, None for a success, and `fault`
    the kind of fault that met the request.
    """

    number: int
    time: datetime
    user_id: int
    method: str
    params: dict[str, Any]
    executed: bool = False
    status: int = 0
    error: str | None = None
    batched: bool = False
    fault: str = ""


@dataclass
class CallLog:
    """Calls in the order of their arrival."""

    entries: list[Call] = field(default_factory=list)

    def open(self, time: datetime, user_id: int, method: str, params: dict[str, Any], *, batched: bool = False) -> Call:
        """Begin the record of a call."""
        call = Call(len(self.entries) + 1, time, user_id, method, params, batched=batched)
        self.entries.append(call)
        return call

    def of(self, method: str) -> list[Call]:
        """Return the calls of one method, named in any case."""
        return [call for call in self.entries if call.method == method.lower()]

    def executed(self, method: str) -> int:
        """Count how often a method really ran."""
        return sum(call.executed for call in self.of(method))

    def clear(self) -> None:
        """Forget every call."""
        self.entries.clear()

    def __len__(self) -> int:
        """Count the calls."""
        return len(self.entries)
