"""The commands. Every one imports what it needs when it runs."""

import argparse
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Literal

from bitrix24_dialogs.cli.arguments import PROGRAM, parser_of
from bitrix24_dialogs.cli.speaking import language_of
from bitrix24_dialogs.cli.terminal import stop_printing
from bitrix24_dialogs.gateway.redaction import redact
from bitrix24_dialogs.language.speech import Speech
from bitrix24_dialogs.settings import Settings, SettingsError, load_settings, unknown_settings

EXIT_UNREAD = 1
EXIT_BAD_SETTINGS = 2
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143

Command = Callable[[argparse.Namespace, Settings, Speech], int]


def main(argv: Sequence[str] | None = None, speech: Speech | None = None) -> int:
    """Run a command; without one, serve MCP over standard input and output.

    Arguments:
        argv: what stands on the command line, by default of this process.
        speech: how whoever typed it is spoken to; by default as BITRIX24_LANGUAGE says.

    Returns:
        The exit code: 0, 1 where a check found something, 2 for settings that cannot be used, 130 for Ctrl-C.
    """
    sys.excepthook = _print_redacted
    speech = speech or Speech(language_of(os.environ, sys.argv[1:] if argv is None else argv))
    arguments = parser_of(speech, _COMMANDS).parse_args(argv)
    for warning in unknown_settings(os.environ):
        print(f"{PROGRAM}: {speech.of(warning)}", file=sys.stderr)  # noqa: T201 - what a person reads
    try:
        settings = load_settings(arguments.env_file, **_overrides(arguments))
        command: Command = arguments.run
        return command(arguments, settings, speech)
    except SettingsError as error:
        print(redact(f"{PROGRAM}: {speech.of(error.phrase)}"), file=sys.stderr)  # noqa: T201 - what a person reads
        return EXIT_BAD_SETTINGS
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # whoever read what we print has seen enough
        stop_printing()
        return EXIT_UNREAD


def _overrides(arguments: argparse.Namespace) -> dict[str, object]:
    """The settings that flags set; they win over the environment."""
    flags = {"demo": arguments.demo, "toolsets": arguments.toolsets}
    return {name: value for name, value in flags.items() if value is not None}


def _print_redacted(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.stderr.write(redact("".join(traceback.format_exception(kind, error, trace))))


def _serve(arguments: argparse.Namespace, settings: Settings, speech: Speech) -> int:
    # As a container's first process we would otherwise not hear a stop request before the server's own handler is up.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(EXIT_TERMINATED))
    transport: Literal["stdio", "http", "sse"] = arguments.transport or "stdio"
    if transport != "stdio":
        from bitrix24_dialogs.cli.serve_http import DEFAULT_PORT, run_serve_http  # noqa: PLC0415

        port = DEFAULT_PORT if arguments.port is None else arguments.port
        return run_serve_http(settings, speech, transport, arguments.host or "127.0.0.1", port)
    if arguments.host is not None or arguments.port is not None:
        raise SettingsError("--host and --port are for --transport http or sse")
    from bitrix24_dialogs.cli.serve import run_serve  # noqa: PLC0415

    return run_serve(settings, speech)


def _demo(arguments: argparse.Namespace, settings: Settings, speech: Speech) -> int:
    from bitrix24_dialogs.cli.demo import run_demo  # noqa: PLC0415

    return run_demo(speech)


def _doctor(arguments: argparse.Namespace, settings: Settings, speech: Speech) -> int:
    from bitrix24_dialogs.cli.doctor import run_doctor  # noqa: PLC0415

    return run_doctor(settings, speech)


def _portal(arguments: argparse.Namespace, settings: Settings, speech: Speech) -> int:
    from bitrix24_dialogs.cli.portal import run_portal  # noqa: PLC0415

    return run_portal(speech, arguments.port, arguments.seed, arguments.rate_limit)


def _tools(arguments: argparse.Namespace, settings: Settings, speech: Speech) -> int:
    from bitrix24_dialogs.cli.tools import run_tools  # noqa: PLC0415

    return run_tools(settings, speech, as_json=arguments.json)


def _config(arguments: argparse.Namespace, settings: Settings, speech: Speech) -> int:
    from bitrix24_dialogs.cli.config import run_config  # noqa: PLC0415
    from bitrix24_dialogs.toolbox.policy import policy_of  # noqa: PLC0415
    from bitrix24_dialogs.tools import all_tools  # noqa: PLC0415

    policy_of(settings, all_tools())  # what it prints must not describe a server that refuses to start
    if arguments.transport != "stdio":
        from bitrix24_dialogs.cli.config_http import run_config_http  # noqa: PLC0415

        return run_config_http(arguments.client, settings, speech, arguments.transport, arguments.url)
    if arguments.url is not None:
        raise SettingsError("--url is for --transport http or sse")
    return run_config(arguments.client, settings, speech, arguments.env_file)


def _caller_help(arguments: argparse.Namespace, settings: Settings, speech: Speech) -> int:
    arguments.parser.print_help(sys.stderr)
    return EXIT_BAD_SETTINGS


def _caller_add(arguments: argparse.Namespace, settings: Settings, speech: Speech) -> int:
    from bitrix24_dialogs.cli.callers import run_add  # noqa: PLC0415

    return run_add(settings, speech, arguments.name, read_only=arguments.read_only)


def _caller_rotate(arguments: argparse.Namespace, settings: Settings, speech: Speech) -> int:
    from bitrix24_dialogs.cli.callers import run_rotate  # noqa: PLC0415

    return run_rotate(settings, speech, arguments.name)


def _caller_remove(arguments: argparse.Namespace, settings: Settings, speech: Speech) -> int:
    from bitrix24_dialogs.cli.callers import run_remove  # noqa: PLC0415

    return run_remove(settings, speech, arguments.name)


def _caller_list(arguments: argparse.Namespace, settings: Settings, speech: Speech) -> int:
    from bitrix24_dialogs.cli.callers import run_list  # noqa: PLC0415

    return run_list(settings, speech)


_COMMANDS: Mapping[str, Command] = {
    "serve": _serve,
    "demo": _demo,
    "doctor": _doctor,
    "portal": _portal,
    "tools": _tools,
    "config": _config,
    "caller": _caller_help,
    "caller add": _caller_add,
    "caller rotate": _caller_rotate,
    "caller remove": _caller_remove,
    "caller list": _caller_list,
}
