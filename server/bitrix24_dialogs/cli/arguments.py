"""What may be said on the command line, and its help."""

import argparse
import textwrap
from collections.abc import Mapping
from pathlib import Path

from bitrix24_dialogs import __version__
from bitrix24_dialogs.cli.speaking_parser import SpeakingParser
from bitrix24_dialogs.language.speech import Speech
from bitrix24_dialogs.settings import describe_settings

PROGRAM = "bitrix24-dialogs-mcp"


def parser_of(speech: Speech, commands: Mapping[str, object]) -> argparse.ArgumentParser:
    """The parser of a whole command line. ``run`` in what it returns is the one of ``commands`` that was named."""
    parser = SpeakingParser(
        speech,
        prog=PROGRAM,
        description=speech(
            "MCP server for Bitrix24 Open Channels dialogs. Without a command it serves MCP over standard input and"
            " output, which is how an AI assistant starts it."
        ),
        epilog=speech(
            "Settings are environment variables that begin with BITRIX24_; the README lists them. Try it without a"
            " Bitrix24: {command}",
            command=f"{PROGRAM} demo",
        ),
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"{PROGRAM} {__version__}",
        help=speech("show program's version number and exit"),
    )
    _common(parser, speech, suppress=False)
    parser.set_defaults(run=commands["serve"], transport=None, host=None, port=None)
    subparsers = parser.add_subparsers(title=speech("commands"), metavar=speech("COMMAND"), parser_class=SpeakingParser)

    def add(name: str, text: str, *, raw: bool = False) -> argparse.ArgumentParser:
        command = subparsers.add_parser(
            name,
            speech=speech,
            help=text,
            description=_sentence(text),
            formatter_class=argparse.RawDescriptionHelpFormatter if raw else argparse.HelpFormatter,
        )
        _common(command, speech, suppress=True)
        command.set_defaults(run=commands[name])
        return command

    _serve(
        add("serve", speech("serve MCP: over standard input and output (the default), or over HTTP"), raw=True), speech
    )
    add("demo", speech("play a support case on a built-in portal, with a real client and a real server"))
    add("doctor", speech("check the portal, the acting user, scopes, tools and settings; never shows the secret"))
    _portal(add("portal", speech("serve the built-in portal over HTTP, to try things against")), speech)
    tools = add("tools", speech("list the tools"))
    tools.add_argument("--json", action="store_true", help=speech("as the JSON that clients get"))
    _config(add("config", speech("print what connects a client to this server")), speech)
    _callers(add("caller", speech("say who may call over HTTP, and make their tokens")), speech, commands)
    return parser


def _serve(serve: argparse.ArgumentParser, speech: Speech) -> None:
    serve.add_argument(
        "--transport",
        choices=["stdio", "http", "sse"],
        help=speech("http: /mcp and, for older clients, /sse; sse: the latter alone (default: stdio)"),
    )
    serve.add_argument(
        "--host", metavar=speech("HOST"), help=speech("address to listen on over HTTP (default: 127.0.0.1)")
    )
    serve.add_argument(
        "--port",
        type=_port,
        metavar=speech("PORT"),
        help=speech("port to listen on over HTTP (default: 8000; 0: a free one)"),
    )
    serve.epilog = _settings_help(speech)


def _portal(portal: argparse.ArgumentParser, speech: Speech) -> None:
    portal.add_argument(
        "--port",
        type=_port,
        default=0,
        metavar=speech("PORT"),
        help=speech("port on 127.0.0.1 (default: a free one)"),
    )
    portal.add_argument(
        "--seed",
        type=Path,
        metavar=speech("FILE.json"),
        help=speech("what the portal holds (default: made-up clients)"),
    )
    portal.add_argument(
        "--rate-limit",
        choices=["standard", "enterprise", "off"],
        default="standard",
        help=speech("limits that it enforces"),
    )


def _config(config: argparse.ArgumentParser, speech: Speech) -> None:
    config.add_argument("client", choices=["claude-code", "cursor", "vscode", "claude-desktop"])
    config.add_argument(
        "--transport",
        choices=["stdio", "http", "sse"],
        default="stdio",
        help=speech("stdio: the client starts the server (default); http, sse: it connects to one that runs already"),
    )
    config.add_argument(
        "--url",
        metavar=speech("URL"),
        help=speech("address of a server that runs already (default: http://127.0.0.1:8000)"),
    )


def _callers(caller: argparse.ArgumentParser, speech: Speech, commands: Mapping[str, object]) -> None:
    caller.set_defaults(parser=caller)
    subparsers = caller.add_subparsers(title=speech("commands"), metavar=speech("COMMAND"), parser_class=SpeakingParser)
    for name, text in (
        ("add", speech("let somebody call; prints their token, once")),
        ("rotate", speech("give somebody a new token in place of the old one; prints it, once")),
        ("remove", speech("let somebody call no longer")),
        ("list", speech("list who may call")),
    ):
        command = subparsers.add_parser(name, speech=speech, help=text, description=_sentence(text))
        _common(command, speech, suppress=True)
        command.set_defaults(run=commands[f"caller {name}"])
        if name != "list":
            command.add_argument("name", metavar=speech("NAME"), help=speech("letters, digits and any of . _ - @"))
        if name == "add":
            command.add_argument("--read-only", action="store_true", help=speech("only tools that change nothing"))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _settings_help(speech: Speech) -> str:
    indent = " " * 6
    lines = [speech("settings (environment variables):")]
    for name, default, text in describe_settings():
        words = speech.of(text)
        if default:
            words += " " + speech("Default: {default}.", default=default)
        lines += [
            f"  {name}",
            *textwrap.wrap(
                words.replace("`", ""), 88, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
            ),
        ]
    return "\n".join(lines)


def _common(parser: argparse.ArgumentParser, speech: Speech, *, suppress: bool) -> None:
    """The flags work before and after the command; after it they must not reset what stood before."""
    default = argparse.SUPPRESS if suppress else None
    parser.add_argument(
        "--env-file",
        type=Path,
        metavar=speech("FILE"),
        default=default,
        help=speech("read settings from this file too"),
    )
    parser.add_argument(
        "--demo",
        action="store_true",
        default=default,
        help=speech("run on the built-in portal; same as BITRIX24_DEMO=1"),
    )
    parser.add_argument(
        "--toolsets",
        metavar=speech("NAMES"),
        default=default,
        help=speech("groups of tools, or all; same as BITRIX24_TOOLSETS"),
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:  # noqa: PLR2004
        raise argparse.ArgumentTypeError("must be a port number, 0 to 65535")
    return int(text)
