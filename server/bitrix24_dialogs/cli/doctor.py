"""``doctor``: does the portal answer, who acts, which tools will work, and what to grant for the rest."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import anyio

from bitrix24_dialogs.cli.logs import set_up_logs
from bitrix24_dialogs.cli.terminal import Terminal
from bitrix24_dialogs.gateway.clock import Clock, Deadline, SystemClock
from bitrix24_dialogs.gateway.credentials import Credential
from bitrix24_dialogs.gateway.errors import NotConfigured, PortalError
from bitrix24_dialogs.gateway.gateway import Gateway
from bitrix24_dialogs.gateway.identity import acting_user
from bitrix24_dialogs.presenting.sanitise import one_line
from bitrix24_dialogs.server import App, build_server
from bitrix24_dialogs.settings import Settings, SettingsError
from bitrix24_dialogs.toolbox.declaration import AnyTool, Effect

_GOOD, _NOTE, _BAD = "ok  ", "note", "FAIL"
_LONGEST_CHECK = 40.0
_MOST_SKEW = 60.0
_WIDER_THAN_USER_BRIEF = frozenset({"user", "user_basic"})


def run_doctor(settings: Settings) -> int:
    """Check everything and print a line for each finding.

    Returns:
        0 when all is well, 1 when some tools will not work, 2 when nothing can work.

    Raises:
        SettingsError: there is no usable webhook.
    """
    set_up_logs(settings)
    return anyio.run(_run, settings)


async def _run(settings: Settings) -> int:
    if settings.demo:
        from bitrix24_dialogs.cli.demo_portal import demo_portal  # noqa: PLC0415

        settings, portal_app = demo_portal(settings)
    else:
        portal_app = None
    clock = SystemClock()
    app = build_server(settings, clock, portal_app)
    try:
        return await Doctor(app, clock, Terminal()).examine()
    finally:
        await app.close()


@dataclass(frozen=True)
class Doctor:
    """Examines one server's way to its portal."""

    app: App
    clock: Clock
    terminal: Terminal

    async def examine(self) -> int:
        """See `run_doctor`."""
        try:
            credential = await self.app.gateway.credential()
        except NotConfigured as error:
            raise SettingsError(f"{error.what}. {error.advice}") from None
        self._say(_GOOD, f"webhook of user {credential.user_id} on {credential.portal}")
        try:
            await self._portal_clock()
            acts_well = await self._acting_user(credential)
            scopes = await self._scopes()
            tools_work = await self._tools(scopes, may_write=acts_well)
        except PortalError as error:
            self._say(_BAD, str(error))
            return 2
        return 0 if acts_well and tools_work else 1

    async def _portal_clock(self) -> None:
        answer = await self._ask("server.time", "Asking the portal for its time")
        skew = _skew(answer)
        if skew is None:
            self._say(_GOOD, "the portal answers")
        elif abs(skew) <= _MOST_SKEW:
            self._say(_GOOD, f"the portal answers; clocks differ by {abs(skew):.0f} s")
        else:
            self._say(
                _NOTE,
                f"the portal answers, but its clock and ours differ by {abs(skew):.0f} s; check this machine's clock",
            )

    async def _acting_user(self, credential: Credential) -> bool:
        profile = await self._ask("profile", "Asking who acts")
        acting = acting_user(profile)
        if acting == credential.user_id:
            admin = ", an administrator" if profile.get("ADMIN") is True else ""
            self._say(_GOOD, f"acting as user {acting}{admin}")
            return True
        actor = f"user {acting}" if acting else "an inactive user"
        self._say(
            _BAD,
            f"the webhook belongs to user {credential.user_id}, but the portal acts as {actor}: writes are refused."
            " Create a webhook as an active employee",
        )
        return False

    async def _scopes(self) -> frozenset[str]:
        answer = await self._ask("scope", "Asking for the granted scopes")
        names = answer if isinstance(answer, list) else []
        scopes = frozenset(one_line(name)[:40] for name in names if isinstance(name, str))
        self._say(_GOOD, f"scopes: {', '.join(sorted(scopes)) or 'none'}")
        return scopes | {"user_brief"} if scopes & _WIDER_THAN_USER_BRIEF else scopes

    async def _tools(self, scopes: frozenset[str], *, may_write: bool) -> bool:
        tools = self.app.toolbox.listed()
        missing = sorted({tool.scope for tool in tools} - scopes)
        for scope in missing:
            self._say(_BAD, f"the scope {scope} is not granted: tick it in the webhook's settings")
        # One request of the rate limit's for all: batch is for reads, and these are (protocol notes 5.4).
        commands = {tool.name: f"method.get?name={tool.method.lower()}" for tool in tools}
        answer = await self._ask("batch", "Asking which methods there are", {"halt": 0, "cmd": commands})
        known = answer.get("result") if isinstance(answer, dict) else None
        states = known if isinstance(known, dict) else {}
        working = [tool for tool in tools if self._works(tool, states.get(tool.name), scopes, may_write=may_write)]
        self._say(_GOOD if len(working) == len(tools) else _BAD, f"{len(working)} of {len(tools)} tools will work")
        for setting, hidden in self.app.toolbox.hidden().items():
            self._say(_GOOD, f"{hidden} tools are switched off by {setting}")
        return len(working) == len(tools)

    def _works(self, tool: AnyTool, state: Any, scopes: frozenset[str], *, may_write: bool) -> bool:
        if tool.scope not in scopes or (tool.effect is not Effect.READ and not may_write):
            return False  # said above, once for all
        if not isinstance(state, dict):
            self._say(_BAD, f"{tool.name}: whether the portal has the method {tool.method} could not be checked")
            return False
        if not state.get("isExisting"):
            self._say(_BAD, f"{tool.name}: the portal has no method {tool.method}: too old, or without Open Channels")
            return False
        if not state.get("isAvailable"):
            self._say(_BAD, f"{tool.name}: the webhook may not call it; create it anew with the scope {tool.scope}")
            return False
        return True

    async def _ask(self, method: str, what: str, params: dict[str, Any] | None = None) -> Any:
        gateway: Gateway = self.app.gateway
        with self.terminal.working(what):
            answer = await gateway.read(method, params or {}, Deadline.after(self.clock, _LONGEST_CHECK))
        return answer.result

    def _say(self, mark: str, text: str) -> None:
        self.terminal.line(f"{mark}  {text}")


def _skew(answer: object) -> float | None:
    try:
        return datetime.fromisoformat(str(answer)).timestamp() - time.time()
    except ValueError:
        return None
