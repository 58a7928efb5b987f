"""Behaviour 10, row by row; the expectations are written by hand."""

import pickle
from typing import Any

import pytest

from bitrix24_dialogs.portal import Portal
from bitrix24_dialogs.portal.entities import Status
from tests.portal.conftest import Desk

START = "imopenlines.session.start"
FORK = "imopenlines.message.session.start"
JOIN = "imopenlines.session.join"
INTERCEPT = "imopenlines.session.intercept"
PIN = "imopenlines.session.mode.pin"
SILENT = "imopenlines.session.mode.silent"
LEAD = "imopenlines.crm.lead.create"

COLUMNS: dict[str, tuple[str, dict[str, Any]]] = {
    "start": (START, {}),
    "fork": (FORK, {"MESSAGE_ID": 1}),
    "join": (JOIN, {}),
    "intercept": (INTERCEPT, {}),
    "pin": (PIN, {"ACTIVATE": "Y"}),
    "unpin": (PIN, {"ACTIVATE": "N"}),
    "silent": (SILENT, {"ACTIVATE": "Y"}),
    "lead": (LEAD, {}),
}


def row(*codes: str) -> dict[str, str]:
    return dict(zip(COLUMNS, codes, strict=True))


EMPTY = row("CHAT_ID", "CHAT_ID", "CHAT_ID", "CHAT_ID_EMPTY", "CHAT_ID_EMPTY", "CHAT_ID_EMPTY", "CHAT_ID", "CHAT_ID")
ODD = row("CHAT_ID", "CHAT_ID", "CHAT_ID", "CHAT_ID_EMPTY", "CHAT_ID", "CHAT_ID", "CHAT_ID", "CHAT_ID")
UNKNOWN = row("CHAT_ID", "CHAT_ID", "CHAT_ID", "OPERATOR_WRONG", "CHAT_ID", "CHAT_ID", "CHAT_ID", "CHAT_ID")
TYPE = row("CHAT_TYPE", "CHAT_TYPE", "CHAT_TYPE", "OPERATOR_WRONG", "CHAT_TYPE", "CHAT_TYPE", "CHAT_TYPE", "CHAT_TYPE")
DENIED = row(
    "ACCESS_DENIED",
    "ACCESS_DENIED",
    "ACCESS_DENIED",
    "OPERATOR_WRONG",
    "ACCESS_DENIED",
    "ACCESS_DENIED",
    "ACCESS_DENIED",
    "ACCESS_DENIED",
)

REFUSALS = [
    ("missing", "operator", None, EMPTY),
    ("zero", "operator", 0, EMPTY),
    ("zero text", "operator", "0", EMPTY),
    ("blank", "operator", "", EMPTY),
    ("false", "operator", False, EMPTY),
    ("empty array", "operator", [], EMPTY),
    ("negative", "operator", -5, ODD),
    ("with prefix", "operator", "chat2043", ODD),
    ("unknown", "operator", 999_999, UNKNOWN),
    ("array is one", "operator", [2043], UNKNOWN),
    ("true is one", "operator", True, UNKNOWN),
    ("own ordinary chat", "operator", 2059, TYPE),
    ("foreign ordinary chat", "administrator", 2059, TYPE),
    ("client-side chat", "operator", 2060, TYPE),
    ("no access", "outsider", 2045, DENIED),
    ("no access, in CRM", "outsider", 2053, DENIED),
]


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize(("who", "chat_id", "expected"), [case[1:] for case in REFUSALS], ids=[c[0] for c in REFUSALS])
def test_refusals(desk: Desk, column: str, who: str, chat_id: object, expected: dict[str, str]) -> None:
    method, params = COLUMNS[column]
    given = params if chat_id is None else {"CHAT_ID": chat_id, **params}
    with desk.unchanged():
        assert desk.code(who, method, **given) == expected[column]


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("written", ["2044", "2044abc", "  2044", 2044.7, "2044.9"])
def test_number_as_text(desk: Desk, column: str, written: object) -> None:
    method, params = COLUMNS[column]
    other = Desk(_copy(desk.portal))
    assert desk.outcome("second", method, CHAT_ID=written, **params) == other.outcome(
        "second", method, CHAT_ID=2044, **params
    )
    assert desk.portal.state == other.portal.state


def _copy(portal: Portal) -> Portal:
    copy: Portal = pickle.loads(pickle.dumps(portal))  # noqa: S301 -- written here
    return copy


