"""The doctor's look at tools: which are there, which of them will work, and what to grant for the rest."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from bitrix24_dialogs.cli.findings import Findings
from bitrix24_dialogs.dialogs.scopes import title_of
from bitrix24_dialogs.toolbox.declaration import AnyTool, Effect
from bitrix24_dialogs.toolbox.policy import TOOLSETS, Toolbox
from bitrix24_dialogs.toolbox.scopes import needed_scopes, partial_scopes

_TOOLSETS_SETTING = "BITRIX24_TOOLSETS"
_WIDER_THAN_USER_BRIEF = frozenset({"user", "user_basic"})


class Health(Enum):
    """What is known of a tool beforehand."""

    WORKS = "it will work"
    NO_SCOPE = "the webhook lacks a scope"
    MAY_NOT_WRITE = "the webhook acts as somebody else than its owner"
    UNKNOWN = "whether the portal has its method could not be checked"
    NO_METHOD = "the portal lacks its method"
    UNAVAILABLE = "the webhook may not call its method"


@dataclass(frozen=True)
class Ward:
    """The tools to look at, and what is known of their portal.

    Attributes:
        toolbox: the tools.
        scopes: what is granted.
        methods: what the portal says of each listed tool's method, by the tool's name.
        may_write: whether the webhook acts as its owner.
    """

    toolbox: Toolbox
    scopes: frozenset[str]
    methods: Mapping[str, Any]
    may_write: bool

    def health(self, tool: AnyTool) -> Health:
        """Whether ``tool`` will work, or the first reason why not."""
        if needed_scopes(tool) - self.scopes:
            return Health.NO_SCOPE
        if tool.effect is not Effect.READ and not self.may_write:
            return Health.MAY_NOT_WRITE
        state = self.methods.get(tool.name)
        if not isinstance(state, dict):
            return Health.UNKNOWN
        if not state.get("isExisting"):
            return Health.NO_METHOD
        return Health.WORKS if state.get("isAvailable") else Health.UNAVAILABLE


def covering(scopes: Iterable[str]) -> frozenset[str]:
    """``scopes`` with those that they include."""
    granted = frozenset(scopes)
    return granted | {"user_brief"} if granted & _WIDER_THAN_USER_BRIEF else granted


def report_tools(findings: Findings, ward: Ward) -> None:
    """Tell of each toolset, and of what keeps tools from working."""
    speech, listed = findings.speech, ward.toolbox.listed()
    on = [toolset for toolset in TOOLSETS if toolset in ward.toolbox.policy.toolsets]
    for toolset in on:
        _report_toolset(findings, ward, toolset)
    _report_off(findings, ward, [toolset for toolset in TOOLSETS if toolset not in on])
    _report_scopes(findings, ward, listed)
    _report_methods(findings, ward, listed)
    working = [tool for tool in listed if ward.health(tool) is Health.WORKS]
    summary = speech.count(
        "{working} of {number} tools will work",
        "{working} of {number} tools will work",
        len(listed),
        working=len(working),
    )
    if not listed:
        findings.note(speech("no tool is left: the settings above switch off every one"))
    elif len(working) < len(listed):
        findings.wrong(summary)
    else:
        findings.good(summary)


def _report_toolset(findings: Findings, ward: Ward, toolset: str) -> None:
    speech = findings.speech
    tools = [tool for tool in ward.toolbox.tools if tool.toolset == toolset]
    listed = [tool for tool in tools if ward.toolbox.policy.allows(tool)]
    working = [tool for tool in listed if ward.health(tool) is Health.WORKS]
    text = speech.count(
        "{toolset}: {working} of {number} will work",
        "{toolset}: {working} of {number} will work",
        len(listed),
        toolset=toolset,
        working=len(working),
    )
    if not listed:
        text = speech("{toolset}: no tool is left", toolset=toolset)
    settings = [ward.toolbox.policy.hidden_by(tool) for tool in tools]
    for setting in dict.fromkeys(setting for setting in settings if setting):
        hidden = speech.count(
            "{number} hidden by {setting}", "{number} hidden by {setting}", settings.count(setting), setting=setting
        )
        text = f"{text}; {hidden}"
    if not listed:
        findings.off(text)
    elif len(working) < len(listed):
        findings.wrong(text)
    else:
        findings.good(text)


def _report_off(findings: Findings, ward: Ward, toolsets: Sequence[str]) -> None:
    if not toolsets:
        return
    speech, names = findings.speech, ", ".join(toolsets)
    findings.off(speech("{toolsets}: {setting} switches them on", toolsets=names, setting=_TOOLSETS_SETTING))
    off = [tool for tool in ward.toolbox.tools if tool.toolset in toolsets]
    for scope in sorted({scope for tool in off for scope in _useful(tool)} - ward.scopes):
        if not any(scope in _useful(tool) for tool in ward.toolbox.listed()):
            wanting = ", ".join(dict.fromkeys(tool.toolset for tool in off if scope in _useful(tool)))
            findings.note(
                speech(
                    "{toolsets} would also need the scope {scope} ({title})",
                    toolsets=wanting,
                    scope=scope,
                    title=speech.of(title_of(scope)),
                )
            )


def _report_scopes(findings: Findings, ward: Ward, listed: Sequence[AnyTool]) -> None:
    speech = findings.speech
    for scope, tools in _missing(listed, ward).items():
        findings.wrong(
            speech(
                "the scope {scope} is not granted: tick it ({title}) in the webhook's settings, for {tools}",
                scope=scope,
                title=speech.of(title_of(scope)),
                tools=_names(findings, tools, listed),
            )
        )
    for tool in listed:
        if needed_scopes(tool) <= ward.scopes:
            for scope, part in partial_scopes(tool).items():
                if scope not in ward.scopes:
                    findings.note(
                        speech(
                            "{tool} works in part: for {part} the scope {scope} ({title}) has to be granted",
                            tool=tool.name,
                            part=speech.of(part),
                            scope=scope,
                            title=speech.of(title_of(scope)),
                        )
                    )


def _report_methods(findings: Findings, ward: Ward, listed: Sequence[AnyTool]) -> None:
    speech = findings.speech

    def of(health: Health) -> str:
        return _names(findings, [tool for tool in listed if ward.health(tool) is health], listed)

    if unknown := of(Health.UNKNOWN):
        findings.wrong(speech("whether the portal has their methods could not be checked: {tools}", tools=unknown))
    if lacking := of(Health.NO_METHOD):
        findings.wrong(
            speech("the portal lacks their methods, since it is old or without Open Channels: {tools}", tools=lacking)
        )
    if refused := of(Health.UNAVAILABLE):
        findings.wrong(
            speech("the webhook may not call their methods; create it anew with the scopes: {tools}", tools=refused)
        )


def _useful(tool: AnyTool) -> frozenset[str]:
    """The scopes that ``tool`` needs, be it for a part of what it does."""
    return needed_scopes(tool) | frozenset(partial_scopes(tool))


def _missing(tools: Sequence[AnyTool], ward: Ward) -> dict[str, list[AnyTool]]:
    """The scopes that are not granted, and the tools that need each."""
    scopes = sorted({scope for tool in tools for scope in needed_scopes(tool)} - ward.scopes)
    return {scope: [tool for tool in tools if scope in needed_scopes(tool)] for scope in scopes}


def _names(findings: Findings, tools: Sequence[AnyTool], listed: Sequence[AnyTool]) -> str:
    """The names of ``tools``; where they are all that is listed of a toolset, the toolset's."""
    names: list[str] = []
    for toolset in dict.fromkeys(tool.toolset for tool in tools):
        here = [tool.name for tool in tools if tool.toolset == toolset]
        whole = len(here) > 1 and len(here) == sum(tool.toolset == toolset for tool in listed)
        names += [findings.speech("all of {toolset}", toolset=toolset)] if whole else here
    return ", ".join(names)
