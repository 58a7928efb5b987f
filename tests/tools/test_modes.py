"""Pinning and silent mode."""

import pytest

from tests.support import case

pytestmark = pytest.mark.anyio


async def test_pinning_and_unpinning_ones_own_dialog() -> None:
    async with case() as desk:
        for activate, outcome in ((True, "pinned"), (True, "unchanged"), (False, "unpinned"), (False, "unchanged")):
            told = await desk.call("session_mode_pin", chat_id=desk.id("mine"), activate=activate)
            assert (told["outcome"], told["pinned"]) == (outcome, activate)
            assert told["changed"] is (outcome != "unchanged")
        sent = [call.params["ACTIVATE"] for call in desk.portal.calls.of("imopenlines.session.mode.pin")]
        assert sent == ["Y", "N"]


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("closed", "would open a new session"),
        ("waiting", "nobody has accepted"),
        ("colleagues", "only the dialog's operator"),
    ],
)
async def test_pinning_what_is_not_ones_own_open_dialog_is_refused(key: str, reason: str) -> None:
    async with case() as desk:
        sessions = len(desk.portal.state.sessions)
        text = await desk.refused("session_mode_pin", chat_id=desk.id(key))
        assert reason in text.lower().replace("pinning it ", "") or reason in text.lower()
        assert len(desk.portal.state.sessions) == sessions


async def test_a_pin_that_does_not_stick_is_told() -> None:
    async with case() as desk:
        desk.fault(method="imopenlines.session.mode.pin", status=200, body='{"result": true}')
        told = await desk.call("session_mode_pin", chat_id=desk.id("mine"))
        assert (told["outcome"], told["changed"], told["pinned"]) == ("unchanged", False, False)
        assert "changed nothing" in told["why"]


async def test_all_dialogs_are_pinned_and_unpinned() -> None:
    async with case() as desk:
        pinned = await desk.call("session_mode_pin_all")
        assert pinned["outcome"] == "pinned"
        assert desk.session_id("mine") in pinned["session_ids"]
        assert pinned["count"] == len(pinned["session_ids"])
        again = await desk.call("session_mode_pin_all")
        assert (again["outcome"], again["count"], again["changed"]) == ("unchanged", 0, False)
        unpinned = await desk.call("session_mode_unpin_all")
        assert set(pinned["session_ids"]) <= set(unpinned["session_ids"])


@pytest.mark.parametrize("tool", ["session_mode_pin_all", "session_mode_unpin_all"])
async def test_all_dialogs_at_once_would_leave_the_lines_in_reach(tool: str) -> None:
    async with case(lines=(1,)) as desk:
        text = await desk.refused(tool)
        assert "BITRIX24_LINES" in text
        assert "session_mode_pin" in text
        assert desk.calls == []


async def test_silent_mode_is_read_back() -> None:
    async with case() as desk:
        told = await desk.call("session_mode_silent", chat_id=desk.id("mine"), activate="on")
        assert (told["outcome"], told["changed"], told["silent"]) == ("on", True, True)
        again = await desk.call("session_mode_silent", chat_id=desk.id("mine"), activate=True)
        assert (again["outcome"], again["changed"], again["verified"]) == ("unchanged", False, True)
        off = await desk.call("session_mode_silent", chat_id=desk.id("mine"), activate=False)
        assert (off["outcome"], off["silent"]) == ("off", False)
        sent = [call.params["ACTIVATE"] for call in desk.portal.calls.of("imopenlines.session.mode.silent")]
        assert sent == ["Y", "Y", "N"]


@pytest.mark.parametrize("activate", [True, False])
async def test_personal_silent_mode_cannot_be_confirmed(activate: bool) -> None:
    async with case() as desk:
        desk.portal.settings.silent_mode = "personal"
        told = await desk.call("session_mode_silent", chat_id=desk.id("mine"), activate=activate)
        assert not told.is_error
        assert (told["outcome"], told["verified"], told["changed"]) == ("unconfirmed", False, None)
        assert "cannot be confirmed" in told["why"]


async def test_silent_mode_must_be_named() -> None:
    async with case() as desk:
        told = await desk.call("session_mode_silent", chat_id=desk.id("mine"))
        assert told.is_error
        assert "activate is required" in told.text
        assert desk.calls == []
