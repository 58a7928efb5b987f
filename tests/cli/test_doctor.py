"""``doctor`` shows the whole picture: tools by toolset, what to grant for which, and what the settings make of it."""

import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bitrix24_dialogs.portal import Fault, Portal, default_portal, running_portal
from bitrix24_dialogs.tools import all_tools
from tests.cli.conftest import Done, Run

ALL = {"BITRIX24_TOOLSETS": "all"}


@contextmanager
def examined(
    run: Run, portal: Portal | None = None, scopes: list[str] | None = None, **settings: str
) -> Iterator[Done]:
    """What the doctor says of an operator's webhook on ``portal``; ``scopes`` are what it is granted."""
    portal = portal or default_portal()
    portal.settings.rate_limit = "off"
    if scopes is not None:
        portal.state.webhooks[portal.employees["operator"].id].scopes = scopes
    with running_portal(portal) as base:
        yield run("doctor", BITRIX24_WEBHOOK_URL=portal.webhook_url("operator", base), **settings)


def findings(done: Done, *marks: str) -> list[str]:
    """What stands behind any of these marks, all of them if none is named."""
    rows = [line.split("  ", 1) for line in done.stdout.splitlines() if line]
    return [text.strip() for mark, text in rows if not marks or mark.strip() in marks]


def test_a_healthy_server_is_told_in_a_glance(run_here: Run) -> None:
    with examined(run_here) as done:
        assert done.returncode == 0
    assert findings(done, "FAIL", "note") == []
    assert findings(done, "off") == ["reply, operators, lines, crm, people: BITRIX24_TOOLSETS switches them on"]
    assert findings(done, "ok")[4:] == [
        "dialogs: 13 of 13 will work",
        "inbox: 5 of 5 will work",
        "18 of 18 tools will work",
        "lines in reach: all (BITRIX24_LINES)",
        "changes: made without asking; the assistant's client asks as it sees fit (BITRIX24_CONFIRM=off)",
        "changes: verified by reading before and after (BITRIX24_VERIFY=on)",
        "audit: none (BITRIX24_AUDIT_FILE)",
        "phone numbers and e-mail addresses: shown (BITRIX24_MASK_CONTACTS=off)",
        "language: English (BITRIX24_LANGUAGE=en)",
    ]
    assert done.stderr == ""


def test_every_toolset_is_counted(run_here: Run) -> None:
    with examined(run_here, **ALL) as done:
        assert done.returncode == 0
    for toolset in ("dialogs", "inbox", "reply", "operators", "lines", "crm", "people"):
        number = sum(tool.toolset == toolset for tool in all_tools())
        assert f"{toolset}: {number} of {number} will work" in findings(done, "ok")
    assert findings(done, "off") == []


def test_the_scopes_to_grant_are_named_with_the_tools_that_need_them(run_here: Run) -> None:
    with examined(run_here, scopes=["imopenlines", "im"], **ALL) as done:
        assert done.returncode == 1
    user_brief = "the scope user_brief is not granted: tick it (Users, without contact data) in the webhook's settings"
    assert findings(done, "FAIL") == [
        "inbox: 4 of 5 will work",
        "crm: 0 of 2 will work",
        "people: 0 of 1 will work",
        "the scope crm is not granted: tick it (CRM) in the webhook's settings, for sessions_list, all of crm",
        f"{user_brief}, for colleague_find",
        "27 of 31 tools will work",
    ]
    past, colleague = findings(done, "note")
    assert past == "dialogs_find works in part: for a client's past sessions the scope crm (CRM) has to be granted"
    assert colleague == (
        "dialog_transfer works in part: for handing a dialog to a colleague the scope user_brief (Users, without contact"
        " data) has to be granted"
    )


def test_a_webhook_for_open_channels_alone(run_here: Run) -> None:
    with examined(run_here, scopes=["imopenlines"], **ALL) as done:
        assert done.returncode == 1
    assert [text for text in findings(done, "FAIL") if "will work" in text] == [
        "inbox: 2 of 5 will work",
        "reply: 0 of 3 will work",
        "crm: 0 of 2 will work",
        "people: 0 of 1 will work",
        "22 of 31 tools will work",
    ]
    assert (
        "whoami works in part: for counting your dialogs the scope im (Chat and notifications) has to be granted"
        in findings(done, "note")
    )


