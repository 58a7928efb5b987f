"""Every tool's declaration keeps the house rules: closed, flat, described, small."""

import json
import re

import pytest

from bitrix24_dialogs.handlers.instructions import instructions
from bitrix24_dialogs.handlers.tools import published
from bitrix24_dialogs.toolbox.declaration import AnyTool, Effect, tool
from bitrix24_dialogs.toolbox.policy import DEFAULT_TOOLSETS, TOOLSETS, Policy, Toolbox
from bitrix24_dialogs.tools import all_tools

TOOLS = {declared.name: declared for declared in all_tools()}
NAMES = list(TOOLS)
DIALOGS = [
    "session_open",
    "dialog_get",
    "session_history_get",
    "session_start",
    "message_session_start",
    "session_join",
    "session_intercept",
    "session_mode_pin",
    "session_mode_pin_all",
    "session_mode_unpin_all",
    "session_mode_silent",
    "session_head_vote",
    "crm_lead_create",
]


def wire(declared: AnyTool) -> dict[str, object]:
    shown: dict[str, object] = published(declared).model_dump(by_alias=True, exclude_none=True, mode="json")
    return shown


def test_all_thirteen_methods_have_their_tool() -> None:
    dialogs = [declared for declared in TOOLS.values() if declared.toolset == "dialogs"]
    assert [declared.name for declared in dialogs] == NAMES[:13] == DIALOGS
    assert len({declared.method for declared in dialogs}) == 13


@pytest.mark.parametrize("name", NAMES)
def test_inputs_are_flat_closed_and_described(name: str) -> None:
    schema = TOOLS[name].parameters.input_schema()
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    for prop in schema["properties"].values():
        assert prop["type"] in {"integer", "string", "boolean"}
        assert len(prop["description"]) > 20
        assert prop.keys() <= {"type", "description", "enum", "minimum", "maximum", "maxLength"}
    assert schema.keys() <= {"type", "properties", "additionalProperties", "required"}


@pytest.mark.parametrize("name", NAMES)
def test_outputs_name_every_field(name: str) -> None:
    def walk(schema: dict[str, object]) -> None:
        if schema["type"] == "object":
            properties = schema["properties"]
            assert isinstance(properties, dict)
            assert properties
            for prop in properties.values():
                walk(prop)
        if schema["type"] == "array":
            assert isinstance(schema["items"], dict)
            walk(schema["items"])

    output = wire(TOOLS[name])["outputSchema"]
    assert isinstance(output, dict)
    walk(output)


@pytest.mark.parametrize("name", NAMES)
def test_annotations_come_from_the_declaration(name: str) -> None:
    declared = TOOLS[name]
    assert declared.toolset in TOOLSETS
    assert wire(declared)["annotations"] == {
        "readOnlyHint": declared.effect is Effect.READ,
        "destructiveHint": declared.effect is Effect.DESTRUCTIVE,
        "idempotentHint": declared.idempotent,
        "openWorldHint": True,
    }


@pytest.mark.parametrize("name", DIALOGS)
def test_annotations_say_what_the_tool_does(name: str) -> None:
    declared = TOOLS[name]
    annotations = wire(declared)["annotations"]
    assert annotations == {
        "readOnlyHint": name in {"session_open", "dialog_get", "session_history_get"},
        "destructiveHint": name in {"message_session_start", "session_intercept", "session_head_vote"},
        "idempotentHint": name != "message_session_start",
        "openWorldHint": True,
    }


@pytest.mark.parametrize("name", NAMES)
def test_texts_name_only_tools_that_exist(name: str) -> None:
    declared = TOOLS[name]
    words = declared.description + declared.settled_by + json.dumps(declared.parameters.input_schema())
    mentioned = set(re.findall(r"\b(?:session|dialog|message|crm)_[a-z_]+\b", words)) - set(
        declared.parameters.input_schema()["properties"]
    )
    assert mentioned - {"chat_id", "dialog_id", "session_id", "message_id"} <= set(NAMES)


def test_the_default_list_is_small() -> None:
    shown = [wire(declared) for declared in TOOLS.values() if declared.toolset in DEFAULT_TOOLSETS]
    for_the_model = [{key: value for key, value in item.items() if key != "outputSchema"} for item in shown]
    assert len(shown) <= 20
    assert len(json.dumps(for_the_model, separators=(",", ":"))) / 4 <= 6_000
    assert len(json.dumps(shown, separators=(",", ":"), ensure_ascii=False).encode()) <= 32_000
    assert len(instructions(Toolbox(all_tools(), Policy()))) / 4 <= 350


def test_a_tool_that_writes_must_say_which_read_settles_it() -> None:
    with pytest.raises(ValueError, match="settles"):
        tool(method="imopenlines.x", title="x", effect=Effect.WRITE, idempotent=True)
