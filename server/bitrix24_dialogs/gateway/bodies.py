"""An answer's body, decompressed in steps: a kilobyte can hold a gigabyte (protocol notes 6)."""

import zlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import anyio.lowlevel

from bitrix24_dialogs.gateway.errors import BadAnswer, PortalError, TooLarge
from bitrix24_dialogs.language.phrase import Phrase

if TYPE_CHECKING:
    import httpx

ACCEPTED = "gzip"
LARGEST = 64 << 20
_STEP = 1 << 20
_GZIP = 16 + zlib.MAX_WBITS


async def read_body(response: "httpx.Response", largest: int = LARGEST) -> bytes | PortalError:
    """The whole body of ``response``, of which no more than one step too much is ever in memory."""
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > largest:
        return _too_large(largest)
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in {"", "identity", ACCEPTED}:
        return BadAnswer(
            Phrase("The portal's answer is compressed in a way that was not asked for"), Phrase("Try again in a minute")
        )
    pieces = response.aiter_raw()
    body = bytearray()
    try:
        async for piece in _inflated(pieces) if encoding == ACCEPTED else pieces:
            body += piece
            if len(body) > largest:
                return _too_large(largest)
    except zlib.error:
        return BadAnswer(Phrase("The portal's answer is not compressed as it says"), Phrase("Try again in a minute"))
    return bytes(body)


async def _inflated(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    inflater = zlib.decompressobj(_GZIP)
    async for piece in pieces:
        rest = piece
        while rest:
            yield inflater.decompress(rest, _STEP)
            rest = inflater.unconsumed_tail
            await anyio.lowlevel.checkpoint()


def _too_large(largest: int) -> TooLarge:
    return TooLarge(
        Phrase("The portal's answer is larger than {size} MiB", size=largest >> 20), Phrase("Read it in Bitrix24")
    )