def test_a_tool_needs_the_scope_of_whatever_it_reads_first(run_here: Run) -> None:
    with examined(run_here, scopes=["im"], BITRIX24_TOOLSETS="reply") as done:
        assert done.returncode == 1
    assert findings(done, "FAIL")[0] == "reply: 0 of 3 will work"
    assert "the scope imopenlines is not granted" in findings(done, "FAIL")[1]


def test_what_toolsets_that_are_off_would_need_is_noted(run_here: Run) -> None:
    with examined(run_here, scopes=["imopenlines", "im", "crm"]) as done:
        assert done.returncode == 0
    assert findings(done, "note") == [
        "operators, people would also need the scope user_brief (Users, without contact data)"
    ]


def test_hidden_tools_are_counted_by_the_setting_that_hides_them(run_here: Run) -> None:
    with examined(run_here, BITRIX24_READ_ONLY="on", BITRIX24_EXCLUDE_TOOLS="dialog_get", **ALL) as done:
        assert done.returncode == 0
    assert "dialogs: 2 of 2 will work; 1 hidden by BITRIX24_EXCLUDE_TOOLS; 10 hidden by BITRIX24_READ_ONLY" in findings(
        done, "ok"
    )
    assert findings(done, "off") == ["operators: no tool is left; 5 hidden by BITRIX24_READ_ONLY"]
    assert findings(done, "note") == ["changes: none; reading only (BITRIX24_READ_ONLY=on)"]
    assert not [text for text in findings(done) if "BITRIX24_CONFIRM" in text or "BITRIX24_VERIFY" in text]


def test_no_tool_at_all_is_told(run_here: Run) -> None:
    with examined(run_here, BITRIX24_TOOLS="dialog_get", BITRIX24_EXCLUDE_TOOLS="dialog_get") as done:
        assert done.returncode == 0
    assert findings(done, "note") == [
        "no tool is left: the settings above switch off every one",
        "changes: none; the tools that make any are switched off",
    ]


def test_methods_that_are_not_there_are_told_once_for_all_tools(run_here: Run) -> None:
    states = {tool.name: {"isExisting": True, "isAvailable": True} for tool in all_tools()}
    states["dialog_get"] = {"isExisting": False, "isAvailable": False}
    states["session_join"] = {"isExisting": True, "isAvailable": False}
    states.pop("whoami")
    portal = default_portal()
    body = str({"result": {"result": states}}).replace("'", '"').replace("True", "true").replace("False", "false")
    portal.faults.add(Fault(method="batch", status=200, body=body))
    with examined(run_here, portal) as done:
        assert done.returncode == 1
    assert findings(done, "FAIL") == [
        "dialogs: 11 of 13 will work",
        "inbox: 4 of 5 will work",
        "whether the portal has their methods could not be checked: whoami",
        "the portal lacks their methods, since it is old or without Open Channels: dialog_get",
        "the webhook may not call their methods; create it anew with the scopes: session_join",
        "15 of 18 tools will work",
    ]


# Lines


def test_lines_are_told_by_name(run_here: Run) -> None:
    portal = default_portal()
    portal.state.lines[22].name, portal.state.lines[24].name = "Site support", "Deals"
    with examined(run_here, portal, BITRIX24_LINES="24,22", BITRIX24_REPLY_LINES="22") as done:
        assert done.returncode == 0
    assert "lines in reach: 24 Deals, 22 Site support (BITRIX24_LINES)" in findings(done, "ok")
    assert "lines that may be written to: 22 Site support (BITRIX24_REPLY_LINES)" in findings(done, "ok")


def test_lines_that_there_are_not_are_a_mistake(run_here: Run) -> None:
    portal = default_portal()
    portal.state.lines[24].active = False
    portal.state.lines[23].name, portal.state.lines[24].name = "Sales", "Deals"
    with examined(run_here, portal, BITRIX24_LINES="22,24,98", BITRIX24_REPLY_LINES="98,23") as done:
        assert done.returncode == 1
    assert findings(done, "FAIL") == [
        "lines of BITRIX24_REPLY_LINES that BITRIX24_LINES leaves out, so nothing can be written to them: 23 Sales",
        "lines of BITRIX24_LINES that do not exist: 98",
        "lines of BITRIX24_REPLY_LINES that do not exist: 98",
    ]
    assert findings(done, "note") == ["lines of BITRIX24_LINES that are switched off: 24 Deals"]


