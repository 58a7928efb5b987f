import json

import pytest

from bitrix24_dialogs.gateway import errors
from bitrix24_dialogs.gateway.errors import Executed, PortalError
from tests.gateway.harness import METHOD, calling
from tests.gateway.scripted import Behaviour, answer, cut_off, page, raw, refusal, scripted

pytestmark = pytest.mark.anyio

NO, UNKNOWN = Executed.NO, Executed.UNKNOWN

# Code, status, what it is for us, whether the method can have run, whether a read is tried again.
TABLE = [
    ("QUERY_LIMIT_EXCEEDED", 503, errors.RateLimited, NO, True),
    ("QUERY_LIMIT_EXCEEDED", 429, errors.RateLimited, NO, True),
    ("QUERY_LIMIT_EXCEEDED", 200, errors.PassingRefusal, NO, True),
    ("QUERY_LIMIT_EXCEEDED", 400, errors.PassingRefusal, NO, True),
    ("OPERATION_TIME_LIMIT", 429, errors.OperatingLimited, NO, False),
    ("OVERLOAD_LIMIT", 503, errors.Overloaded, NO, False),
    ("OVERLOAD_LIMIT", 401, errors.Overloaded, NO, False),
    ("expired_token", 401, errors.CredentialRefused, NO, False),
    ("invalid_token", 401, errors.CredentialRefused, NO, False),
    ("NO_AUTH_FOUND", 401, errors.CredentialRefused, NO, False),
    ("INVALID_CREDENTIALS", 403, errors.CredentialRefused, NO, False),
    ("INVALID_CREDENTIALS", 401, errors.CredentialRefused, NO, False),
    ("insufficient_scope", 403, errors.ScopeMissing, NO, False),
    ("insufficient_scope", 401, errors.ScopeMissing, NO, False),
    ("user_access_error", 403, errors.CredentialRefused, NO, False),
    ("authorization_error", 401, errors.CredentialRefused, NO, False),
    ("ACCESS_DENIED", 401, errors.CredentialRefused, NO, False),
    ("ACCESS_DENIED", 403, errors.CredentialRefused, NO, False),
    ("ACCESS_DENIED", 400, errors.Refused, NO, False),
    ("INVALID_REQUEST", 400, errors.NotAPortal, NO, False),
    ("INVALID_REQUEST", 401, errors.NotAPortal, NO, False),
    ("APPLICATION_NOT_FOUND", 401, errors.CredentialRefused, NO, False),
    ("NOT_INSTALLED", 401, errors.CredentialRefused, NO, False),
    ("PAYMENT_REQUIRED", 401, errors.CredentialRefused, NO, False),
    ("CONNECTION_ERROR", 401, errors.AuthorisationBusy, NO, True),
    ("CONNECTION_ERROR", 403, errors.AuthorisationBusy, NO, True),
    ("CONNECTION_ERROR", 200, errors.PassingRefusal, NO, True),
    ("WRONG_AUTH_TYPE", 403, errors.CredentialRefused, NO, False),
    ("WRONG_LICENSE", 403, errors.CredentialRefused, NO, False),
    ("allowed_only_intranet_user", 403, errors.CredentialRefused, NO, False),
    ("METHOD_CONFIRM_WAITING", 401, errors.CredentialRefused, NO, False),
    ("METHOD_CONFIRM_DENIED", 403, errors.CredentialRefused, NO, False),
    ("ERROR_METHOD_NOT_FOUND", 404, errors.Refused, NO, False),
    ("ERROR_BATCH_METHOD_NOT_ALLOWED", 405, errors.Refused, NO, False),
    ("ERROR_BATCH_LENGTH_EXCEEDED", 400, errors.Refused, NO, False),
    ("ERROR_ARGUMENT", 400, errors.Refused, NO, False),
    ("ERROR_NOT_FOUND", 404, errors.Refused, NO, False),
    ("NOT_FOUND", 400, errors.Refused, NO, False),
    ("ERROR_MANIFEST_IS_NOT_AVAILABLE", 404, errors.Refused, NO, False),
    ("ERROR_OAUTH", 401, errors.CredentialRefused, NO, False),
    ("WRONG_ENCODING", 400, errors.Refused, NO, False),
    ("ERROR_CORE", 400, errors.BadAnswer, UNKNOWN, True),
    ("ERROR_CORE", 500, errors.BadAnswer, UNKNOWN, True),
    ("INTERNAL_SERVER_ERROR", 500, errors.BadAnswer, UNKNOWN, True),
    ("ERROR_UNEXPECTED_ANSWER", 500, errors.BadAnswer, UNKNOWN, True),
    ("INTERNAL_WRONG_TRANSPORT", 500, errors.BadAnswer, UNKNOWN, True),
    ("WRONG_HANDLER_CLASS", 500, errors.BadAnswer, UNKNOWN, True),
    ("PORTAL_DELETED", 500, errors.CredentialRefused, NO, False),
    ("PORTAL_DELETED", 403, errors.CredentialRefused, NO, False),
    ("SOMETHING_NEW", 400, errors.Refused, NO, False),
    ("SOMETHING_NEW", 200, errors.Refused, NO, False),
    ("SOMETHING_NEW", 502, errors.BadAnswer, UNKNOWN, True),
]


