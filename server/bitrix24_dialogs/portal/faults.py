"""Faults: what may happen to a request on its way, injected on demand."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Kind = Literal["answer", "drop", "hang", "cut", "drip", "delay", "endless"]


@dataclass
class Fault:
    """One fault.

    Args:
        kind: "answer" gives another answer (`status`, `body`, `headers`); "drop" closes the connection;
            "hang" never answers; "cut" promises the whole body and sends half; "drip" sends the body byte
            by byte, `seconds` apart; "delay" only waits; "endless" sends a file that does not end.
        method: which method it meets (any case), or "" for all; `download` is the address behind a file's link.
        user_id: whose requests it meets, or 0 for everybody's.
        count: how many requests it meets; -1 for every one until it is removed.
        skip: how many matching requests pass before the first is met.
        phase: "before" means the method does not run, "after" that it runs and its answer is spoiled. A
            delay or a drip never keeps the method from running.
        status, headers, body: the other answer. `{url}` in the body becomes the request's address, secret
            included. An answer with neither status nor body stays as it was.
        encoding: how the body is written; "utf-8" unless told.
        error: short for a JSON error body with this code.
        seconds: length of a delay (any kind waits so long first), or between the bytes of a drip.
        meanwhile: a helper action (see `actions`) that happens right before the method would run, as when somebody
            else is faster. With the kind "delay" and no seconds nothing else is out of order.
    """

    kind: Kind = "answer"
    method: str = ""
    user_id: int = 0
    count: int = 1
    skip: int = 0
    phase: Literal["before", "after"] = "before"
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    encoding: str = "utf-8"
    error: str | None = None
    description: str = ""
    seconds: float = 0.0
    meanwhile: dict[str, Any] = field(default_factory=dict)
    id: int = 0

    def meets(self, method: str, user_id: int) -> bool:
        """Tell whether this fault is meant for such a request."""
        return self.method.lower() in {"", method} and self.user_id in {0, user_id}

    @property
    def runs_method(self) -> bool:
        """Whether the method runs in spite of the fault."""
        return self.phase == "after" or self.kind in {"delay", "drip", "cut"}


@dataclass
class Faults:
    """Faults waiting for their requests; the first that fits is taken."""

    waiting: list[Fault] = field(default_factory=list)
    _last_id: int = 0

    def add(self, fault: Fault) -> Fault:
        """Put a fault at the end of the queue and number it."""
        self._last_id += 1
        fault.id = self._last_id
        self.waiting.append(fault)
        return fault

    def take(self, method: str, user_id: int) -> Fault | None:
        """Take the fault that meets this request, if there is one."""
        for fault in self.waiting:
            if not fault.meets(method, user_id):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            if fault.count > 0:
                fault.count -= 1
            if fault.count == 0:
                self.waiting.remove(fault)
            return fault
        return None

    def clear(self) -> None:
        """Remove every fault."""
        self.waiting.clear()

    def listed(self) -> list[dict[str, Any]]:
        """Return the waiting faults as plain data."""
        return [asdict(fault) for fault in self.waiting]