@pytest.mark.parametrize(
    ("fault", "scopes", "why"),
    [
        (None, ["im", "crm"], "the scope imopenlines is not granted"),
        ({"status": 400, "error": "UNHEARD_OF"}, None, "The portal refused"),
    ],
)
def test_that_lines_could_not_be_checked_is_told(
    run_here: Run, fault: dict[str, object] | None, scopes: list[str] | None, why: str
) -> None:
    portal = default_portal()
    if fault:
        portal.faults.add(Fault(method="imopenlines.config.list.get", count=-1, **fault))  # type: ignore[arg-type]
    with examined(run_here, portal, scopes, BITRIX24_LINES="22") as done:
        pass
    (note,) = [text for text in findings(done, "note") if "could not be checked" in text]
    assert note.startswith(f"whether these lines exist could not be checked: {why}")
    assert "do not exist" not in done.stdout


def test_lines_are_asked_for_only_where_some_are_set(run_here: Run) -> None:
    portal = default_portal()
    with examined(run_here, portal):
        pass
    assert "imopenlines.config.list.get" not in [call.method for call in portal.calls.entries]


def test_a_lines_name_cannot_write_on_the_terminal(run_here: Run) -> None:
    portal = default_portal()
    portal.state.lines[22].name = "Site\x1b[2J\nFAIL  all is lost\u202e"
    with examined(run_here, portal, BITRIX24_LINES="22") as done:
        assert findings(done, "FAIL") == []
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout


# Settings


@pytest.mark.parametrize(
    ("settings", "finding"),
    [
        ({"BITRIX24_CONFIRM": "destructive"}, "changes: a person is asked before what cannot be taken back"),
        ({"BITRIX24_CONFIRM": "writes"}, "changes: a person is asked before every one"),
        ({"BITRIX24_VERIFY": "off"}, "changes: not verified, results say so"),
        ({"BITRIX24_MASK_CONTACTS": "on"}, "phone numbers and e-mail addresses: masked"),
    ],
)
def test_what_settings_mean_is_told(run_here: Run, settings: dict[str, str], finding: str) -> None:
    ((name, value),) = settings.items()
    with examined(run_here, **settings) as done:
        assert done.returncode == 0
    assert f"{finding} ({name}={value})" in findings(done)


def test_an_audit_file_that_can_be_written_is_not_made(run_here: Run, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    with examined(run_here, BITRIX24_AUDIT_FILE=str(file)) as done:
        assert done.returncode == 0
    assert f"audit: changes are written down in {file} (BITRIX24_AUDIT_FILE)" in findings(done, "ok")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda folder: folder / "no" / "such", "its folder is not there; make it first"),
        (lambda folder: folder, "it is not an ordinary file"),
    ],
)
def test_an_audit_file_that_cannot_be_written_is_a_mistake(
    run_here: Run, tmp_path: Path, make: Callable[[Path], Path], problem: str
) -> None:
    file = make(tmp_path)
    before = list(tmp_path.iterdir())
    with examined(run_here, BITRIX24_AUDIT_FILE=str(file)) as done:
        assert done.returncode == 1
    said = f"audit: {file} cannot be written to, so no change will be made: {problem} (BITRIX24_AUDIT_FILE)"
    assert findings(done, "FAIL") == [said]
    with examined(run_here, BITRIX24_AUDIT_FILE=str(file), BITRIX24_READ_ONLY="on") as done:
        assert done.returncode == 0
    assert said in findings(done, "note")
    assert list(tmp_path.iterdir()) == before


def test_rights_to_the_audit_file_are_looked_at(run_here: Run, tmp_path: Path) -> None:
    folder, file = tmp_path / "closed", tmp_path / "closed" / "audit"
    folder.mkdir()
    file.touch()
    file.chmod(stat.S_IRUSR)
    try:
        file.open("a").close()
    except PermissionError:
        pass
    else:
        pytest.skip("this user may write everything")
    with examined(run_here, BITRIX24_AUDIT_FILE=str(file)) as done:
        assert done.returncode == 1
    assert "this user may not read and write it" in done.stdout
    file.unlink()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with examined(run_here, BITRIX24_AUDIT_FILE=str(file)) as done:
        assert done.returncode == 1
    assert "this user may not write to its folder" in done.stdout
    folder.chmod(stat.S_IRWXU)


def test_it_speaks_the_language_that_is_set(run_here: Run) -> None:
    with examined(run_here, scopes=["im"], BITRIX24_LANGUAGE="ru") as done:
        assert done.returncode == 1
    assert "язык: русский (BITRIX24_LANGUAGE=ru)" in findings(done, "ок")
    assert any("право imopenlines не выдано: отметьте «Открытые линии»" in text for text in findings(done, "ОШИБКА"))
