"""Where the demo's case is played: each step is shown as it happens, and held against what was expected of it."""

from collections.abc import Mapping
from typing import Any, Literal

from mcp import Client, MCPError, types
from mcp.client import ClientRequestContext

from bitrix24_dialogs.cli.demo_screen import MOST_LINES, call_lines, paragraph, result_lines
from bitrix24_dialogs.cli.terminal import Terminal
from bitrix24_dialogs.language.speech import Speech

Answer = Literal["yes", "no"]

_INDENT = "    "
_FURTHER = "      "


class Stage:
    """Shows the case, and remembers how it goes.

    Attributes:
        speech: how the audience is spoken to.
        number: how many steps there were.
        went_well: whether everything was as expected so far.
    """

    def __init__(self, terminal: Terminal, speech: Speech) -> None:
        """Nothing has been played yet."""
        self.speech = speech
        self.number = 0
        self.went_well = True
        self._terminal = terminal
        self._answer: Answer | None = None
        self._asked = False

    def say(self, text: str, first: str = "", rest: str | None = None) -> None:
        """Tell the audience something."""
        for line in paragraph(text, first, rest):
            self._terminal.line(line)

    def aside(self, text: str) -> None:
        """Tell what happens between two steps."""
        self._terminal.line()
        self.say(text, f"{_INDENT}~ ", f"{_INDENT}  ")

    def heading(self, text: str) -> None:
        """Begin a part of the case."""
        self._terminal.line()
        for line in paragraph(text):
            self._terminal.line(self._terminal.bold(line))

    def expect(self, what: str, *, holds: bool) -> None:
        """Note whether something is as expected; say so if it is not."""
        if not holds:
            speech = self.speech
            self.went_well = False
            self.say(speech("Expected, and not so: {what}", what=what), f"{_INDENT}! ", f"{_INDENT}  ")

    async def step(
        self,
        client: Client,
        why: str,
        tool: str,
        arguments: Mapping[str, Any],
        *expected: str,
        refused: bool = False,
        asked: Answer | None = None,
    ) -> Mapping[str, Any]:
        """Call a tool, show the call and its result, and note whether it went as expected.

        Arguments:
            client: who calls.
            why: said before.
            tool: which tool.
            arguments: its arguments.
            expected: what stands in the result's text.
            refused: whether the tool refuses.
            asked: what the person says when asked to confirm; None if they must not be asked.

        Returns:
            The result as data; empty if there is none.
        """
        self.number += 1
        self._answer, self._asked = asked, False
        self._terminal.line()
        self.say(why, f"{self.number:>2}. ", _INDENT)
        for line in call_lines(tool, arguments, _INDENT):
            self._terminal.line(self._terminal.bold(line))
        try:
            result = await client.call_tool(tool, dict(arguments))
        except MCPError as error:
            self._show(str(error))
            self.expect("a result", holds=False)
            return {}
        text = "\n".join(block.text for block in result.content if isinstance(block, types.TextContent))
        self._show(text)
        for sign in expected:
            self.expect(sign, holds=sign in text)
        self.expect("a refusal" if refused else "no refusal", holds=bool(result.is_error) is refused)
        self.expect("the person is asked" if asked else "nobody is asked", holds=self._asked is (asked is not None))
        return result.structured_content or {}

    async def answer(
        self, context: ClientRequestContext, params: types.ElicitRequestParams
    ) -> types.ElicitResult | types.ErrorData:
        """The person's answer to a question that the server asks through the protocol."""
        speech, says = self.speech, self._answer or "no"
        self._asked = True
        self.say(params.message, f"{_FURTHER}? ", f"{_FURTHER}  ")
        self.say(speech("Answer: yes") if says == "yes" else speech("Answer: no"), f"{_FURTHER}> ")
        if says == "no":
            return types.ElicitResult(action="decline")
        return types.ElicitResult(action="accept", content=_filled(params))

    def _show(self, text: str) -> None:
        speech, lines = self.speech, result_lines(text, _FURTHER)
        # One line more costs no more than saying that there is one.
        shown = lines if len(lines) <= MOST_LINES + 1 else lines[:MOST_LINES]
        for line in shown:
            self._terminal.line(line)
        if left := len(lines) - len(shown):
            self._terminal.line(_FURTHER + speech.count("({number} more line)", "({number} more lines)", left))


def _filled(params: types.ElicitRequestParams) -> dict[str, str | int | float | bool | list[str] | None]:
    """The question's form, every box ticked."""
    form = params.requested_schema if isinstance(params, types.ElicitRequestFormParams) else {}
    return {name: True for name, field in form.get("properties", {}).items() if field.get("type") == "boolean"}
