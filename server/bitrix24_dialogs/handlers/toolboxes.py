"""Which toolbox a caller has."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mcp.server.context import ServerRequestContext

from bitrix24_dialogs.toolbox.declaration import AnyTool
from bitrix24_dialogs.toolbox.policy import Policy, Toolbox
from bitrix24_dialogs.transport.caller import caller_of


@dataclass(frozen=True)
class Toolboxes:
    """The toolbox of most callers, and that of callers who may only read."""

    everything: Toolbox
    reading: Toolbox

    @classmethod
    def under(cls, policy: Policy, tools: Sequence[AnyTool]) -> "Toolboxes":
        """Both, as ``policy`` leaves them."""
        return cls(Toolbox(tools, policy), Toolbox(tools, replace(policy, read_only=True)))

    def of(self, context: ServerRequestContext[Any]) -> Toolbox:
        """The toolbox of whoever makes this request."""
        return self.reading if caller_of(context).read_only else self.everything
