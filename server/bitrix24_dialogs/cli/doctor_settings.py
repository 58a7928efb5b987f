"""The doctor's look at settings that decide how tools behave. Asks no portal, and makes no file."""

import os
from collections.abc import Mapping
from pathlib import Path

from bitrix24_dialogs.cli.findings import Findings
from bitrix24_dialogs.language.phrase import Phrase
from bitrix24_dialogs.settings import Settings
from bitrix24_dialogs.toolbox.declaration import Effect
from bitrix24_dialogs.toolbox.policy import Toolbox

_LANGUAGES: Mapping[str, Phrase] = {"en": Phrase("English"), "ru": Phrase("Russian")}
_ASKED: Mapping[str, Phrase] = {
    "off": Phrase("changes: made without asking; the assistant's client asks as it sees fit"),
    "destructive": Phrase("changes: a person is asked before what cannot be taken back"),
    "writes": Phrase("changes: a person is asked before every one"),
}


def report_settings(findings: Findings, settings: Settings, toolbox: Toolbox) -> None:
    """Tell how changes are made, what is shown, what is written down, and in which language people are spoken to."""
    speech = findings.speech
    changes = any(tool.effect is not Effect.READ for tool in toolbox.listed())
    if changes:
        findings.good(f"{speech.of(_ASKED[settings.confirm])} (BITRIX24_CONFIRM={settings.confirm})")
        _report_verification(findings, verify=settings.verify)
    elif settings.read_only:
        findings.note(speech("changes: none; reading only") + " (BITRIX24_READ_ONLY=on)")
    else:
        findings.note(speech("changes: none; the tools that make any are switched off"))
    _report_audit(findings, settings.audit_file, changes=changes)
    shown = speech("phone numbers and e-mail addresses: shown")
    masked = speech("phone numbers and e-mail addresses: masked")
    findings.good(
        f"{masked} (BITRIX24_MASK_CONTACTS=on)" if settings.mask_contacts else f"{shown} (BITRIX24_MASK_CONTACTS=off)"
    )
    language = speech("language: {language}", language=speech.of(_LANGUAGES[settings.language]))
    findings.good(f"{language} (BITRIX24_LANGUAGE={settings.language})")


def _report_verification(findings: Findings, *, verify: bool) -> None:
    speech = findings.speech
    if verify:
        findings.good(speech("changes: verified by reading before and after") + " (BITRIX24_VERIFY=on)")
    else:
        findings.note(speech("changes: not verified, results say so") + " (BITRIX24_VERIFY=off)")


def _report_audit(findings: Findings, file: Path | None, *, changes: bool) -> None:
    speech = findings.speech
    if file is None:
        findings.good(speech("audit: none") + " (BITRIX24_AUDIT_FILE)")
        return
    problem = _unwritable(file)
    if problem is None:
        findings.good(speech("audit: changes are written down in {file}", file=file) + " (BITRIX24_AUDIT_FILE)")
    else:
        tell = findings.wrong if changes else findings.note
        words = speech.of(problem)
        tell(
            speech("audit: {file} cannot be written to, so no change will be made: {problem}", file=file, problem=words)
            + " (BITRIX24_AUDIT_FILE)"
        )


def _unwritable(file: Path) -> Phrase | None:
    """Why nothing can be written to ``file`` and beside it, where its lock and its older ones stand; None if it can."""
    try:
        file = Path(os.path.realpath(file))
        if not file.parent.is_dir():
            return Phrase("its folder is not there; make it first")
        if not os.access(file.parent, os.W_OK | os.X_OK):
            return Phrase("this user may not write to its folder")
        if file.exists() and not file.is_file():
            return Phrase("it is not an ordinary file")
        if file.exists() and not os.access(file, os.R_OK | os.W_OK):
            return Phrase("this user may not read and write it")
    except OSError:
        return Phrase("its folder cannot be looked into")
    return None