async def read_each(*behaviours: Behaviour) -> list[PortalError]:
    """What each answer comes to, however often it is given."""
    failures = []
    async with scripted() as portal, calling(portal.port) as caller:
        for behaviour in behaviours:
            portal.requests.clear()
            portal.script = [behaviour] * 9
            failures.append(await caller.failed_read())
            assert (len(portal.requests) > 1) is failures[-1].transient
    return failures


async def read_once(behaviour: Behaviour) -> PortalError:
    (error,) = await read_each(behaviour)
    return error


@pytest.mark.parametrize(("code", "status", "kind", "executed", "again"), TABLE)
async def test_each_known_error(
    code: str, status: int, kind: type[PortalError], executed: Executed, again: bool
) -> None:
    spellings = [code, code.swapcase()]
    failures = await read_each(*(refusal(spelling, "the portal's words", status) for spelling in spellings))
    for spelling, error in zip(spellings, failures, strict=True):
        assert type(error) is kind
        assert (error.executed, error.transient, error.code) == (executed, again, spelling)
        assert spelling in str(error)
        assert error.advice
        if kind is errors.OperatingLimited:
            break  # it is remembered, and the next call is not sent


async def test_our_own_words_stand_for_known_codes_and_the_portals_for_others() -> None:
    assert "the portal's words" not in str(await read_once(refusal("NO_AUTH_FOUND", "the portal's words", 401)))
    error = await read_once(refusal("ODD_CODE", "the portal's words"))
    assert error.said == "the portal's words"
    assert error.said not in str(error)  # ours and theirs are kept apart


@pytest.mark.parametrize("code", ["query_limit_exceeded ", " Query_Limit_Exceeded\n", "\tQUERY_LIMIT_EXCEEDED"])
async def test_blanks_around_a_code_do_not_hide_it(code: str) -> None:
    assert type(await read_once(refusal(code, "", 503))) is errors.RateLimited


async def test_a_code_with_blanks_inside_is_kept() -> None:
    error = await read_once(refusal("Wrong chat  id", "no"))
    assert (type(error), error.code) == (errors.Refused, "Wrong chat id")


async def test_a_code_or_text_of_several_lines_becomes_one_line() -> None:
    error = await read_once(refusal("A\nB", "first\r\nsecond\u2028third\x85fourth"))
    assert error.code == "A B"
    assert error.said == "first second third fourth"


async def test_an_endless_code_and_text_are_cut() -> None:
    error = await read_once(refusal("X" * 64, "y" * 9000))
    assert error.code == "X" * 64
    assert error.said == "y" * 200
    assert len(str(error)) < 400
    assert (await read_once(refusal("X" * 9000, "no"))).code == ""


@pytest.mark.parametrize("code", ["Ignore all that, please", "<b>", "Ошибка", "a" * 65, "***"])
async def test_words_in_the_place_of_a_code_are_not_told(code: str) -> None:
    error = await read_once(refusal(code, "no"))
    assert (type(error), error.code) == (errors.Refused, "")


@pytest.mark.parametrize(("code", "text"), [("", ""), ("", None), ("  ", "  "), ("\n", "")])
@pytest.mark.parametrize("status", [200, 400])
async def test_a_blank_error_is_a_refusal(code: object, text: object, status: int) -> None:
    error = await read_once(refusal(code, text, status))
    assert (type(error), error.code, error.executed) == (errors.Refused, "", NO)
    assert "without saying why" in str(error)


async def test_a_blank_code_with_a_text_tells_the_text() -> None:
    error = await read_once(refusal("", "Lead is locked"))
    assert (error.what, error.said) == ("The portal refused", "Lead is locked")


async def test_a_numeric_code_is_told() -> None:
    error = await read_once(refusal(403, "no"))
    assert (type(error), error.code) == (errors.Refused, "403")


@pytest.mark.parametrize("code", [["ERROR_CORE"], {"code": 1}, 1.5, None, False, True, 0, 0.0], ids=str)
async def test_an_error_of_another_type_is_an_answer_that_cannot_be_read(code: object) -> None:
    for status in [200, 400]:
        error = await read_once(refusal(code, "no", status))
        assert (type(error), error.executed) == (errors.BadAnswer, UNKNOWN)


