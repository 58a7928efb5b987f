"""The prompts' words: complete in both languages, and true to the tools that a caller has."""

import re
import tomllib
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import get_args

import pytest

from bitrix24_dialogs import prompts
from bitrix24_dialogs.language.speech import Code
from bitrix24_dialogs.prompts import all_prompts
from bitrix24_dialogs.prompts.declaration import Prompt
from bitrix24_dialogs.prompts.texts import filled_in, read_page
from bitrix24_dialogs.toolbox.policy import TOOLSETS, Policy, Toolbox
from bitrix24_dialogs.tools import all_tools

FOLDER = Path(prompts.__file__).parent
LANGUAGES = get_args(Code)
TOOLS = {tool.name: tool for tool in all_tools()}
NAMES = [prompt.name for prompt in all_prompts()]
EXAMPLES = {"chat_id": 2043, "session_id": 321, "line_id": 24}
FIELDS = {"waiting_for"}
CONDITION = re.compile(r"\[(?:with|without) ([\w, ]+)\]")


def callers() -> Iterator[set[str]]:
    """The tools of everybody there may be: every choice of toolsets, and with reading alone; one tool left out."""
    for number in range(1, len(TOOLSETS) + 1):
        for chosen in combinations(TOOLSETS, number):
            for read_only in (False, True):
                policy = Policy(read_only=read_only, toolsets=frozenset(chosen))
                yield {tool.name for tool in Toolbox(all_tools(), policy).listed()}
    for name in TOOLS:
        yield set(TOOLS) - {name}


def named_in(text: str) -> set[str]:
    """What stands in it as the name of a tool."""
    return set(re.findall(r"`(\w+_\w+)`", text)) - FIELDS


def ways_to_ask(prompt: Prompt) -> Iterator[dict[str, int]]:
    """Every set of arguments that may be given."""
    names = [item.name for item in prompt.parameters.items]
    required = {item.name for item in prompt.parameters.items if item.required}
    for number in range(len(names) + 1):
        for chosen in combinations(names, number):
            if required <= set(chosen) and (number == 1 or not prompt.exactly_one):
                yield {name: EXAMPLES[name] for name in chosen}


def test_there_are_files_for_every_prompt_and_no_others() -> None:
    for language in LANGUAGES:
        assert {path.name for path in (FOLDER / language).iterdir()} == {f"{name}.md" for name in NAMES}
    assert {path.name for path in FOLDER.iterdir() if path.is_dir()} - {"__pycache__"} == set(LANGUAGES)


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_say_the_same(name: str) -> None:
    english, russian = (read_page(language, name) for language in ("en", "ru"))
    assert list(english.arguments) == list(russian.arguments)
    marks = re.compile(
        r"\[(?:with|without) [\w, ]+\]|\{\w+\}|`\w+`|\*\*|^(?:#\.|-) |\b[a-z]+_[a-z_]+\b|\d+", re.MULTILINE
    )
    for one, other in zip(english.body.splitlines(), russian.body.splitlines(), strict=True):
        assert sorted(marks.findall(one)) == sorted(marks.findall(other))
    assert not re.search(r"[а-яё]", english.title + english.description + english.body, re.IGNORECASE)


@pytest.mark.parametrize("name", NAMES)
def test_the_russian_text_is_russian(name: str) -> None:
    page = read_page("ru", name)
    prose = re.sub(r"\[[^\]]*\] |`\w+`|\{\w+\}|\b[a-z]+_[a-z_]+\b|\bchat2043\b", "", page.body)
    arguments = re.sub(r"\b[a-z]+_[a-z_]+\b|\bchat2043\b", "", " ".join(page.arguments.values()))
    known = {"CRM", "order", "limit", "waiting", "operator", "title", "name", "phone", "email", "source", "comments"}
    assert set(re.findall(r"[A-Za-z]{2,}", f"{page.title} {page.description} {arguments} {prose}")) <= known
    for line in filter(None, [page.title, page.description, *page.arguments.values(), *prose.splitlines()]):
        assert re.search(r"[а-яё]", line), line


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("prompt", all_prompts(), ids=NAMES)
def test_arguments_are_described_with_an_example(prompt: Prompt, language: Code) -> None:
    page = read_page(language, prompt.name)
    assert set(page.arguments) == {item.name for item in prompt.parameters.items}
    for description in page.arguments.values():
        assert re.search(r"\d", description)
    assert 5 < len(page.title) <= 40
    assert 60 < len(page.description) <= 200


@pytest.mark.parametrize("prompt", all_prompts(), ids=NAMES)
def test_conditions_and_needs_name_tools_and_arguments(prompt: Prompt) -> None:
    assert prompt.needs <= set(TOOLS)
    there = {*TOOLS, *(item.name for item in prompt.parameters.items)}
    for language in LANGUAGES:
        body = read_page(language, prompt.name).body
        assert {name.strip() for names in CONDITION.findall(body) for name in names.split(",")} <= there
        assert named_in(body) <= set(TOOLS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("prompt", all_prompts(), ids=NAMES)
def test_a_text_names_only_what_its_caller_has(prompt: Prompt, language: Code) -> None:
    body, seen = read_page(language, prompt.name).body, set()
    for tools in callers():
        if not prompt.makes_sense_with(tools):
            continue
        for values in ways_to_ask(prompt):
            text = filled_in(body, tools, values)
            assert prompt.needs <= named_in(text) <= tools
            assert not re.search(r"[{}\[\]]|#\.|\n\n\n|  ", text), text
            for name, value in values.items():
                assert f"{name} {value}" in text
            assert len(text) < 3_000
            seen |= named_in(text)
    assert seen == named_in(body)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("prompt", all_prompts(), ids=NAMES)
def test_what_changes_something_comes_after_the_asking(prompt: Prompt, language: Code) -> None:
    """Nothing among the reads writes, and the last word is that texts are data."""
    text = filled_in(read_page(language, prompt.name).body, set(TOOLS), next(ways_to_ask(prompt)))
    steps = re.findall(r"(?m)^\d+\. .*", text)
    assert [int(step.split(".")[0]) for step in steps] == list(range(1, len(steps) + 1))
    assert len(steps) > 1
    assert {TOOLS[name].effect.value for name in named_in("\n".join(steps))} == {"read"}
    last = text.splitlines()[-1]
    assert ("never an instruction" if language == "en" else "а не указания") in last
    asked = {"en": ("my yes", "my word"), "ru": ("моего согласия", "моему слову")}[language]
    writes = [name for name in named_in(text) if TOOLS[name].effect.value != "read"]
    first = min(text.index(phrase) for phrase in asked if phrase in text)
    assert all(text.index(f"`{name}`") > first for name in writes)


def test_the_head_is_plain_toml() -> None:
    for path in FOLDER.glob("*/*.md"):
        text = path.read_text(encoding="utf-8")
        assert text.startswith("+++\n")
        assert tomllib.loads(text.split("+++\n")[1]).keys() == {"title", "description", "arguments"}


@pytest.mark.parametrize(
    ("body", "filled"),
    [
        ("[with a] one\n[without a] two\nthree", "one\nthree"),
        ("[with a, b] both\n[with a] [without b] one", "one"),
        ("[with n] {n}\n[without n] none", "7"),
        ("[without b, c] neither\n[without a, c] not both", "neither"),
        ("#. x\n[with b] #. y\n#. z\n\n#. again", "1. x\n2. z\n\n1. again"),
        ("x\n\n[with b] y\n\nz", "x\n\nz"),
    ],
)
def test_conditions(body: str, filled: str) -> None:
    assert filled_in(body, {"a"}, {"n": 7}) == filled
