"""What an examination finds, printed a line each behind a mark that says whether something is to be done."""

from dataclasses import dataclass, field

from bitrix24_dialogs.cli.terminal import Terminal
from bitrix24_dialogs.language.speech import Speech


@dataclass
class Findings:
    """Tells findings as they come, and counts what is to be put right.

    Attributes:
        terminal: where they are printed.
        speech: how they are said.
        bad: how many there were to put right.
    """

    terminal: Terminal
    speech: Speech
    bad: int = field(default=0, init=False)

    def good(self, text: str) -> None:
        """It is as it should be."""
        self._say(self.speech("ok"), text)

    def note(self, text: str) -> None:
        """It is worth knowing, and may be meant so."""
        self._say(self.speech("note"), text)

    def wrong(self, text: str) -> None:
        """It has to be put right."""
        self.bad += 1
        self._say(self.speech("FAIL"), text)

    def off(self, text: str) -> None:
        """It is switched off."""
        self._say(self.speech("off"), text)

    def gap(self) -> None:
        """Something else begins."""
        self.terminal.line()

    def _say(self, mark: str, text: str) -> None:
        speech = self.speech
        width = max(len(one) for one in (speech("ok"), speech("note"), speech("FAIL"), speech("off")))
        self.terminal.line(f"{mark:<{width}}  {text}")