@pytest.mark.parametrize("text", [["a"], {"a": 1}, 7, True])
async def test_an_error_text_of_another_type_is_left_out(text: object) -> None:
    assert "without saying why" in str(await read_once(refusal("ODD_CODE", text)))


@pytest.mark.parametrize("code", ["ODD_CODE", "QUERY_LIMIT_EXCEEDED", "NO_AUTH_FOUND", "", None, False, 0], ids=str)
@pytest.mark.parametrize("result", [True, None, {}], ids=str)
async def test_an_error_beside_a_result_leaves_it_open_what_happened(code: object, result: object) -> None:
    for status in [200, 400, 503]:
        both = raw(status, json.dumps({"result": result, "error": code, "error_description": "no"}).encode())
        async with scripted(both) as portal, calling(portal.port) as caller:
            error = await caller.failed_write()
            assert (type(error), error.executed) == (errors.OutcomeUnknown, UNKNOWN)
            assert portal.methods == ["profile", METHOD]


PAGES = [
    (200, errors.BadAnswer, UNKNOWN),
    (400, errors.BadAnswer, UNKNOWN),
    (401, errors.NotAPortal, NO),
    (403, errors.NotAPortal, NO),
    (404, errors.NotAPortal, NO),
    (408, errors.BadAnswer, UNKNOWN),
    (429, errors.BadAnswer, UNKNOWN),
    (500, errors.BadAnswer, UNKNOWN),
    (502, errors.BadAnswer, UNKNOWN),
    (503, errors.BadAnswer, UNKNOWN),
    (504, errors.BadAnswer, UNKNOWN),
]


@pytest.mark.parametrize(("status", "kind", "executed"), PAGES)
async def test_a_web_page_instead_of_an_answer(status: int, kind: type[PortalError], executed: Executed) -> None:
    error = await read_once(page(status, "<html><body>An unwelcome text</body></html>"))
    assert (type(error), error.executed) == (kind, executed)
    assert f"HTTP {status}" in str(error)
    assert "unwelcome" not in str(error)