class TestClosed:
    """The last session is closed."""

    def test_start(self, desk: Desk) -> None:
        desk.ok("second", START, CHAT_ID=2050)
        session, chat = desk.session("closed"), desk.chat("closed")
        assert (session.status, session.mode, session.operator, chat.owner) == (Status.ANSWER, "output", 8, 8)
        assert desk.texts("closed", 2)[1] == "[USER=8][/USER] picked conversation"
        assert str(session.id) in desk.texts("closed", 2)[0]
        assert 8 in chat.members
        assert chat.entity_data_1.split("|")[5] == str(session.id)

    def test_fork(self, desk: Desk) -> None:
        before = len(desk.portal.sessions_of(2050))
        desk.ok("second", FORK, CHAT_ID=2050, MESSAGE_ID=desk.portal.last_message_id(2050))
        incoming, forked = desk.portal.sessions_of(2050)[before:]
        assert (incoming.mode, incoming.status, incoming.closed) == ("input", Status.CLOSE, True)
        assert (forked.mode, forked.operator, forked.parent) == ("output", 8, incoming.id)

    def test_fork_without_message(self, desk: Desk) -> None:
        desk.ok("second", FORK, CHAT_ID=2050, MESSAGE_ID=1)
        session = desk.session("closed")
        assert (session.mode, session.closed, session.operator) == ("input", False, 0)

    def test_join(self, desk: Desk) -> None:
        desk.ok("second", JOIN, CHAT_ID=2050)
        assert 8 in desk.chat("closed").members
        assert desk.texts("closed", 1) == ["[USER=8][/USER] has joined the chat."]
        assert desk.session("closed").closed

    @pytest.mark.parametrize("column", ["intercept", "unpin"])
    def test_nothing(self, desk: Desk, column: str) -> None:
        method, params = COLUMNS[column]
        with desk.unchanged():
            desk.ok("operator", method, CHAT_ID=2050, **params)

    def test_pin_starts_a_session_in_vain(self, desk: Desk) -> None:
        assert desk.code("operator", PIN, CHAT_ID=2050) == ""
        session = desk.session("closed")
        assert (session.mode, session.closed, session.pinned) == ("input", False, False)

    def test_pin_when_the_queue_picks_the_caller(self, desk: Desk) -> None:
        desk.ok("operator", PIN, CHAT_ID=2051)
        session = desk.session("closed_history")
        assert (session.mode, session.operator, session.pinned) == ("input", 7, True)

    def test_silent(self, desk: Desk) -> None:
        desk.ok("operator", SILENT, CHAT_ID=2050, ACTIVATE="Y")
        assert desk.chat("closed").entity_data_3 == "Y"

    def test_silent_off_after_closing_counts_as_a_change(self, desk: Desk) -> None:
        desk.ok("operator", SILENT, CHAT_ID=2050, ACTIVATE="N")
        assert desk.chat("closed").entity_data_3 == ""
        assert desk.texts("closed", 1)[0].startswith("[b]Whisper mode is off.[/b]\n")
        with desk.unchanged():
            desk.ok("operator", SILENT, CHAT_ID=2050, ACTIVATE="N")

    def test_lead_of_a_saved_dialog(self, desk: Desk) -> None:
        with desk.unchanged():
            desk.ok("operator", LEAD, CHAT_ID=2051)

    def test_lead_starts_a_session_in_vain(self, desk: Desk) -> None:
        assert desk.code("operator", LEAD, CHAT_ID=2050) == "ERROR_USER_NOT_OPERATOR"
        assert not desk.session("closed").closed


