"""Reading resources through a real client."""

import base64
from dataclasses import dataclass

import pytest
from mcp.shared.exceptions import MCPError
from mcp.types import TextResourceContents

from tests.support import Case

ERAS = ["legacy", "auto"]
MISSING = {"legacy": -32002, "auto": -32602}
WRONG = -32602
FAILED = -32603


@dataclass(frozen=True)
class Piece:
    """One part of what a resource holds."""

    uri: str
    mime: str | None
    text: str = ""
    body: bytes = b""


async def pieces(desk: Case, uri: str) -> list[Piece]:
    """All parts of a resource."""
    return [
        Piece(part.uri, part.mime_type, text=part.text)
        if isinstance(part, TextResourceContents)
        else Piece(part.uri, part.mime_type, body=base64.b64decode(part.blob))
        for part in (await desk.client.read_resource(uri)).contents
    ]


async def text_of(desk: Case, uri: str) -> str:
    """The one text that a resource holds."""
    (piece,) = await pieces(desk, uri)
    assert piece.uri == uri
    return piece.text


async def failure(desk: Case, uri: str) -> MCPError:
    """The error that reading has to end with."""
    with pytest.raises(MCPError) as caught:
        await desk.client.read_resource(uri)
    return caught.value
