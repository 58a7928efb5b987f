"""The doctor's look at the lines that settings name: do they exist, and can anything be written where it should?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bitrix24_dialogs.cli.findings import Findings
from bitrix24_dialogs.dialogs.portal_values import mapping, text, whole
from bitrix24_dialogs.presenting.sanitise import one_line
from bitrix24_dialogs.settings import Settings

_LINES, _REPLY_LINES = "BITRIX24_LINES", "BITRIX24_REPLY_LINES"
_LONGEST_NAME = 40


@dataclass(frozen=True)
class Line:
    """A line as the portal has it."""

    name: str
    active: bool


def lines_asked_for(settings: Settings) -> dict[str, object]:
    """The parameters of the list of lines that ask for the lines in ``settings``."""
    numbers = sorted({*settings.lines, *settings.reply_lines})
    selection = {"select": ["ID", "LINE_NAME", "ACTIVE"], "filter": {"@ID": numbers}, "limit": 200}
    return {"PARAMS": selection}


def lines_in(answer: object) -> dict[int, Line]:
    """The lines in an answer of the list of lines, by their numbers."""
    rows = [mapping(row) for row in mapping(answer).values()]
    return {
        whole(row.get("ID")): Line(one_line(text(row.get("LINE_NAME")))[:_LONGEST_NAME], row.get("ACTIVE") == "Y")
        for row in rows
    }


def report_lines(findings: Findings, settings: Settings, there_are: Mapping[int, Line] | str) -> None:
    """Tell which lines are in reach and which may be written to.

    Arguments:
        findings: where to tell it.
        settings: what is set.
        there_are: those of the lines in it that exist; or, for people, why that could not be checked.
    """
    speech = findings.speech
    if settings.lines:
        findings.good(f"{speech('lines in reach: {lines}', lines=_named(settings.lines, there_are))} ({_LINES})")
    else:
        findings.good(f"{speech('lines in reach: all')} ({_LINES})")
    if settings.reply_lines:
        lines = _named(settings.reply_lines, there_are)
        findings.good(f"{speech('lines that may be written to: {lines}', lines=lines)} ({_REPLY_LINES})")
    outside = [number for number in settings.reply_lines if settings.lines and number not in settings.lines]
    if outside:
        findings.wrong(
            speech(
                "lines of BITRIX24_REPLY_LINES that BITRIX24_LINES leaves out, so nothing can be written to them:"
                " {lines}",
                lines=_named(outside, there_are),
            )
        )
    if isinstance(there_are, str):
        if settings.lines or settings.reply_lines:
            findings.note(speech("whether these lines exist could not be checked: {problem}", problem=there_are))
        return
    for setting, numbers in ((_LINES, settings.lines), (_REPLY_LINES, settings.reply_lines)):
        _report_of(findings, setting, numbers, there_are)


def _report_of(findings: Findings, setting: str, numbers: Iterable[int], there_are: Mapping[int, Line]) -> None:
    speech = findings.speech
    missing = [number for number in numbers if number not in there_are]
    idle = [number for number in numbers if number in there_are and not there_are[number].active]
    if missing:
        lines = _named(missing, there_are)
        findings.wrong(speech("lines of {setting} that do not exist: {lines}", setting=setting, lines=lines))
    if idle:
        lines = _named(idle, there_are)
        findings.note(speech("lines of {setting} that are switched off: {lines}", setting=setting, lines=lines))


def _named(numbers: Iterable[int], there_are: Mapping[int, Line] | str) -> str:
    lines = {} if isinstance(there_are, str) else there_are
    return ", ".join(
        f"{number} {lines[number].name}".rstrip() if number in lines else str(number) for number in numbers
    )
