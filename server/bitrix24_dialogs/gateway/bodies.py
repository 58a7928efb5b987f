"""An answer's body, decompressed in steps: a kilobyte can hold a gigabyte (protocol notes 6)."""

import zlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import anyio.lowlevel

from bitrix24_dialogs.gateway.errors import BadAnswer, PortalError, TooLarge

if TYPE_CHECKING:
    import httpx

ACCEPTED = "gzip"
_LARGEST = 64 << 20
_STEP = 1 << 20
_GZIP = 16 + zlib.MAX_WBITS


async def read_body(response: "httpx.Response") -> bytes | PortalError:
    """The whole body of ``response``, of which no more than one step too much is ever in memory."""
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in {"", "identity", ACCEPTED}:
        return BadAnswer("The portal's answer is compressed in a way that was not asked for", "Try again in a minute")
    pieces = response.aiter_raw()
    body = bytearray()
    try:
        async for piece in _inflated(pieces) if encoding == ACCEPTED else pieces:
            body += piece
            if len(body) > _LARGEST:
                return TooLarge(f"The portal's answer is larger than {_LARGEST >> 20} MiB", "Read it in Bitrix24")
    except zlib.error:
        return BadAnswer("The portal's answer is not compressed as it says", "Try again in a minute")
    return bytes(body)


async def _inflated(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    inflater = zlib.decompressobj(_GZIP)
    async for piece in pieces:
        rest = piece
        while rest:
            yield inflater.decompress(rest, _STEP)
            rest = inflater.unconsumed_tail
            await anyio.lowlevel.checkpoint()