BROKEN = {
    "empty": raw(200, b""),
    "blank": raw(200, b" \n "),
    "no content": raw(204, b"", {"Content-Length": "0"}),
    "cut-off JSON": raw(200, b'{"result": {"a": '),
    "a warning before JSON": raw(200, b'<b>Warning</b>: odd in file.php{"result": true}'),
    "wrong encoding": raw(200, '{"result": "Привет"}'.encode("cp1251")),
    "UTF-16": raw(200, '{"result": true}'.encode("utf-16")),
    "nested deeply": raw(200, b'{"result": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
    "an endless number": raw(200, b'{"result": ' + b"9" * 6000 + b"}"),
    "a list": raw(200, b'[{"result": true}]'),
    "a text": raw(200, b'"result"'),
    "null": raw(200, b"null"),
    "a number": raw(200, b"1"),
    "no result": raw(200, b'{"time": {}}'),
    "an empty object": raw(200, b"{}"),
    "not the compression it says": raw(200, b'{"result": true}', {"Content-Encoding": "gzip"}),
    "not HTTP at all": raw(9999, b""),
    "fewer bytes than promised": cut_off,
}


@pytest.mark.parametrize("behaviour", BROKEN.values(), ids=BROKEN)
async def test_an_answer_that_cannot_be_read(behaviour: Behaviour) -> None:
    error = await read_once(behaviour)
    assert type(error) in {errors.BadAnswer, errors.Interrupted}
    assert error.executed is UNKNOWN


@pytest.mark.parametrize(
    "result", [True, False, None, 0, 1.5, "", "text", [], {}, {"a": [1, {"b": None}]}, "Привет 🙂"]
)
async def test_every_kind_of_result_is_a_result(result: object) -> None:
    async with scripted(answer(result)) as portal, calling(portal.port) as caller:
        assert await caller.read() == result


@pytest.mark.parametrize("status", [200, 201, 400, 500])
async def test_a_result_counts_whatever_the_status(status: int) -> None:
    async with scripted(raw(status, b'{"result": 5}')) as portal, calling(portal.port) as caller:
        assert await caller.read() == 5


ODD_TIMES = [
    None,
    [],
    "now",
    7,
    {},
    {"operating": None, "operating_reset_at": None, "finish": None},
    {"operating": "300", "operating_reset_at": "soon", "finish": []},
    {"operating": True, "operating_reset_at": False, "finish": True},
    {"operating": -1, "operating_reset_at": -1, "finish": -1},
    {"operating": 10**400, "operating_reset_at": 10**400, "finish": 10**400},
    {"operating": 1e300, "operating_reset_at": 1e300, "finish": -1e300},
    {"operating": float("inf"), "operating_reset_at": float("inf"), "finish": float("inf")},
    {"operating": float("nan"), "operating_reset_at": float("nan"), "finish": float("nan")},
    {"operating": 400, "operating_reset_at": float("nan"), "finish": 1},
]


@pytest.mark.parametrize("time", ODD_TIMES, ids=lambda time: str(time)[:40])
async def test_an_odd_time_block_harms_neither_this_call_nor_the_next(time: object) -> None:
    async with scripted(*[answer("done", time=time)] * 2) as portal, calling(portal.port) as caller:
        assert await caller.write() == "done"
        assert await caller.write() == "done"
        assert portal.methods == ["profile", METHOD, METHOD]


async def test_of_a_time_block_only_its_numbers_are_kept() -> None:
    good = {"start": 1.5, "finish": 2.5, "duration": 1.0, "processing": 0, "operating": 3, "operating_reset_at": 2e9}
    bad = {"date_start": "2026-01-01", "x" * 100_000: 1, "note": "y" * 100_000, "half": "\ud800", "more": [[1]]}
    async with scripted(answer(1, time={**bad, **good})) as portal, calling(portal.port) as caller:
        assert (await caller.gateway.read(METHOD, {}, caller.deadline())).time == good


@pytest.mark.parametrize("value", ["1", True, None, [], {}, 1e12, -1e12, 10**400, float("inf"), float("nan")], ids=str)
async def test_of_a_time_block_only_finite_bounded_numbers_are_kept(value: object) -> None:
    async with scripted(answer(1, time={"duration": value, "start": 5})) as portal, calling(portal.port) as caller:
        assert (await caller.gateway.read(METHOD, {}, caller.deadline())).time == {"start": 5}


async def test_a_missing_time_block_is_an_empty_one() -> None:
    async with scripted(answer(1), answer(2, time={"operating": 0.5})) as portal, calling(portal.port) as caller:
        assert (await caller.gateway.read(METHOD, {}, caller.deadline())).time == {}
        assert (await caller.gateway.read(METHOD, {}, caller.deadline())).time == {"operating": 0.5}


@pytest.mark.parametrize(
    ("count", "total"), [("7", 7), ("0", 0), ("-1", None), ("1e99", None), ('"7"', None), ("true", None), ("[]", None)]
)
async def test_the_length_of_a_list_is_kept_where_the_portal_counts(count: str, total: int | None) -> None:
    counted = raw(200, f'{{"result": [], "next": 50, "total": {count}}}'.encode())
    async with scripted(counted, answer([])) as portal, calling(portal.port) as caller:
        assert (await caller.gateway.read(METHOD, {}, caller.deadline())).total == total
        assert (await caller.gateway.read(METHOD, {}, caller.deadline())).total is None


async def test_a_call_is_a_post_of_json_in_utf_8() -> None:
    async with scripted() as portal, calling(portal.port) as caller:
        await caller.read(TEXT="Привет 🙂", CHAT_ID=5, FLAG=True, NOTHING=None, LIST=[1, "two"])
    (request,) = portal.requests
    assert request.verb == "POST"
    assert request.path == f"/rest/7/{caller.secret}/{METHOD}.json"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["accept"] == "application/json"
    assert request.headers["user-agent"] == "test-agent/1"
    assert request.json == {"TEXT": "Привет 🙂", "CHAT_ID": 5, "FLAG": True, "NOTHING": None, "LIST": [1, "two"]}
    assert "Привет" in request.body.decode("utf-8")


async def test_each_try_has_its_own_request_number() -> None:
    async with scripted(page(502), page(502)) as portal, calling(portal.port) as caller:
        await caller.read()
    numbers = [request.headers["x-request-id"] for request in portal.requests]
    assert len(set(numbers)) == 3


@pytest.mark.parametrize(
    "text", ["half a character \ud83d", float("nan"), float("inf"), {"deep": ["\udc00"]}], ids=repr
)
async def test_what_json_cannot_spell_is_never_sent(text: object) -> None:
    async with scripted() as portal, calling(portal.port) as caller:
        error = await caller.failed_read(MESSAGE=text)
        assert type(error) is errors.NotSent
        error = await caller.failed_write(MESSAGE=text)
        assert type(error) is errors.NotSent
    assert portal.methods == ["profile"]


async def test_a_portals_cookie_is_not_sent_back() -> None:
    body = json.dumps({"result": True}).encode()
    async with (
        scripted(raw(200, body, {"Set-Cookie": "PHPSESSID=abc; path=/"})) as portal,
        calling(portal.port) as caller,
    ):
        await caller.read()
        await caller.read()
    assert "cookie" not in portal.requests[1].headers
