"""Command lines understood and explained in the language of whoever types them."""

import argparse
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

from bitrix24_dialogs.gateway.redaction import redact
from bitrix24_dialogs.language.phrase import recognised
from bitrix24_dialogs.language.speech import Speech

_EXIT_MISUSED = 2

# What argparse says of its own accord; what it says otherwise stays English.
TEMPLATES = (
    "argument {argument}: {problem}",
    "the following arguments are required: {names}",
    "unrecognized arguments: {arguments}",
    "ambiguous option: {option} could match {matches}",
    "invalid choice: {value} (choose from {choices})",
    "invalid {type} value: {value}",
    "ignored explicit argument {value}",
    "expected one argument",
    "must be a port number, 0 to 65535",
)


class SpeakingParser(argparse.ArgumentParser):
    """Speaks a person's language, in argparse's own words too.

    Does not repeat a webhook that was given in a wrong place: clients keep what is printed in log files.
    """

    def __init__(
        self,
        speech: Speech,
        *,
        formatter_class: type[argparse.HelpFormatter] = argparse.HelpFormatter,
        **options: Any,
    ) -> None:
        """``options`` as for `argparse.ArgumentParser`."""
        super().__init__(add_help=False, formatter_class=_speaking(speech, formatter_class), **options)
        self.speech = speech
        self._positionals.title = speech("positional arguments")
        self._optionals.title = speech("options")
        self.add_argument(
            "-h", "--help", action="help", default=argparse.SUPPRESS, help=speech("show this help message and exit")
        )

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the command line, and end."""
        self.print_usage(sys.stderr)
        problem = self.speech.of(recognised(redact(message), TEMPLATES))
        self.exit(_EXIT_MISUSED, self.speech("{program}: error: {problem}", program=self.prog, problem=problem) + "\n")


def _speaking(speech: Speech, base: type[argparse.HelpFormatter]) -> type[argparse.HelpFormatter]:
    class Formatter(base):  # type: ignore[valid-type, misc]
        def add_usage(
            self,
            usage: str | None,
            actions: Iterable[argparse.Action],
            groups: Iterable[Any],
            prefix: str | None = None,
        ) -> None:
            super().add_usage(usage, actions, groups, speech("usage: ") if prefix is None else prefix)

    return Formatter
