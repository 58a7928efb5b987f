"""Asking the person behind the assistant, in the way of the request's protocol version.

Since 2026-07-28 a call is answered with the question, and comes back with the answer and with the state that it was
given: sealed, for ten minutes, for the same caller, tool and arguments. Before, the question is a request of ours while
the call waits.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import anyio
import mcp_types as types
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types.version import is_version_at_least
from pydantic import ValidationError

from bitrix24_dialogs.gateway.clock import Clock
from bitrix24_dialogs.handlers.journal import shown_name
from bitrix24_dialogs.language.speech import Speech
from bitrix24_dialogs.toolbox.confirmation import Answer, why_not
from bitrix24_dialogs.transport.caller import caller_of

ANSWER_SECONDS = 600.0
_FIRST_WITH_STATE = "2026-07-28"
_SOONER = 60.0
_KEY = "confirmation"
_FIELD = "confirm"
_TOOL_CALL = "tools/call"


@dataclass(frozen=True)
class Asker:
    """Asks persons, and lets a yes count once.

    Attributes:
        clock: tells when a used confirmation may be forgotten.
        speech: in whose language they are asked.
    """

    clock: Clock
    speech: Speech
    _used: dict[str, float] = field(default_factory=dict)

    def answer_in(
        self, context: ServerRequestContext[Any], params: types.CallToolRequestParams, question: str
    ) -> Answer | None:
        """The answer that came with a call; None if this very question has not been answered yet."""
        answer = (params.input_responses or {}).get(_KEY)
        if asks_while_the_call_waits(context) or answer is None:
            return None
        asked = _Asked.read(params.request_state)
        if asked is None or asked.question != _digest(question):
            return None
        if self.clock.now() > asked.at + ANSWER_SECONDS:
            return Answer.LATE
        said = _meaning(answer)
        if said is Answer.YES and not self._use(asked.number):
            return Answer.SPENT
        return said

    async def ask(self, context: ServerRequestContext[Any], question: str) -> Answer | types.InputRequiredResult:
        """The person's answer to ``question``, or what has to be sent to the client to get it."""
        if asks_while_the_call_waits(context):
            return await self._ask_now(context, question)
        return self._asking(context, question)

    def _asking(self, context: ServerRequestContext[Any], question: str) -> Answer | types.InputRequiredResult:
        if not _shows_forms(context):
            return Answer.NOBODY
        form = types.ElicitRequestFormParams(message=question, requested_schema=self._form())
        state = _Asked(_digest(question), secrets.token_urlsafe(16), self.clock.now()).written()
        return types.InputRequiredResult(input_requests={_KEY: types.ElicitRequest(params=form)}, request_state=state)

    async def _ask_now(self, context: ServerRequestContext[Any], question: str) -> Answer:
        if not _shows_forms(context) or not context.session.can_send_request:
            return Answer.NOBODY
        with anyio.move_on_after(ANSWER_SECONDS):
            try:
                return _meaning(
                    await context.session.elicit_form(question, self._form(), related_request_id=context.request_id)
                )
            except MCPError:
                return Answer.NOBODY
            except ValidationError:  # an answer of no known form is no yes
                return Answer.DISMISSED
        return Answer.LATE

    def _form(self) -> dict[str, Any]:
        title = self.speech("Yes, do it")
        return {
            "type": "object",
            "properties": {_FIELD: {"type": "boolean", "title": title}},
            "required": [_FIELD],
        }

    def _use(self, number: str) -> bool:
        """Whether a confirmation had not been used before."""
        now = self.clock.now()
        for used in [used for used, until in self._used.items() if until < now]:
            del self._used[used]
        if number in self._used:
            return False
        self._used[number] = now + ANSWER_SECONDS
        return True


@dataclass(frozen=True)
class _Asked:
    """What goes to the client and comes back, sealed: the question, a number that counts once, when it was asked."""

    question: str
    number: str
    at: float

    def written(self) -> str:
        return json.dumps([self.question, self.number, self.at])

    @classmethod
    def read(cls, state: str | None) -> "_Asked | None":
        return cls(*json.loads(state)) if state else None


def asks_while_the_call_waits(context: ServerRequestContext[Any]) -> bool:
    """Whether the question is a request of ours, and the world may change until it is answered."""
    return not is_version_at_least(context.protocol_version, _FIRST_WITH_STATE)


def seal(server: Server[Any]) -> None:
    """Let nobody but us write the state that comes back with an answer.

    The key is made now and lives as long as the process: after a restart the person is asked anew.
    """
    from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity  # noqa: PLC0415 - only if wanted

    security = RequestStateSecurity(
        keys=[secrets.token_bytes(32)],
        ttl=ANSWER_SECONDS + _SOONER,  # so that it is us who say that it is too late
        bind_principal=lambda context: caller_of(context).name,
    )
    server.middleware += [_tell_what_is_stale, RequestStateBoundary(security, default_audience=server.name)]


async def _tell_what_is_stale(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """A person who takes too long is no protocol error."""
    try:
        return await call_next(ctx)
    except MCPError as error:
        data = error.error.data
        stale = isinstance(data, dict) and data.get("reason") == "invalid_request_state"
        if not stale or ctx.method != _TOOL_CALL:
            raise
        name = shown_name(str((ctx.params or {}).get("name", "")))
        text = f"{name}: {why_not(Answer.STALE, '')}"
        return types.CallToolResult(content=[types.TextContent(text=text)], is_error=True)


def _shows_forms(context: ServerRequestContext[Any]) -> bool:
    capabilities = context.session.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    # Before there were modes, an empty capability meant forms.
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


def _meaning(answer: object) -> Answer:
    if not isinstance(answer, types.ElicitResult) or answer.action == "cancel":
        return Answer.DISMISSED
    confirmed = answer.action == "accept" and (answer.content or {}).get(_FIELD) is True
    return Answer.YES if confirmed else Answer.NO


def _digest(question: str) -> str:
    return hashlib.sha256(question.encode("utf-8", "surrogatepass")).hexdigest()
