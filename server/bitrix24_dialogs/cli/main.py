"""Commands and their arguments. Every command imports what it needs when it runs."""

import argparse
import os
import signal
import sys
import textwrap
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, NoReturn

from bitrix24_dialogs import __version__
from bitrix24_dialogs.gateway.redaction import redact
from bitrix24_dialogs.settings import Settings, SettingsError, describe_settings, load_settings, unknown_settings

PROGRAM = "bitrix24-dialogs-mcp"
EXIT_BAD_SETTINGS = 2
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143

Command = Callable[[argparse.Namespace, Settings], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; without one, serve MCP over standard input and output.

    Returns:
        The exit code: 0, 1 where a check found something, 2 for settings that cannot be used, 130 for Ctrl-C.
    """
    sys.excepthook = _print_redacted
    arguments = _parser().parse_args(argv)
    for warning in unknown_settings(os.environ):
        print(f"{PROGRAM}: {warning}", file=sys.stderr)  # noqa: T201 - what a person reads
    try:
        settings = load_settings(arguments.env_file, **_overrides(arguments))
        command: Command = arguments.run
        return command(arguments, settings)
    except SettingsError as error:
        print(redact(f"{PROGRAM}: {error}"), file=sys.stderr)  # noqa: T201 - what a person reads
        return EXIT_BAD_SETTINGS
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _overrides(arguments: argparse.Namespace) -> dict[str, object]:
    """The settings that flags set; they win over the environment."""
    flags = {"demo": arguments.demo, "toolsets": arguments.toolsets}
    return {name: value for name, value in flags.items() if value is not None}


class _Parser(argparse.ArgumentParser):
    """Does not repeat a webhook that was given in a wrong place: clients keep what is printed in log files."""

    def error(self, message: str) -> NoReturn:
        super().error(redact(message))


def _print_redacted(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.stderr.write(redact("".join(traceback.format_exception(kind, error, trace))))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=PROGRAM,
        description="MCP server for Bitrix24 Open Channels dialogs. Without a command it serves MCP over standard input"
        " and output, which is how an AI assistant starts it.",
        epilog="Settings are environment variables that begin with BITRIX24_; the README lists them."
        " Try it without a Bitrix24: bitrix24-dialogs-mcp demo",
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    _common(parser, suppress=False)
    parser.set_defaults(run=_serve, transport=None, host=None, port=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def add(name: str, run: Command, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        _common(command, suppress=True)
        command.set_defaults(run=run)
        return command

    serve = add("serve", _serve, "serve MCP: over standard input and output (the default), or over HTTP")
    serve.add_argument(
        "--transport",
        choices=["stdio", "http", "sse"],
        help="http: /mcp and, for older clients, /sse; sse: the latter alone (default: stdio)",
    )
    serve.add_argument("--host", help="address to listen on over HTTP (default: 127.0.0.1)")
    serve.add_argument("--port", type=_port, help="port to listen on over HTTP (default: 8000; 0: a free one)")
    serve.epilog = _settings_help()
    serve.formatter_class = argparse.RawDescriptionHelpFormatter
    add("demo", _demo, "play a support case on a built-in portal, with a real client and a real server")
    add("doctor", _doctor, "check the portal, the acting user, scopes and tools; never shows the secret")
    portal = add("portal", _portal, "serve the built-in portal over HTTP, to try things against")
    portal.add_argument("--port", type=_port, default=0, help="port on 127.0.0.1 (default: a free one)")
    portal.add_argument(
        "--seed", type=Path, metavar="FILE.json", help="what the portal holds (default: made-up clients)"
    )
    portal.add_argument(
        "--rate-limit", choices=["standard", "enterprise", "off"], default="standard", help="limits that it enforces"
    )
    tools = add("tools", _tools, "list the tools")
    tools.add_argument("--json", action="store_true", help="as the JSON that clients get")
    config = add("config", _config, "print what connects a client to this server")
    config.add_argument("client", choices=["claude-code", "cursor", "vscode", "claude-desktop"])
    config.add_argument(
        "--transport",
        choices=["stdio", "http", "sse"],
        default="stdio",
        help="stdio: the client starts the server (default); http, sse: it connects to one that runs already",
    )
    config.add_argument("--url", help="address of a server that runs already (default: http://127.0.0.1:8000)")
    _callers(add("caller", _caller_help, "say who may call over HTTP, and make their tokens"))
    return parser


def _callers(caller: argparse.ArgumentParser) -> None:
    caller.set_defaults(parser=caller)
    commands = caller.add_subparsers(title="commands", metavar="COMMAND")
    for name, run, text in (
        ("add", _caller_add, "let somebody call; prints their token, once"),
        ("rotate", _caller_rotate, "give somebody a new token in place of the old one; prints it, once"),
        ("remove", _caller_remove, "let somebody call no longer"),
        ("list", _caller_list, "list who may call"),
    ):
        command = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        _common(command, suppress=True)
        command.set_defaults(run=run)
        if name != "list":
            command.add_argument("name", metavar="NAME", help="letters, digits and any of . _ - @")
        if name == "add":
            command.add_argument("--read-only", action="store_true", help="only tools that change nothing")


def _settings_help() -> str:
    indent = " " * 6
    lines = ["settings (environment variables):"]
    for name, default, text in describe_settings():
        words = f"{text}{f' Default: {default}.' if default else ''}".replace("`", "")
        lines += [
            f"  {name}",
            *textwrap.wrap(words, 88, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False),
        ]
    return "\n".join(lines)


def _common(parser: argparse.ArgumentParser, *, suppress: bool) -> None:
    """The flags work before and after the command; after it they must not reset what stood before."""
    default = argparse.SUPPRESS if suppress else None
    parser.add_argument(
        "--env-file", type=Path, metavar="FILE", default=default, help="read settings from this file too"
    )
    parser.add_argument(
        "--demo", action="store_true", default=default, help="run on the built-in portal; same as BITRIX24_DEMO=1"
    )
    parser.add_argument(
        "--toolsets", metavar="NAMES", default=default, help="groups of tools, or all; same as BITRIX24_TOOLSETS"
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:  # noqa: PLR2004
        raise argparse.ArgumentTypeError("must be a port number, 0 to 65535")
    return int(text)


def _serve(arguments: argparse.Namespace, settings: Settings) -> int:
    # As a container's first process we would otherwise not hear a stop request before the server's own handler is up.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(EXIT_TERMINATED))
    transport: Literal["stdio", "http", "sse"] = arguments.transport or "stdio"
    if transport != "stdio":
        from bitrix24_dialogs.cli.serve_http import DEFAULT_PORT, run_serve_http  # noqa: PLC0415

        port = DEFAULT_PORT if arguments.port is None else arguments.port
        return run_serve_http(settings, transport, arguments.host or "127.0.0.1", port)
    if arguments.host is not None or arguments.port is not None:
        raise SettingsError("--host and --port are for --transport http or sse")
    from bitrix24_dialogs.cli.serve import run_serve  # noqa: PLC0415

    return run_serve(settings)


def _demo(arguments: argparse.Namespace, settings: Settings) -> int:
    from bitrix24_dialogs.cli.demo import run_demo  # noqa: PLC0415

    return run_demo()


def _doctor(arguments: argparse.Namespace, settings: Settings) -> int:
    from bitrix24_dialogs.cli.doctor import run_doctor  # noqa: PLC0415

    return run_doctor(settings)


def _portal(arguments: argparse.Namespace, settings: Settings) -> int:
    from bitrix24_dialogs.cli.portal import run_portal  # noqa: PLC0415

    return run_portal(arguments.port, arguments.seed, arguments.rate_limit)


def _tools(arguments: argparse.Namespace, settings: Settings) -> int:
    from bitrix24_dialogs.cli.tools import run_tools  # noqa: PLC0415

    return run_tools(settings, as_json=arguments.json)


def _config(arguments: argparse.Namespace, settings: Settings) -> int:
    from bitrix24_dialogs.cli.config import run_config  # noqa: PLC0415

    if arguments.transport != "stdio":
        from bitrix24_dialogs.cli.config_http import run_config_http  # noqa: PLC0415

        return run_config_http(arguments.client, settings, arguments.transport, arguments.url)
    if arguments.url is not None:
        raise SettingsError("--url is for --transport http or sse")
    return run_config(arguments.client, settings, arguments.env_file)


def _caller_help(arguments: argparse.Namespace, settings: Settings) -> int:
    arguments.parser.print_help(sys.stderr)
    return EXIT_BAD_SETTINGS


def _caller_add(arguments: argparse.Namespace, settings: Settings) -> int:
    from bitrix24_dialogs.cli.callers import run_add  # noqa: PLC0415

    return run_add(settings, arguments.name, read_only=arguments.read_only)


def _caller_rotate(arguments: argparse.Namespace, settings: Settings) -> int:
    from bitrix24_dialogs.cli.callers import run_rotate  # noqa: PLC0415

    return run_rotate(settings, arguments.name)


def _caller_remove(arguments: argparse.Namespace, settings: Settings) -> int:
    from bitrix24_dialogs.cli.callers import run_remove  # noqa: PLC0415

    return run_remove(settings, arguments.name)


def _caller_list(arguments: argparse.Namespace, settings: Settings) -> int:
    from bitrix24_dialogs.cli.callers import run_list  # noqa: PLC0415

    return run_list(settings)
