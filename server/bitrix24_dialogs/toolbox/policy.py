"""Which tools there are for whom: one decision for listing and for calling."""

from collections.abc import Sequence
from dataclasses import dataclass

from bitrix24_dialogs.toolbox.declaration import AnyTool, Effect


@dataclass(frozen=True)
class Policy:
    """What the settings allow. ``read_only`` leaves only tools that change nothing."""

    read_only: bool = False

    def allows(self, tool: AnyTool) -> bool:
        """Whether ``tool`` is listed and may be called."""
        return not (self.read_only and tool.effect is not Effect.READ)

    def reason(self, tool: AnyTool) -> str:
        """The setting that hides ``tool``."""
        return "" if self.allows(tool) else "BITRIX24_READ_ONLY"


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

    def signpost(self, name: str) -> str:
        """How advice names a tool: by its name, and with the setting that hides it if it is hidden."""
        hidden = next((tool for tool in self.tools if tool.name == name and not self.policy.allows(tool)), None)
        return f"{name} (switched off here by {self.policy.reason(hidden)})" if hidden else name
