import os
from pathlib import Path
from typing import Any

import pytest

from bitrix24_dialogs.settings import (
    PREFIX,
    Settings,
    SettingsError,
    describe_settings,
    load_settings,
    secret_from_file,
)
from tests.gateway.harness import assert_one_line, fresh_secret


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith(PREFIX):
            monkeypatch.delenv(name)


def refused(**how: Any) -> str:
    with pytest.raises(SettingsError) as error:
        load_settings(**how)
    assert error.value.__cause__ is None
    assert error.value.__context__ is None or error.value.__suppress_context__
    message = str(error.value)
    assert_one_line(message)
    return message


def test_without_any_setting_the_defaults_hold() -> None:
    settings = load_settings()
    assert settings.webhook_url is None
    assert settings.webhook_url_file is None
    assert settings.lines == ()
    assert settings.redirect_hosts == ()
    assert settings.ca_file is None
    assert (settings.read_only, settings.mask_contacts, settings.verify, settings.demo) == (False, False, True, False)
    assert (settings.rate_limit, settings.timeout, settings.log_level) == ("standard", None, "warning")
    assert (settings.operators_file, settings.http_token_file, settings.http_allow_anonymous) == (None, None, False)
    assert (settings.http_allowed_hosts, settings.http_allowed_origins, settings.http_drain) == ((), (), 7)


GOOD = [
    *(
        (name, text, value)
        for name in ["READ_ONLY", "MASK_CONTACTS", "VERIFY", "DEMO", "HTTP_ALLOW_ANONYMOUS"]
        for text, value in [
            ("on", True),
            ("off", False),
            ("1", True),
            ("0", False),
            ("true", True),
            ("FALSE", False),
            ("Yes", True),
            ("n", False),
        ]
    ),
    ("LINES", "22", (22,)),
    ("LINES", "22,24", (22, 24)),
    ("LINES", " 22 , 24, ", (22, 24)),
    ("RATE_LIMIT", "standard", "standard"),
    ("RATE_LIMIT", " Enterprise ", "enterprise"),
    ("RATE_LIMIT", "OFF", "off"),
    ("TIMEOUT", "0.5", 0.5),
    ("TIMEOUT", "50", 50),
    ("CA_FILE", "/etc/ssl/own.pem", Path("/etc/ssl/own.pem")),
    ("WEBHOOK_URL_FILE", "/run/secrets/webhook", Path("/run/secrets/webhook")),
    ("REDIRECT_HOSTS", "new.bitrix24.com", ("new.bitrix24.com",)),
    ("REDIRECT_HOSTS", "New.Bitrix24.COM, 127.0.0.1", ("new.bitrix24.com", "127.0.0.1")),
    ("OPERATORS_FILE", "/etc/bitrix24-dialogs/operators.toml", Path("/etc/bitrix24-dialogs/operators.toml")),
    ("OPERATORS_FILE", "~/operators.toml", Path.home() / "operators.toml"),
    ("HTTP_TOKEN_FILE", "/run/secrets/token", Path("/run/secrets/token")),
    ("HTTP_ALLOWED_HOSTS", "MCP.example.com, 10.0.0.5:8443", ("mcp.example.com", "10.0.0.5:8443")),
    ("HTTP_ALLOWED_HOSTS", "[2001:DB8::1],[::1]:8000", ("[2001:db8::1]", "[::1]:8000")),
    ("HTTP_ALLOWED_ORIGINS", "https://App.example.com", ("https://app.example.com",)),
    ("HTTP_ALLOWED_ORIGINS", "http://a.test:81 , https://b.test,", ("http://a.test:81", "https://b.test")),
    ("HTTP_DRAIN", "0", 0),
    ("HTTP_DRAIN", "2.5", 2.5),
    ("HTTP_DRAIN", "300", 300),
    ("LOG_LEVEL", "debug", "debug"),
    ("LOG_LEVEL", "INFO", "info"),
    ("LOG_LEVEL", "Warning", "warning"),
    ("LOG_LEVEL", "error", "error"),
]


@pytest.mark.parametrize(("name", "text", "value"), GOOD)
def test_a_good_value_is_taken(name: str, text: str, value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFIX + name, text)
    assert getattr(load_settings(), name.lower()) == value


