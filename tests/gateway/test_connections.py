"""What goes wrong before an answer: names, ports, certificates, authorities."""

import asyncio
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from bitrix24_dialogs.gateway import errors
from bitrix24_dialogs.gateway.errors import Executed
from tests.gateway.certificates import Authority, make_authority
from tests.gateway.harness import calling, fresh_secret
from tests.gateway.scripted import drop, scripted

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("tls"))


async def test_an_unknown_authority_is_refused_with_the_setting_that_helps(authority: Authority) -> None:
    async with scripted(tls=authority.server) as portal, calling(portal.port, scheme="https") as caller:
        error = await caller.failed_read()
    assert type(error) is errors.CertificateRefused
    assert "BITRIX24_CA_FILE" in str(error)
    assert portal.requests == []


async def test_a_write_past_an_unknown_authority_is_known_not_to_have_happened(authority: Authority) -> None:
    async with scripted(tls=authority.server) as portal, calling(portal.port, scheme="https") as caller:
        error = await caller.failed_write()
    assert type(error) is errors.CertificateRefused
    assert error.executed is Executed.NO


async def test_with_its_authority_named_a_portal_is_trusted(authority: Authority) -> None:
    async with (
        scripted(tls=authority.server) as portal,
        calling(portal.port, scheme="https", ca_file=authority.certificate) as caller,
    ):
        assert await caller.write(CHAT_ID=1) is True
        assert await caller.read() is True
    assert len(portal.requests) == 3


async def test_a_certificate_for_another_host_is_refused(authority: Authority) -> None:
    async with (
        scripted(tls=authority.server) as portal,
        calling(
            ca_file=authority.certificate, address=f"https://localhost:{portal.port}/rest/7/{fresh_secret()}/"
        ) as caller,
    ):
        assert type(await caller.failed_read()) is errors.CertificateRefused
    assert portal.requests == []


async def test_https_to_a_port_that_speaks_http_is_told_as_such() -> None:
    async def complain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nplain HTTP is spoken here")
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(complain, "127.0.0.1", 0)
    async with server, calling(server.sockets[0].getsockname()[1], scheme="https") as caller:
        error = await caller.failed_write()
    assert type(error) is errors.CertificateRefused
    assert error.executed is Executed.NO
    assert "does not speak TLS" in str(error)
    assert "BITRIX24_WEBHOOK_URL" in str(error)


async def test_who_never_came_to_send_knows_that_nothing_happened() -> None:
    """The whole time went by before the first byte of the request: TLS was never agreed on."""

    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                await reader.read(-1)
        finally:
            writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    server = await asyncio.start_server(keep_silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, calling(port, scheme="https", timeout=0.5) as caller:
        error = await caller.failed_read()
        assert (type(error), error.executed) == (errors.CannotConnect, Executed.NO)
        error = await caller.failed_write()
        assert (type(error), error.executed) == (errors.CannotConnect, Executed.NO)


FILES = {"missing": None, "empty": b"", "no PEM": b"hello", "a broken PEM": b"-----BEGIN CERTIFICATE-----\nx\n"}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
async def test_a_file_of_authorities_that_cannot_be_used_is_named_by_every_call(
    content: bytes | None, tmp_path: Path
) -> None:
    file = tmp_path / "authority.pem"
    if content is not None:
        file.write_bytes(content)
    async with scripted() as portal, calling(portal.port, ca_file=file) as caller:
        for error in [await caller.failed_read(), await caller.failed_write()]:
            assert type(error) is errors.NotConfigured
            assert "BITRIX24_CA_FILE" in str(error)
            assert str(tmp_path) not in str(error)
    assert portal.connections == 0


async def test_a_folder_of_authorities_is_told_as_a_wrong_file(tmp_path: Path) -> None:
    async with scripted() as portal, calling(portal.port, ca_file=tmp_path) as caller:
        assert type(await caller.failed_read()) is errors.NotConfigured


@pytest.fixture
def _no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name has an address: resolvers differ in what they say, and in how long they take to say it."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)


@pytest.mark.usefixtures("_no_names")
async def test_a_name_that_does_not_exist_cannot_be_connected_to() -> None:
    async with calling(address=f"https://no-such-portal.invalid/rest/7/{fresh_secret()}/") as caller:
        error = await caller.failed_read()
    assert type(error) is errors.CannotConnect
    assert error.executed is Executed.NO


async def test_a_closed_port_cannot_be_connected_to(closed_port: int) -> None:
    async with calling(closed_port) as caller:
        for error in [await caller.failed_read(), await caller.failed_write()]:
            assert type(error) is errors.CannotConnect
            assert "nothing was sent" in str(error)


@pytest.mark.usefixtures("_no_names")
@pytest.mark.parametrize("host", ["xn--.example", "-.пример", "a" * 70 + ".ру", "..", "."])
async def test_a_host_that_no_address_can_have_is_told_by_the_call(host: str) -> None:
    async with calling(address=f"https://{host}/rest/7/{fresh_secret()}/") as caller:
        error = await caller.failed_read()
    assert type(error) in {errors.NotConfigured, errors.CannotConnect}
    assert "BITRIX24_WEBHOOK_URL" in str(error)


async def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scripted(drop) as proxy, scripted() as portal:
        for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]:
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        async with calling(portal.port) as caller:
            assert await caller.read() is True
        assert proxy.connections == 0


async def test_calls_share_connections() -> None:
    async with scripted() as portal, calling(portal.port) as caller:
        for _ in range(3):
            await caller.read()
        assert portal.connections == 1


async def test_a_gateway_that_sent_nothing_closes(closed_port: int) -> None:
    async with calling(closed_port):
        pass


async def test_a_closed_gateway_opens_again_when_asked() -> None:
    async with scripted() as portal, calling(portal.port) as caller:
        await caller.read()
        await caller.gateway.close()
        assert await caller.read() is True
