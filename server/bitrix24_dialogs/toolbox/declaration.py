"""A tool's one declaration, beside its function. Everything that is published is derived from it."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, get_type_hints

from bitrix24_dialogs.dialogs.desk import Desk
from bitrix24_dialogs.toolbox.arguments import Parameters, parameters_of
from bitrix24_dialogs.toolbox.confirmation import Question

Params = ParamSpec("Params")
Result = TypeVar("Result")


class Effect(Enum):
    """What a tool does to the portal."""

    READ = "read"
    WRITE = "write"
    DESTRUCTIVE = "destructive"


@dataclass(frozen=True)
class Tool(Generic[Params, Result]):
    """A tool: a plain async function, and all that is known about it.

    Attributes:
        function: takes a desk and the arguments, returns a result data class. Its docstring is the description.
        method: the REST method it stands for.
        title: for people.
        effect: what it does to the portal.
        idempotent: a second identical call changes nothing more.
        toolset: the group it is switched on and off with.
        scope: what the credential must be allowed to do; empty if any may.
        settled_by: the read that shows whether a write with an unknown outcome happened; tool names in braces.
        question: makes what a person is asked before a tool that writes acts, where that is wanted.
    """

    function: Callable[Concatenate[Desk, Params], Awaitable[Result]]
    method: str
    title: str
    effect: Effect
    idempotent: bool
    toolset: str
    scope: str
    settled_by: str
    question: Question | None

    async def __call__(self, desk: Desk, *args: Params.args, **kwargs: Params.kwargs) -> Result:
        """Run the function, as if it were called by itself."""
        return await self.function(desk, *args, **kwargs)

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.__name__

    @cached_property
    def description(self) -> str:
        """The function's docstring, in lines joined to paragraphs."""
        paragraphs = inspect.cleandoc(self.function.__doc__ or "").split("\n\n")
        return "\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)

    @cached_property
    def parameters(self) -> Parameters:
        """What it takes."""
        return parameters_of(self.function)

    @cached_property
    def result(self) -> type:
        """The data class that it returns."""
        kind = get_type_hints(self.function)["return"]
        assert isinstance(kind, type)  # noqa: S101 - a declaration's own mistake
        return kind


AnyTool = Tool[Any, Any]


def tool(
    *,
    method: str,
    title: str,
    effect: Effect,
    idempotent: bool,
    settled_by: str = "",
    question: Question | None = None,
    toolset: str = "dialogs",
    scope: str = "imopenlines",
) -> Callable[[Callable[Concatenate[Desk, Params], Awaitable[Result]]], Tool[Params, Result]]:
    """Declare the function below as a tool; see `Tool` for the arguments.

    Raises:
        ValueError: a tool that writes does not say which read settles an unknown outcome, or what a person is asked.
    """
    if effect is not Effect.READ and not settled_by:
        raise ValueError(f"{method} writes, but names no read that settles an unknown outcome")
    if effect is not Effect.READ and question is None:
        raise ValueError(f"{method} writes, but has no question for the person")

    def declare(function: Callable[Concatenate[Desk, Params], Awaitable[Result]]) -> Tool[Params, Result]:
        return Tool(function, method, title, effect, idempotent, toolset, scope, settled_by, question)

    return declare