class TestWaitingForAnother:
    """Waiting in the queue, owner 0, another operator; the caller is `second`, the dialog `waiting`."""

    def test_start_only_joins(self, desk: Desk) -> None:
        desk.ok("second", START, CHAT_ID=2043)
        assert (desk.session("waiting").operator, desk.chat("waiting").owner) == (7, 0)
        assert desk.session("waiting").status is Status.NEW
        assert desk.texts("waiting", 1) == ["[USER=8][/USER] has joined the chat."]

    def test_fork_takes_over(self, desk: Desk) -> None:
        desk.ok("second", FORK, CHAT_ID=2043, MESSAGE_ID=desk.portal.last_message_id(2043))
        assert (desk.session("waiting").operator, desk.chat("waiting").owner) == (8, 8)
        assert "[USER=8][/USER] picked conversation" in desk.texts("waiting", 2)
        assert 7 not in desk.chat("waiting").members

    def test_join(self, desk: Desk) -> None:
        desk.ok("second", JOIN, CHAT_ID=2043)
        assert 8 in desk.chat("waiting").members

    @pytest.mark.parametrize("column", ["intercept", "unpin"])
    def test_nothing(self, desk: Desk, column: str) -> None:
        method, params = COLUMNS[column]
        with desk.unchanged():
            desk.ok("second", method, CHAT_ID=2043, **params)

    def test_pin(self, desk: Desk) -> None:
        with desk.unchanged():
            assert desk.code("second", PIN, CHAT_ID=2043) == ""

    def test_silent(self, desk: Desk) -> None:
        desk.ok("second", SILENT, CHAT_ID=2043, ACTIVATE="Y")
        assert desk.chat("waiting").entity_data_3 == "Y"

    def test_lead(self, desk: Desk) -> None:
        desk.portal.update_flags(desk.chat("waiting"), in_crm=False)
        with desk.unchanged():
            assert desk.code("second", LEAD, CHAT_ID=2043) == "ERROR_USER_NOT_OPERATOR"


class TestWaitingForAll:
    """Waiting with operator 0."""

    def test_start_accepts(self, desk: Desk) -> None:
        desk.ok("second", START, CHAT_ID=2044)
        session, chat = desk.session("waiting_all"), desk.chat("waiting_all")
        assert (session.operator, session.status, chat.owner, chat.pending) == (8, Status.ANSWER, 8, [])
        assert desk.texts("waiting_all", 1) == ["[USER=8][/USER] picked conversation"]

    def test_fork(self, desk: Desk) -> None:
        desk.ok("second", FORK, CHAT_ID=2044, MESSAGE_ID=desk.portal.last_message_id(2044))
        assert desk.chat("waiting_all").owner == 8
        assert [s.status for s in desk.portal.sessions_of(2044)] == [Status.CLOSE, Status.ANSWER]

    def test_join(self, desk: Desk) -> None:
        desk.ok("second", JOIN, CHAT_ID=2044)
        assert desk.session("waiting_all").operator == 0
        assert 8 in desk.chat("waiting_all").members

    @pytest.mark.parametrize(
        ("column", "outcome"),
        [("intercept", True), ("pin", ""), ("unpin", True), ("lead", "ERROR_USER_NOT_OPERATOR")],
    )
    def test_nothing(self, desk: Desk, column: str, outcome: object) -> None:
        method, params = COLUMNS[column]
        with desk.unchanged():
            assert desk.outcome("second", method, CHAT_ID=2044, **params) == outcome

    def test_silent(self, desk: Desk) -> None:
        desk.ok("second", SILENT, CHAT_ID=2044, ACTIVATE="Y")
        assert desk.chat("waiting_all").entity_data_3 == "Y"


class TestAcceptedByAnother:
    """The caller is `operator`, the dialog `colleagues`."""

    def test_start_only_joins(self, desk: Desk) -> None:
        desk.ok("operator", START, CHAT_ID=2046)
        assert (desk.session("colleagues").operator, desk.chat("colleagues").owner) == (8, 8)
        assert desk.texts("colleagues", 1) == ["[USER=7][/USER] has joined the chat."]

    def test_fork_takes_over(self, desk: Desk) -> None:
        old = desk.session("colleagues")
        desk.ok("operator", FORK, CHAT_ID=2046, MESSAGE_ID=desk.portal.last_message_id(2046))
        new, chat = desk.session("colleagues"), desk.chat("colleagues")
        assert (old.status, old.closed, new.parent, new.operator, chat.owner) == (60, True, old.id, 7, 7)
        assert set(chat.members) & {7, 8} == {7}
        closing, closed, started, copy = desk.texts("colleagues", 4)
        assert closing == "[USER=7][/USER] closed the current conversation and started a new one"
        assert closed == "Conversation closed."
        assert started == (
            f"New conversation #[URL=/online/?IM_HISTORY=imol|{new.id}]{new.id}[/URL] started "
            f"(forked from #[URL=/online/?IM_HISTORY=imol|{old.id}]{old.id}[/URL])"
        )
        assert copy == "In Settings, under Users."

    def test_intercept(self, desk: Desk) -> None:
        desk.ok("operator", INTERCEPT, CHAT_ID=2046)
        session, chat = desk.session("colleagues"), desk.chat("colleagues")
        assert (session.operator, chat.owner, session.status) == (7, 7, Status.OPERATOR)
        assert set(chat.members) & {7, 8} == {7}
        assert desk.texts("colleagues", 1) == ["[USER=7][/USER] took conversation from  [USER=8][/USER]"]

    def test_pin(self, desk: Desk) -> None:
        with desk.unchanged():
            assert desk.code("operator", PIN, CHAT_ID=2046) == ""

    def test_unpin_unpinned(self, desk: Desk) -> None:
        with desk.unchanged():
            desk.ok("operator", PIN, CHAT_ID=2046, ACTIVATE="N")

    def test_unpin_pinned(self, desk: Desk) -> None:
        with desk.unchanged():
            assert desk.code("second", PIN, CHAT_ID=2047, ACTIVATE="N") == ""

    def test_lead(self, desk: Desk) -> None:
        with desk.unchanged():
            assert desk.code("operator", LEAD, CHAT_ID=2046) == "ERROR_USER_NOT_OPERATOR"


