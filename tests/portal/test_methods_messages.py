"""Writing into a chat and reading its messages: what goes out, what stays inside, who may."""

from typing import Any

import pytest

from bitrix24_dialogs.portal import actions
from bitrix24_dialogs.portal.entities import Message, Status
from tests.portal.conftest import Desk

ADD = "im.message.add"
GET = "im.dialog.messages.get"
UUID = "6f1c2a34-5b6d-4e7f-8a90-1b2c3d4e5f60"
MINE = "chat2045"


def stored(desk: Desk, number: int) -> Message:
    return desk.portal.state.messages[number]


def page(desk: Desk, who: str = "operator", **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.ok(who, GET, **{"DIALOG_ID": MINE, "LAST_ID": 0, **params})["messages"]
    return found


class TestAdd:
    def test_a_message_goes_out_and_moves_the_session(self, desk: Desk) -> None:
        sent = len(desk.portal.outbox)
        number = desk.ok("operator", ADD, DIALOG_ID=MINE, MESSAGE="  Three left.\n")
        assert (stored(desk, number).text, stored(desk, number).author) == ("Three left.", 7)
        assert [message.id for message in desk.portal.outbox[sent:]] == [number]
        assert desk.session("mine").status is Status.OPERATOR

    def test_names_of_parameters_may_have_any_case(self, desk: Desk) -> None:
        assert desk.ok("operator", ADD, dialog_id="CHAT2045", message="x")
        assert desk.ok("operator", ADD, chat_id="2045", message="x")

    def test_line_ends_may_be_written_out(self, desk: Desk) -> None:
        number = desk.ok("operator", ADD, DIALOG_ID=MINE, MESSAGE="#BR#one[BR]two[br]three#BR#four #br#")
        assert stored(desk, number).text == "one\ntwo\nthree\nfour #br#"

    def test_what_is_too_long_is_cut(self, desk: Desk) -> None:
        assert len(stored(desk, desk.ok("operator", ADD, DIALOG_ID=MINE, MESSAGE="x" * 20_001)).text) == 20_000

    @pytest.mark.parametrize(
        "marks", [{"SYSTEM": "Y"}, {"SKIP_CONNECTOR": "Y"}, {"SYSTEM": "Y", "SKIP_CONNECTOR": "y"}]
    )
    def test_what_is_marked_as_internal_stays_inside(self, desk: Desk, marks: dict[str, str]) -> None:
        sent, status = len(desk.portal.outbox), desk.session("mine").status
        number = desk.ok("operator", ADD, DIALOG_ID=MINE, MESSAGE="For us", **marks)
        assert len(desk.portal.outbox) == sent
        assert desk.session("mine").status is status
        assert stored(desk, number).author == (0 if "SYSTEM" in marks else 7)
        assert stored(desk, number).hidden is ("SKIP_CONNECTOR" in marks)

    def test_an_older_portal_does_not_know_what_is_undocumented(self, desk: Desk) -> None:
        desk.portal.settings.message_flags = False
        number = desk.ok("operator", ADD, DIALOG_ID=MINE, MESSAGE="x", SKIP_CONNECTOR="Y", TEMPLATE_ID=UUID)
        assert stored(desk, number).sent
        assert stored(desk, number).uuid == ""

    @pytest.mark.parametrize("mode", ["chat", "personal"])
    def test_silent_mode_keeps_it_inside(self, desk: Desk, mode: Any) -> None:
        desk.portal.settings.silent_mode = mode
        desk.ok("operator", "imopenlines.session.mode.silent", CHAT_ID=2045, ACTIVATE="Y")
        number = desk.ok("operator", ADD, DIALOG_ID=MINE, MESSAGE="x")
        assert stored(desk, number).hidden
        assert not stored(desk, number).sent
        assert desk.chat("mine").entity_data_3 == ("Y" if mode == "chat" else "")

    def test_a_repeated_uuid_gives_the_first_number(self, desk: Desk) -> None:
        first = desk.ok("operator", ADD, DIALOG_ID=MINE, MESSAGE="x", TEMPLATE_ID=UUID)
        with desk.unchanged():
            assert desk.ok("operator", ADD, DIALOG_ID=MINE, MESSAGE="y", TEMPLATE_ID=UUID) == first
        other = desk.ok("operator", ADD, DIALOG_ID=MINE, MESSAGE="x", TEMPLATE_ID="no uuid")
        assert desk.ok("operator", ADD, DIALOG_ID=MINE, MESSAGE="x", TEMPLATE_ID="no uuid") > other > first

    def test_a_system_message_is_known_by_no_uuid(self, desk: Desk) -> None:
        first = desk.ok("operator", ADD, DIALOG_ID=MINE, MESSAGE="x", TEMPLATE_ID=UUID, SYSTEM="Y")
        assert desk.ok("operator", ADD, DIALOG_ID=MINE, MESSAGE="x", TEMPLATE_ID=UUID, SYSTEM="Y") > first

    def test_writing_into_a_closed_dialog_starts_a_session(self, desk: Desk) -> None:
        before = desk.session("closed").id
        desk.ok("operator", "imopenlines.session.join", CHAT_ID=2050)
        desk.ok("operator", ADD, DIALOG_ID="chat2050", MESSAGE="Hello again")
        assert desk.session("closed").id > before
        assert desk.session("closed").operator == 7

    def test_a_channel_that_takes_no_replies_any_more_gets_nothing(self, desk: Desk) -> None:
        sent = len(desk.portal.outbox)
        actions.block_replies(desk.portal, "mine", 60)
        assert stored(desk, desk.ok("operator", ADD, DIALOG_ID=MINE, MESSAGE="in time")).sent
        desk.portal.advance(61)
        desk.ok("operator", ADD, DIALOG_ID=MINE, MESSAGE="too late")
        assert len(desk.portal.outbox) == sent + 1
        assert "not delivered" in desk.texts("mine", 1)[0]

    def test_a_channel_that_fails_says_so_in_the_chat_only(self, desk: Desk) -> None:
        desk.portal.settings.channel = "fails"
        assert desk.ok("operator", ADD, DIALOG_ID=MINE, MESSAGE="x")
        assert desk.texts("mine", 2)[0] == "x"
        assert "not delivered" in desk.texts("mine", 1)[0]

    def test_a_number_without_chat_is_an_employee(self, desk: Desk) -> None:
        number = desk.ok("operator", ADD, DIALOG_ID="8", MESSAGE="psst")
        chat = desk.portal.state.chats[stored(desk, number).chat_id]
        assert (chat.entity_type, set(chat.members)) == ("PRIVATE", {7, 8})
        again = desk.ok("operator", ADD, DIALOG_ID=MINE, USER_ID=8, MESSAGE="psst")
        assert stored(desk, again).chat_id == chat.id
        assert [message["text"] for message in page(desk, "second", DIALOG_ID="7")] == ["psst", "psst"]

    @pytest.mark.parametrize(
        ("params", "code"),
        [
            ({}, "MESSAGE_EMPTY"),
            ({"MESSAGE": " \n"}, "MESSAGE_EMPTY"),
            ({"MESSAGE": ["x"]}, "MESSAGE_EMPTY"),
            ({"MESSAGE": "x"}, "PARAMS_ERROR"),
            ({"MESSAGE": "x", "DIALOG_ID": "chat0"}, "CHAT_ID_EMPTY"),
            ({"MESSAGE": "x", "DIALOG_ID": "chat999999"}, "CHAT_ID"),
            ({"MESSAGE": "x", "DIALOG_ID": "nobody"}, "USER_ID_EMPTY"),
            ({"MESSAGE": "x", "DIALOG_ID": "2045"}, "USER_NOT_FOUND"),
        ],
    )
    def test_refusals(self, desk: Desk, params: dict[str, Any], code: str) -> None:
        with desk.unchanged():
            assert desk.code("operator", ADD, **params) == code

    def test_who_is_no_participant_may_not_write(self, desk: Desk) -> None:
        status, body = desk.answer("operator", ADD, DIALOG_ID="chat2046", MESSAGE="x")
        assert (status, body["error"]) == (403, "ACCESS_ERROR")

    def test_a_channel_that_is_not_connected_refuses_all_but_notes(self, desk: Desk) -> None:
        desk.portal.settings.disconnected = ["whatsappbytwilio"]
        assert desk.code("operator", ADD, DIALOG_ID=MINE, MESSAGE="x") == "CANCELED"
        assert desk.ok("operator", ADD, DIALOG_ID=MINE, MESSAGE="x", SKIP_CONNECTOR="Y")
        desk.portal.settings.disconnected = []
        actions.change_line(desk.portal, 24, active=False)
        assert desk.code("operator", ADD, DIALOG_ID=MINE, MESSAGE="x") == "CANCELED"

    def test_it_needs_the_scope_im(self, desk: Desk) -> None:
        desk.portal.state.webhooks[7].scopes = ["imopenlines"]
        for method in (ADD, GET):
            status, body = desk.answer("operator", method, DIALOG_ID=MINE, MESSAGE="x")
            assert (status, body["error"]) == (403, "insufficient_scope")


class TestGet:
    def test_the_newest_come_first_with_their_marks(self, desk: Desk) -> None:
        number = desk.ok("operator", ADD, DIALOG_ID=MINE, MESSAGE="Hello", TEMPLATE_ID=UUID)
        newest = page(desk)[0]
        assert newest == {
            "id": number,
            "chat_id": 2045,
            "author_id": 7,
            "date": newest["date"],
            "text": "Hello",
            "unread": False,
            "uuid": UUID,
            "replaces": [],
            "params": {"CONNECTOR_MID": [f"whatsappbytwilio-{number}"]},
            "disappearing_date": None,
        }

    def test_what_was_hidden_is_marked_and_what_has_no_marks_has_a_list(self, desk: Desk) -> None:
        desk.ok("operator", ADD, DIALOG_ID=MINE, MESSAGE="x", SKIP_CONNECTOR="Y")
        hidden, client, *_ = page(desk)
        assert hidden["params"] == {"CLASS": "bx-messenger-content-item-system", "COMPONENT_ID": "HiddenMessage"}
        assert client["params"] == []

    def test_a_slow_channel_leaves_it_open_but_for_the_sites_own_chat(self, desk: Desk) -> None:
        desk.portal.settings.channel = "is_slow"
        desk.ok("operator", ADD, DIALOG_ID=MINE, MESSAGE="x")
        assert page(desk)[0]["params"]["SENDING"] == "Y"
        desk.ok("second", ADD, DIALOG_ID="chat2056", MESSAGE="x")
        assert "CONNECTOR_MID" in page(desk, "second", DIALOG_ID="chat2056")[0]["params"]

    def test_entities_are_read_and_mentions_get_names(self, desk: Desk) -> None:
        desk.ok("operator", ADD, DIALOG_ID=MINE, MESSAGE="&#91;b&#93; [USER=8][/USER]")
        assert page(desk)[0]["text"] == "[b] [USER=8 REPLACE]Daniel Weiss[/USER]"

    def test_authors_tell_clients_apart(self, desk: Desk) -> None:
        users = desk.ok("operator", GET, DIALOG_ID=MINE, LAST_ID=0)["users"]
        assert {user["id"]: user["connector"] for user in users} == {7: False, 505: True}

    def test_pages(self, desk: Desk) -> None:
        numbers = [message.id for message in desk.portal.messages_of(2058)]
        long = {"DIALOG_ID": "chat2058"}
        assert [message["id"] for message in page(desk, **long)] == numbers[:20]
        assert [message["id"] for message in page(desk, LIMIT=500, **long)] == numbers[:50]
        assert [message["id"] for message in page(desk, LAST_ID=numbers[4], LIMIT=3, **long)] == numbers[5:8]
        newer = desk.ok("operator", GET, FIRST_ID=numbers[4], **long)["messages"]
        assert [message["id"] for message in newer] == numbers[:4][::-1]

    def test_from_a_message_that_is_not_there_nothing_comes(self, desk: Desk) -> None:
        for number in (1, 99_999_999, next(desk.portal.messages_of(2058)).id):
            assert desk.ok("operator", GET, DIALOG_ID=MINE, LAST_ID=number)["messages"] == []
            assert desk.ok("operator", GET, DIALOG_ID=MINE, FIRST_ID=number)["messages"] == []

    def test_without_last_id_an_unread_chat_begins_elsewhere(self, desk: Desk) -> None:
        for _ in range(30):
            actions.client_writes(desk.portal, "mine", "?")
        begun = desk.ok("operator", GET, DIALOG_ID=MINE, LIMIT=10)["messages"]
        assert begun[0]["id"] < page(desk, LIMIT=10)[0]["id"]

    def test_files_come_with_signed_links(self, desk: Desk) -> None:
        files = desk.ok("operator", GET, DIALOG_ID="chat2058", LAST_ID=0)["files"]
        assert {"label.png", "screen.jpg", "user guide.pdf"} <= {file["name"] for file in files}
        assert all("token=" in file["urlDownload"] for file in files)

    def test_it_marks_nothing_as_read(self, desk: Desk) -> None:
        with desk.unchanged():
            page(desk)

    @pytest.mark.parametrize(
        ("params", "code"),
        [
            ({}, "DIALOG_ID_EMPTY"),
            ({"DIALOG_ID": "chat"}, "DIALOG_ID_EMPTY"),
            ({"DIALOG_ID": MINE, "FIRST_ID": "a"}, "FIRST_ID_STRING"),
            ({"DIALOG_ID": MINE, "LAST_ID": "-1"}, "LAST_ID_STRING"),
        ],
    )
    def test_refusals(self, desk: Desk, params: dict[str, Any], code: str) -> None:
        assert desk.code("operator", GET, **params) == code

    @pytest.mark.parametrize("dialog", ["chat2046", "chat999999", "8", "2045"])
    def test_only_participants_read(self, desk: Desk, dialog: str) -> None:
        status, body = desk.answer("operator", GET, DIALOG_ID=dialog)
        assert (status, body["error"]) == (403, "ACCESS_ERROR")
