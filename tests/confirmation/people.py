"""People who are asked whether a tool may act."""

from collections.abc import Callable
from typing import Any

from mcp.client.context import ClientRequestContext
from mcp.types import ElicitRequestFormParams, ElicitRequestParams, ElicitResult

YES = ElicitResult(action="accept", content={"confirm": True})
NO = ElicitResult(action="decline")


class Person:
    """Answers always the same, and remembers what they were asked."""

    def __init__(self, answer: ElicitResult = YES, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.asked: list[str] = []
        self.forms: list[dict[str, Any]] = []
        self._answer = answer
        self._meanwhile = meanwhile

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        self.asked.append(params.message)
        self.forms.append(params.requested_schema)
        self._meanwhile()
        return self._answer