class TestOwn:
    """The caller is the operator."""

    @pytest.mark.parametrize("column", ["start", "join", "intercept", "unpin"])
    def test_nothing(self, desk: Desk, column: str) -> None:
        method, params = COLUMNS[column]
        with desk.unchanged():
            desk.ok("operator", method, CHAT_ID=2045, **params)

    def test_fork_again_and_again(self, desk: Desk) -> None:
        message = desk.portal.last_message_id(2045)
        for _ in range(2):
            desk.ok("operator", FORK, CHAT_ID=2045, MESSAGE_ID=message)
        assert [s.closed for s in desk.portal.sessions_of(2045)] == [True, True, False]

    def test_pin_and_unpin(self, desk: Desk) -> None:
        desk.ok("operator", PIN, CHAT_ID=2045)
        assert desk.session("mine").pinned
        assert desk.chat("mine").entity_data_1.split("|")[3] == "Y"
        assert desk.texts("mine", 1)[0].endswith("auto close date moved to [b]23 March[/b]")
        desk.ok("operator", PIN, CHAT_ID=2045, ACTIVATE="N")
        assert not desk.session("mine").pinned
        assert desk.texts("mine", 1)[0].startswith("The conversation is unassigned from agent")

    def test_lead(self, desk: Desk) -> None:
        desk.ok("operator", LEAD, CHAT_ID=2045)
        chat = desk.chat("mine")
        lead = desk.portal.state.crm_items[-1]
        assert chat.entity_data_1.startswith(f"Y|LEAD|{lead.id}|N|N|")
        assert chat.entity_data_2 == f"LEAD|{lead.id}|COMPANY|0|CONTACT|0|DEAL|0"
        assert desk.texts("mine", 1) == ["[b]A new lead was created[/b]"]
        assert desk.session("mine").crm

    @pytest.mark.parametrize("column", ["start", "join", "intercept", "pin", "unpin", "silent", "lead"])
    def test_second_identical_call(self, desk: Desk, column: str) -> None:
        method, params = COLUMNS[column]
        desk.ok("operator", method, CHAT_ID=2045, **params)
        with desk.unchanged():
            desk.ok("operator", method, CHAT_ID=2045, **params)


@pytest.mark.parametrize("message", [None, 1, 999_999, "abc", 85541])
def test_fork_of_no_message(desk: Desk, message: object) -> None:
    with desk.unchanged():
        desk.ok("operator", FORK, CHAT_ID=2045, MESSAGE_ID=message)


@pytest.mark.parametrize("value", [True, "y", 1, False, "n", 0, "", "Y", None, ["N"]])
def test_anything_but_n_pins(desk: Desk, value: object) -> None:
    desk.ok("operator", PIN, CHAT_ID=2045, ACTIVATE=value)
    assert desk.session("mine").pinned


@pytest.mark.parametrize("value", [True, "y", 1, False, "n", 0, "", "N", None, ["Y"]])
def test_anything_but_y_switches_silent_mode_off(desk: Desk, value: object) -> None:
    desk.ok("operator", SILENT, CHAT_ID=2048, ACTIVATE=value)
    assert desk.chat("silent").entity_data_3 == ""
