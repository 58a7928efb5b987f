"""A caller: whoever an assistant's calls are made for."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

TOKEN_PREFIX = "b24d_"  # noqa: S105 - what scanners for leaked secrets can look for, no secret itself
_TOKEN_BYTES = 32


@dataclass(frozen=True)
class Caller:
    """Somebody who may call.

    Attributes:
        name: stands in logs.
        read_only: whether only tools that change nothing exist for this caller.
    """

    name: str
    read_only: bool = False


LOCAL = Caller("local")
"""Whoever started this process and talks to it over standard input, or without a token on loopback."""


@dataclass(frozen=True)
class TokenHolder:
    """A caller, and the hash of the token that proves it."""

    caller: Caller
    token_sha256: str


@dataclass(frozen=True)
class Callers:
    """Everybody who may call."""

    holders: Sequence[TokenHolder]

    def with_token(self, token: bytes) -> Caller | None:
        """The caller whose token this is. Takes as long for a nearly right token as for a wrong one."""
        given = token_sha256(token)
        found = None
        for holder in self.holders:
            if hmac.compare_digest(holder.token_sha256, given):
                found = holder.caller
        return found


def new_token() -> str:
    """A token of 256 random bits. Nobody can guess it, so a plain hash is enough to keep it by."""
    return TOKEN_PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)


def token_sha256(token: bytes) -> str:
    """What is stored of a token: 64 hexadecimal digits."""
    return hashlib.sha256(token).hexdigest()