BAD = [
    *(
        (name, text, "on or off")
        for name in ["READ_ONLY", "MASK_CONTACTS", "VERIFY", "DEMO", "HTTP_ALLOW_ANONYMOUS"]
        for text in ["maybe", "2", "ja"]
    ),
    ("LINES", "sales", "whole numbers"),
    ("LINES", "22;24", "whole numbers"),
    ("LINES", "22, sales", "whole numbers"),
    ("LINES", "2.5", "whole numbers"),
    ("LINES", "0", "above 0"),
    ("LINES", "-4", "above 0"),
    ("LINES", "9" * 5000, ""),
    ("LINES", ",", "name at least one"),
    ("RATE_LIMIT", "fast", "'standard', 'enterprise' or 'off'"),
    ("TIMEOUT", "soon", "number of seconds"),
    ("TIMEOUT", "0", "above 0"),
    ("TIMEOUT", "-1", "above 0"),
    ("TIMEOUT", "51", "at most 50"),
    ("TIMEOUT", "nan", "number of seconds"),
    ("TIMEOUT", "inf", "number of seconds"),
    ("TIMEOUT", "-Infinity", "number of seconds"),
    ("REDIRECT_HOSTS", "https://new.bitrix24.com/", "host names"),
    ("REDIRECT_HOSTS", "new.bitrix24.com:443", "host names"),
    ("REDIRECT_HOSTS", "a.test b.test", "host names"),
    ("OPERATORS_FILE", "https://mcp.example.com/", "a file's name"),
    ("HTTP_TOKEN_FILE", "https://acme.bitrix24.com/rest/7/abc/", "a file's name"),
    ("HTTP_ALLOWED_HOSTS", "https://mcp.example.com", "without https://"),
    ("HTTP_ALLOWED_HOSTS", "mcp.example.com/mcp", "host names"),
    ("HTTP_ALLOWED_HOSTS", "*.example.com", "host names"),
    ("HTTP_ALLOWED_HOSTS", "mcp.example.com:port", "host names"),
    ("HTTP_ALLOWED_HOSTS", "2001:db8::1", "host names"),
    ("HTTP_ALLOWED_HOSTS", "a.test b.test", "host names"),
    ("HTTP_ALLOWED_HOSTS", ",", "name at least one"),
    ("HTTP_ALLOWED_ORIGINS", "app.test", "such as https://app.example.com"),
    ("HTTP_ALLOWED_ORIGINS", "https://app.example.com/", "without a path"),
    ("HTTP_ALLOWED_ORIGINS", "https://*.example.com", "origins"),
    ("HTTP_ALLOWED_ORIGINS", "null", "origins"),
    ("HTTP_ALLOWED_ORIGINS", " , ", "name at least one"),
    ("HTTP_DRAIN", "-1", "at least 0"),
    ("HTTP_DRAIN", "301", "at most 300"),
    ("HTTP_DRAIN", "soon", "number of seconds"),
    ("HTTP_DRAIN", "inf", "number of seconds"),
    ("LOG_LEVEL", "loud", "'debug', 'info'"),
]


@pytest.mark.parametrize(("name", "text", "hint"), BAD)
def test_a_bad_value_is_refused_by_name_without_repeating_it(
    name: str, text: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PREFIX + name, text)
    message = refused()
    assert message.startswith(f"{PREFIX}{name}: ")
    assert hint in message
    if len(text) > 3 and text not in {"sales", "fast"}:
        assert text not in message


def test_all_bad_values_are_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITRIX24_TIMEOUT", "soon")
    monkeypatch.setenv("BITRIX24_DEMO", "maybe")
    message = refused()
    assert "BITRIX24_TIMEOUT: " in message
    assert "BITRIX24_DEMO: " in message


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.setenv(PREFIX + name.upper(), "")
    assert load_settings() == Settings()


def test_overrides_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITRIX24_READ_ONLY", "off")
    assert load_settings(read_only=True).read_only is True


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().demo = True  # type: ignore[misc]


def test_the_webhook_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = fresh_secret()
    monkeypatch.setenv("BITRIX24_WEBHOOK_URL", f"https://acme.bitrix24.com/rest/7/{secret}/")
    settings = load_settings()
    assert settings.webhook_url is not None
    assert secret in settings.webhook_url.get_secret_value()
    for printed in [
        repr(settings),
        str(settings),
        str(settings.model_dump()),
        settings.model_dump_json(),
        str(vars(settings)),
    ]:
        assert secret not in printed


# --env-file


def write(folder: Path, content: bytes | str) -> Path:
    file = folder / "settings.env"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def test_an_env_file_is_read(tmp_path: Path) -> None:
    file = write(tmp_path, 'BITRIX24_DEMO=on\n# a remark\n\nexport BITRIX24_TIMEOUT="12"\r\nBITRIX24_LINES=22,24')
    settings = load_settings(file)
    assert (settings.demo, settings.timeout, settings.lines) == (True, 12, (22, 24))


def test_an_env_file_may_begin_with_a_mark_of_windows(tmp_path: Path) -> None:
    assert load_settings(write(tmp_path, b"\xef\xbb\xbfBITRIX24_DEMO=on\r\n")).demo is True


