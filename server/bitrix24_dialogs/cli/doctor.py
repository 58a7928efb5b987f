"""``doctor``: does the portal answer, who acts, which tools will work, and what to put right."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import anyio

from bitrix24_dialogs.cli.doctor_lines import Line, lines_asked_for, lines_in, report_lines
from bitrix24_dialogs.cli.doctor_settings import report_settings
from bitrix24_dialogs.cli.doctor_tools import Ward, covering, report_tools
from bitrix24_dialogs.cli.findings import Findings
from bitrix24_dialogs.cli.logs import set_up_logs
from bitrix24_dialogs.cli.speaking import portal_problem
from bitrix24_dialogs.cli.terminal import Terminal
from bitrix24_dialogs.dialogs.lines import LIST
from bitrix24_dialogs.dialogs.scopes import scope_of
from bitrix24_dialogs.gateway.clock import Clock, Deadline, SystemClock
from bitrix24_dialogs.gateway.credentials import Credential
from bitrix24_dialogs.gateway.errors import NotConfigured, PortalError
from bitrix24_dialogs.gateway.identity import acting_user
from bitrix24_dialogs.language.speech import Speech
from bitrix24_dialogs.presenting.sanitise import one_line
from bitrix24_dialogs.server import App, build_server
from bitrix24_dialogs.settings import Settings, SettingsError

_LONGEST_CHECK = 40.0
_MOST_SKEW = 60.0


def run_doctor(settings: Settings, speech: Speech) -> int:
    """Check everything and print a line for each finding.

    Returns:
        0 when all is well, 1 when some tools will not work, 2 when nothing can work.

    Raises:
        SettingsError: there is no usable webhook.
    """
    set_up_logs(settings)
    return anyio.run(_run, settings, speech)


async def _run(settings: Settings, speech: Speech) -> int:
    if settings.demo:
        from bitrix24_dialogs.cli.demo_portal import demo_portal  # noqa: PLC0415

        settings, portal_app = demo_portal(settings)
    else:
        portal_app = None
    clock = SystemClock()
    app = build_server(settings, clock, portal_app)
    try:
        return await Doctor(app, settings, clock, Findings(Terminal(), speech)).examine()
    finally:
        await app.close()


@dataclass(frozen=True)
class Doctor:
    """Examines one server's way to its portal, and what its settings make of it."""

    app: App
    settings: Settings
    clock: Clock
    findings: Findings

    async def examine(self) -> int:
        """See `run_doctor`."""
        findings, speech = self.findings, self.findings.speech
        try:
            credential = await self.app.gateway.credential()
        except NotConfigured as error:
            raise SettingsError("{what}. {advice}", what=error.what, advice=error.advice) from None
        findings.good(speech("webhook of user {user} on {portal}", user=credential.user_id, portal=credential.portal))
        try:
            await self._portal_clock()
            may_write = await self._acting_user(credential)
            scopes = await self._scopes()
            ward = Ward(self.app.toolbox, scopes, await self._methods(), may_write=may_write)
            lines = await self._lines(scopes)
        except PortalError as error:
            findings.wrong(portal_problem(speech, error))
            return 2
        findings.gap()
        report_tools(findings, ward)
        findings.gap()
        report_lines(findings, self.settings, lines)
        report_settings(findings, self.settings, self.app.toolbox)
        return 1 if findings.bad else 0

    async def _portal_clock(self) -> None:
        speech = self.findings.speech
        skew = _skew(await self._ask("server.time", speech("Asking the portal for its time")))
        if skew is None:
            self.findings.good(speech("the portal answers"))
            return
        seconds = f"{abs(skew):.0f}"
        if abs(skew) <= _MOST_SKEW:
            self.findings.good(speech("the portal answers; clocks differ by {seconds} s", seconds=seconds))
        else:
            self.findings.note(
                speech(
                    "the portal answers, but its clock and ours differ by {seconds} s; check this machine's clock",
                    seconds=seconds,
                )
            )

    async def _acting_user(self, credential: Credential) -> bool:
        speech = self.findings.speech
        profile = await self._ask("profile", speech("Asking who acts"))
        acting = acting_user(profile)
        if acting == credential.user_id:
            admin = profile.get("ADMIN") is True
            self.findings.good(
                speech("acting as user {user}, an administrator", user=acting)
                if admin
                else speech("acting as user {user}", user=acting)
            )
            return True
        actor = speech("user {user}", user=acting) if acting else speech("an inactive user")
        self.findings.wrong(
            speech(
                "the webhook belongs to user {user}, but the portal acts as {actor}: writes are refused. Create a"
                " webhook as an active employee",
                user=credential.user_id,
                actor=actor,
            )
        )
        return False

    async def _scopes(self) -> frozenset[str]:
        speech = self.findings.speech
        answer = await self._ask("scope", speech("Asking for the granted scopes"))
        names = answer if isinstance(answer, list) else []
        scopes = frozenset(one_line(name)[:40] for name in names if isinstance(name, str))
        granted = ", ".join(sorted(scopes)) or speech("none")
        self.findings.good(speech("scopes: {scopes}", scopes=granted))
        return covering(scopes)

    async def _methods(self) -> Mapping[str, Any]:
        # One request of the rate limit's for all: batch is for reads, and these are (protocol notes 5.4).
        commands = {tool.name: f"method.get?name={tool.method.lower()}" for tool in self.app.toolbox.listed()}
        if not commands:
            return {}
        what = self.findings.speech("Asking which methods there are")
        answer = await self._ask("batch", what, {"halt": 0, "cmd": commands})
        known = answer.get("result") if isinstance(answer, dict) else None
        return known if isinstance(known, dict) else {}

    async def _lines(self, scopes: frozenset[str]) -> Mapping[int, Line] | str:
        """The lines that there are of those in the settings; or why that could not be checked."""
        if not self.settings.lines and not self.settings.reply_lines:
            return {}
        speech, scope = self.findings.speech, scope_of(LIST)
        if scope not in scopes:
            return speech("the scope {scope} is not granted", scope=scope)
        try:
            return lines_in(await self._ask(LIST, speech("Asking for the lines"), lines_asked_for(self.settings)))
        except PortalError as error:
            return portal_problem(speech, error)

    async def _ask(self, method: str, what: str, params: Mapping[str, Any] | None = None) -> Any:
        with self.findings.terminal.working(what):
            deadline = Deadline.after(self.clock, _LONGEST_CHECK)
            answer = await self.app.gateway.read(method, params or {}, deadline)
        return answer.result


def _skew(answer: object) -> float | None:
    try:
        return datetime.fromisoformat(str(answer)).timestamp() - time.time()
    except ValueError:
        return None
