"""Asks a server from inside its network, as a program of its own.

asking.py status URL METHOD [TOKEN]        prints the status of an empty request
asking.py call URL TOKEN TOOL ARGUMENTS    prints the data of a tool's result, asked for by the SDK's client
asking.py listen URL TOKEN                 opens an event stream, prints its first line, ends when it ends
"""

import json
import sys
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import anyio
import httpx2
from mcp import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

_SECONDS = 60


def main(arguments: list[str]) -> None:
    """Ask as the arguments say."""
    match arguments:
        case ["status", url, method, *token]:
            show(status(url, method, *token))
        case ["call", url, token, tool, given]:
            show(json.dumps(anyio.run(call, url, token, tool, json.loads(given))))
        case ["listen", url, token]:
            listen(url, token)
        case _:
            sys.exit(__doc__)


def status(url: str, method: str, token: str | None = None) -> str:
    """The status of an empty request."""
    try:
        with _open(url, method, token) as answer:
            return str(answer.status)
    except HTTPError as error:
        return str(error.code)


async def call(url: str, token: str, tool: str, given: dict[str, object]) -> object:
    """The data of a tool's result, over the transport that the address is one of."""
    headers = {"Authorization": f"Bearer {token}"}
    if url.endswith("/sse"):
        async with Client(sse_client(url, headers=headers), mode="legacy") as client:
            return (await client.call_tool(tool, given)).structured_content
    async with (
        httpx2.AsyncClient(headers=headers, trust_env=False, timeout=_SECONDS) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        return (await client.call_tool(tool, given)).structured_content


def listen(url: str, token: str) -> None:
    """Read an event stream to its end."""
    with _open(url, "GET", token) as stream:
        show(stream.readline().decode().strip())
        for _ in stream:
            pass


def show(text: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _open(url: str, method: str, token: str | None) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = Request(url, method=method, headers=headers)  # noqa: S310 - of a server that we started
    return build_opener(ProxyHandler({})).open(request, timeout=_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1:])
