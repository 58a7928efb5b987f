import hmac
import re
from hashlib import sha256

import pytest

from bitrix24_dialogs.callers.caller import TOKEN_PREFIX, Caller, Callers, TokenHolder, new_token, token_sha256


def holder(name: str, token: str, *, read_only: bool = False) -> TokenHolder:
    return TokenHolder(Caller(name, read_only), token_sha256(token.encode()))


def test_a_token_finds_its_caller_wherever_they_stand() -> None:
    tokens = {name: new_token() for name in ("first", "middle", "last")}
    callers = Callers([holder(name, token, read_only=name == "middle") for name, token in tokens.items()])
    for name, token in tokens.items():
        assert callers.with_token(token.encode()) == Caller(name, read_only=name == "middle")


NEARLY = {
    "empty": lambda token: "",
    "blank": lambda token: " ",
    "without its last character": lambda token: token[:-1],
    "with one more": lambda token: token + "A",
    "with a space": lambda token: token + " ",
    "with a line's end": lambda token: token + "\n",
    "in other letters": lambda token: token.swapcase(),
    "with another last character": lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
    "with another first character": lambda token: "x" + token[1:],
    "without its prefix": lambda token: token.removeprefix(TOKEN_PREFIX),
    "its hash": lambda token: token_sha256(token.encode()),
    "not ASCII": lambda token: token + "é",
    "another one": lambda token: new_token(),
}


@pytest.mark.parametrize("nearly", NEARLY.values(), ids=NEARLY)
def test_nothing_but_the_token_itself_finds_a_caller(nearly: object) -> None:
    token = new_token()
    callers = Callers([holder("anna", token), holder("eve", new_token())])
    assert callable(nearly)
    assert callers.with_token(nearly(token).encode()) is None


def test_a_right_token_takes_as_long_as_a_wrong_one(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = [new_token() for _ in range(5)]
    callers = Callers([holder(f"n{index}", token) for index, token in enumerate(tokens)])
    compared: list[tuple[str, str]] = []

    def compare(one: str, other: str) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(hmac, "compare_digest", compare)
    for token in (tokens[0], tokens[4], new_token()):
        compared.clear()
        callers.with_token(token.encode())
        assert compared == [(one.token_sha256, token_sha256(token.encode())) for one in callers.holders]


def test_bytes_that_are_no_text_find_nobody() -> None:
    assert Callers([holder("anna", new_token())]).with_token(bytes(range(256))) is None


def test_a_token_of_other_letters_than_ascii_would_work() -> None:
    assert Callers([holder("anna", "пароль")]).with_token("пароль".encode()) == Caller("anna")


def test_where_nobody_may_call_no_token_is_right() -> None:
    assert Callers([]).with_token(b"") is None
    assert Callers([]).with_token(new_token().encode()) is None


def test_callers_hold_no_token_but_its_hash() -> None:
    token = new_token()
    callers = Callers([holder("anna", token)])
    assert token not in repr(callers)
    assert sha256(token.encode()).hexdigest() in repr(callers)


def test_tokens_are_256_random_bits_that_fit_into_a_header() -> None:
    tokens = {new_token() for _ in range(200)}
    assert len(tokens) == 200
    for token in tokens:
        assert re.fullmatch(TOKEN_PREFIX + r"[A-Za-z0-9_-]{43}", token)  # 43 times 6 bits
    for position in range(len(TOKEN_PREFIX), len(TOKEN_PREFIX) + 42):  # the last one has 4 bits only
        assert len({token[position] for token in tokens}) > 20
