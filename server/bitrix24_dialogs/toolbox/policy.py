"""Which tools there are for whom: one decision for listing and for calling."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from bitrix24_dialogs.settings import Settings, SettingsError
from bitrix24_dialogs.toolbox.declaration import AnyTool, Effect

TOOLSETS = ("dialogs", "inbox", "reply", "operators", "lines", "crm", "people")
DEFAULT_TOOLSETS = frozenset({"dialogs", "inbox"})

_TOOLSETS_SETTING = "BITRIX24_TOOLSETS"
_ONLY_SETTING = "BITRIX24_TOOLS"
_WITHOUT_SETTING = "BITRIX24_EXCLUDE_TOOLS"
_READ_ONLY_SETTING = "BITRIX24_READ_ONLY"


@dataclass(frozen=True)
class Policy:
    """What the settings allow.

    Attributes:
        read_only: only tools that change nothing; wins over everything.
        toolsets: only tools of these.
        only: if not empty, only these tools.
        without: not these tools.
        confirm: which of those that write have a person asked before they act.
    """

    read_only: bool = False
    toolsets: frozenset[str] = DEFAULT_TOOLSETS
    only: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    confirm: Literal["off", "destructive", "writes"] = "off"

    def asks(self, tool: AnyTool) -> bool:
        """Whether a person is asked before ``tool`` acts."""
        if self.confirm == "writes":
            return tool.effect is not Effect.READ
        return self.confirm == "destructive" and tool.effect is Effect.DESTRUCTIVE

    def allows(self, tool: AnyTool) -> bool:
        """Whether ``tool`` is listed and may be called."""
        return not self.hidden_by(tool)

    def hidden_by(self, tool: AnyTool) -> str:
        """The setting that hides ``tool``; empty if none does."""
        if self.read_only and tool.effect is not Effect.READ:
            return _READ_ONLY_SETTING
        if tool.toolset not in self.toolsets:
            return _TOOLSETS_SETTING
        if self.only and tool.name not in self.only:
            return _ONLY_SETTING
        return _WITHOUT_SETTING if tool.name in self.without else ""


@dataclass(frozen=True)
class Toolbox:
    """All tools, and the policy over them."""

    tools: Sequence[AnyTool]
    policy: Policy

    def listed(self) -> list[AnyTool]:
        """The tools that exist for the caller, in a fixed order."""
        return [tool for tool in self.tools if self.policy.allows(tool)]

    def find(self, name: str) -> AnyTool | None:
        """The tool called ``name``; a hidden one is not found, exactly like an unknown one."""
        return next((tool for tool in self.listed() if tool.name == name), None)

    def hidden(self) -> dict[str, int]:
        """How many tools each setting hides."""
        return Counter(self.policy.hidden_by(tool) for tool in self.tools if not self.policy.allows(tool))

    def signpost(self, name: str) -> str:
        """How advice names a tool: by its name, and with the setting that hides it if it is hidden."""
        hidden = next((tool for tool in self.tools if tool.name == name and not self.policy.allows(tool)), None)
        return f"{name} (switched off here by {self.policy.hidden_by(hidden)})" if hidden else name


def policy_of(settings: Settings, tools: Sequence[AnyTool]) -> Policy:
    """What ``settings`` allow of ``tools``.

    Raises:
        SettingsError: they name a toolset or a tool that does not exist, or one that they switch off elsewhere.
    """
    toolsets = _toolsets(settings.toolsets)
    names = [tool.name for tool in tools]
    _check(_ONLY_SETTING, settings.tools, names)
    _check(_WITHOUT_SETTING, settings.exclude_tools, names)
    for tool in tools:
        if tool.name in settings.tools and tool.toolset not in toolsets:
            raise SettingsError(
                "BITRIX24_TOOLS: {tool} is in the toolset {toolset}, which is off; it narrows what BITRIX24_TOOLSETS"
                " switches on",
                tool=tool.name,
                toolset=tool.toolset,
            )
    return Policy(
        read_only=settings.read_only,
        toolsets=toolsets,
        only=frozenset(settings.tools),
        without=frozenset(settings.exclude_tools),
        confirm=settings.confirm,
    )


def _toolsets(wanted: Iterable[str]) -> frozenset[str]:
    groups = {"default": DEFAULT_TOOLSETS, "all": frozenset(TOOLSETS)}
    names = tuple(wanted) or ("default",)
    _check(_TOOLSETS_SETTING, names, (*groups, *TOOLSETS))
    return frozenset().union(*(groups.get(name, frozenset({name})) for name in names))


def _check(setting: str, given: Iterable[str], known: Collection[str]) -> None:
    unknown = [name for name in given if name not in known]
    if unknown:
        raise SettingsError(
            "{setting}: there is no {unknown}; there are {known}",
            setting=setting,
            unknown=", ".join(unknown),
            known=", ".join(known),
        )
