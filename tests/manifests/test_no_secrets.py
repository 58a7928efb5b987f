"""Nothing that other programs read holds a secret: only references to one, or a question for it."""

import re
from pathlib import Path

import pytest

from tests.manifests.conftest import ROOT

_SIGNS = {
    "a webhook": r"/rest/\d+/(?!\.\.\.|<|\$|…|\{)[^\s/\"'`]+",
    "a token": r"(?i)bearer\s+(?![$<{]|token)[\w.~+/-]{8,}",
    "a long random text": r"(?<![\w/.-])(?=[A-Za-z0-9_-]*\d)(?=[A-Za-z0-9_-]*[A-Z])(?=[A-Za-z0-9_-]*[a-z])[A-Za-z0-9_-]{32,}(?![\w-])",
    "a value for a secret": r"(?i)\"(?:BITRIX24_WEBHOOK_URL|Authorization)\":\s*\"(?!Bearer \$\{|\$\{)",
}


def published() -> list[Path]:
    found = [path for name in ("manifests", ".claude-plugin") for path in (ROOT / name).rglob("*")]
    return sorted(path for path in found if path.is_file() and path.suffix != ".pyc")


def signs(text: str) -> list[str]:
    return [name for name, pattern in _SIGNS.items() if re.search(pattern, text)]


@pytest.mark.parametrize("path", published(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_secret_is_in_it(path: Path) -> None:
    assert signs(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("https://acme.bitrix24.com/rest/7/" + "q1w2" * 4 + "/", "a webhook"),
        ('"Authorization": "Bearer ' + "x9" * 20 + '"', "a token"),
        ("token = " + "Ab1_" * 10, "a long random text"),
        ('"BITRIX24_WEBHOOK_URL": "file"', "a value for a secret"),
    ],
)
def test_one_would_be_noticed(text: str, sign: str) -> None:
    assert sign in signs(text)