def test_keys_of_others_in_an_env_file_are_ignored(tmp_path: Path) -> None:
    file = write(tmp_path, "DATABASE_URL=x\nBITRIX24_UNHEARD_OF=1\nDEMO=on\nBITRIX24_READ_ONLY=on\n")
    settings = load_settings(file)
    assert settings.read_only is True
    assert settings.demo is False


def test_the_environment_wins_over_an_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITRIX24_TIMEOUT", "9")
    assert load_settings(write(tmp_path, "BITRIX24_TIMEOUT=12\nBITRIX24_DEMO=on\n")) == load_settings(
        None, timeout=9, demo=True
    )


def test_an_override_wins_over_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITRIX24_TIMEOUT", "9")
    assert load_settings(write(tmp_path, "BITRIX24_TIMEOUT=12\n"), timeout=5).timeout == 5


def test_an_env_file_nearby_is_not_read_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("BITRIX24_DEMO=on\n")
    monkeypatch.chdir(tmp_path)
    assert load_settings().demo is False


def test_an_env_file_leaves_the_environment_alone(tmp_path: Path) -> None:
    load_settings(write(tmp_path, "BITRIX24_DEMO=on\n"))
    assert "BITRIX24_DEMO" not in os.environ


def test_a_missing_env_file_is_refused(tmp_path: Path) -> None:
    message = refused(env_file=tmp_path / "no.env")
    assert message.startswith("--env-file")
    assert "No such file" in message


def test_a_folder_as_env_file_is_refused(tmp_path: Path) -> None:
    assert "directory" in refused(env_file=tmp_path)


def test_an_env_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    assert "not UTF-8 text" in refused(env_file=write(tmp_path, "BITRIX24_LINES=продажи".encode("cp1251")))


def test_a_broken_line_of_an_env_file_is_told_by_number_only(tmp_path: Path) -> None:
    secret = fresh_secret()
    message = refused(env_file=write(tmp_path, f"BITRIX24_DEMO=on\n\n'{secret} =\nBITRIX24_TIMEOUT=5\n"))
    assert "line 3: expected KEY=value" in message
    assert secret not in message


def test_a_bad_value_in_an_env_file_is_refused_like_one_in_the_environment(tmp_path: Path) -> None:
    assert refused(env_file=write(tmp_path, "BITRIX24_DEMO=perhaps\n")) == "BITRIX24_DEMO: use on or off"


# Files that hold a secret


@pytest.mark.parametrize("content", ["{}", "{}\n", "  {}\r\n\r\n", "\ufeff{}\n"])
def test_a_secrets_file_is_read_without_what_surrounds_it(content: str, tmp_path: Path) -> None:
    secret = fresh_secret()
    assert secret_from_file(write(tmp_path, content.format(secret)), "BITRIX24_WEBHOOK_URL_FILE") == secret


@pytest.mark.parametrize(
    "content", [b"", b" \r\n", b"\xff\xfe\x00", None], ids=["empty", "blank", "not UTF-8", "missing"]
)
def test_a_secrets_file_that_holds_none_is_refused_by_the_settings_name(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "missing" if content is None else write(tmp_path, content)
    with pytest.raises(SettingsError) as error:
        secret_from_file(file, "BITRIX24_WEBHOOK_URL_FILE")
    assert_one_line(str(error.value))
    assert str(error.value).startswith("BITRIX24_WEBHOOK_URL_FILE: ")


def test_a_folder_as_secrets_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        secret_from_file(tmp_path, "BITRIX24_WEBHOOK_URL_FILE")


def test_a_webhook_in_the_place_of_a_file_name_is_not_repeated() -> None:
    secret = fresh_secret()
    with pytest.raises(SettingsError) as error:
        secret_from_file(Path(f"https://acme.bitrix24.com/rest/7/{secret}/"), "BITRIX24_WEBHOOK_URL_FILE")
    assert secret not in str(error.value)


# The README's table


def test_every_setting_is_described_once_and_in_order() -> None:
    described = describe_settings()
    assert [name for name, _, _ in described] == [PREFIX + name.upper() for name in Settings.model_fields]
    for name, _, description in described:
        assert description.strip(), name
        assert "\n" not in description


def test_defaults_are_written_as_they_would_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, default, _ in describe_settings():
        monkeypatch.setenv(name, default)
    assert load_settings() == Settings()
    defaults = {name: default for name, default, _ in describe_settings()}
    assert defaults["BITRIX24_VERIFY"] == "on"
    assert defaults["BITRIX24_DEMO"] == "off"
    assert defaults["BITRIX24_TIMEOUT"] == ""
    assert defaults["BITRIX24_RATE_LIMIT"] == "standard"
    assert defaults["BITRIX24_HTTP_DRAIN"] == "7"
    assert defaults["BITRIX24_LINES"] == defaults["BITRIX24_CA_FILE"] == ""
