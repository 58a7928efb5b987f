"""A record of every REST request."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bitrix24_dialogs.portal import php


@dataclass
class Call:
    """One request, or one command of a batch (`batched`).

    `start` is where a list's page begins; it is no parameter of any method (protocol notes 1.2).
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
    start: int = 0

    @property
    def given(self) -> dict[str, Any]:
        """What a method gets: the parameters, and `start` for one that has pages."""
        return {**self.params, "start": self.start} if self.start else self.params


@dataclass
class CallLog:
    """Calls in the order of their arrival."""

    entries: list[Call] = field(default_factory=list)

    def open(self, time: datetime, user_id: int, method: str, params: dict[str, Any], *, batched: bool = False) -> Call:
        """Begin the record of a call."""
        own = {name: value for name, value in params.items() if name != "start"}
        start = php.to_int(params.get("start"))
        call = Call(len(self.entries) + 1, time, user_id, method, own, batched=batched, start=start)
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
