"""In which language a command speaks is known before anything else is."""

from pathlib import Path

import pytest

from bitrix24_dialogs.cli.speaking import language_of
from tests.cli.conftest import Run

RU = "BITRIX24_LANGUAGE"


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    file = tmp_path / "settings.env"
    file.write_text(f"# ours\nexport {RU}='ru'\n", encoding="utf-8-sig")
    return file


@pytest.mark.parametrize("value", ["ru", "RU", " ru "])
def test_the_environment_says_it(run_here: Run, value: str) -> None:
    assert run_here("--help", **{RU: value}).stdout.startswith("использование: bitrix24-dialogs-mcp")
    assert "Посмотреть диалог" in run_here("tools", **{RU: value}).stdout


def test_the_env_file_says_it_wherever_it_is_named(run_here: Run, env_file: Path) -> None:
    for arguments in (
        ["--env-file", str(env_file), "tools", "--help"],
        ["tools", f"--env-file={env_file}", "--help"],
        ["tools", "--help", "--env-file", str(env_file)],
        ["tools", "--env-fi", str(env_file), "--help"],
    ):
        assert run_here(*arguments).stdout.startswith("использование: ")
    assert "неизвестные аргументы: now" in run_here("tools", "now", "--env-file", str(env_file)).stderr


def test_the_environment_wins(run_here: Run, env_file: Path) -> None:
    assert run_here("--env-file", str(env_file), "--help", **{RU: "en"}).stdout.startswith("usage: ")
    assert run_here("--env-file", str(env_file), "--help", **{RU: ""}).stdout.startswith("использование: ")


@pytest.mark.parametrize("value", ["de", "?", "русский"])
def test_a_language_that_there_is_not_is_told_in_english(run_here: Run, value: str) -> None:
    done = run_here("tools", **{RU: value})
    assert done.returncode == 2
    assert done.stderr == "bitrix24-dialogs-mcp: BITRIX24_LANGUAGE: use 'en' or 'ru'\n"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"what is this\n", b"BITRIX24_LANGUAGE\n", None])
def test_an_env_file_that_says_nothing_leaves_english(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "settings.env"
    if content is not None:
        file.write_bytes(content)
    assert language_of({}, ["--env-file", str(file), "tools"]) == "en"
    assert language_of({}, ["tools", "--env-file"]) == "en"


def test_a_broken_line_before_it_does_not_hide_it(tmp_path: Path) -> None:
    file = tmp_path / "settings.env"
    file.write_text(f"what is this\n{RU}=ru\n")
    assert language_of({}, ["--env-file", str(file)]) == "ru"


def test_errors_are_said_in_it_and_machines_read_what_they_always_read(run_here: Run, env_file: Path) -> None:
    done = run_here("doctor", **{RU: "ru"})
    assert done.stderr.startswith("bitrix24-dialogs-mcp: Вебхук не задан. Укажите в BITRIX24_WEBHOOK_URL")
    assert run_here("tools", "--json", **{RU: "ru"}).stdout == run_here("tools", "--json").stdout
    russian, english = (run_here("config", "cursor", **{RU: code}) for code in ("ru", "en"))
    assert russian.stdout.replace('"ru"', '"en"') == english.stdout
    assert russian.stderr.startswith("Вставьте в ")
