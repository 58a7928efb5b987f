"""Every setting, described once. The README's table is made from here."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bitrix24_dialogs.language.phrase import Phrase, listed, reason_of

PREFIX = "BITRIX24_"
CLIENT_TOKEN = "BITRIX24_DIALOGS_TOKEN"  # noqa: S105 - a client's own variable; it may be set where a server starts too
_ENCODING = "utf-8-sig"  # some Windows editors begin a text file with a mark


class SettingsError(Exception):
    """A setting cannot be used. One line that says which and how to change it, never its value."""

    def __init__(self, text: str, /, **values: object) -> None:
        """``text`` with ``values`` in place of the names that stand in braces."""
        self.phrase = Phrase(text, **values)
        super().__init__(self.phrase)


def _parts(value: object) -> object:
    if not isinstance(value, str):
        return value
    parts = tuple(part.strip() for part in value.split(",") if part.strip())
    if not parts:
        raise ValueError(Phrase("name at least one, or leave the setting out"))
    return parts


def _path(value: object) -> object:
    if not isinstance(value, str):
        return value
    if "://" in value or "/rest/" in value:
        raise ValueError(Phrase("expects a file's name, and this looks like an address"))
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise ValueError(Phrase("expects a file's name; there is no such user's home")) from None


Names = Annotated[tuple[Annotated[str, StringConstraints(to_lower=True)], ...], NoDecode, BeforeValidator(_parts)]
LineNumbers = Annotated[tuple[Annotated[int, Field(gt=0)], ...], NoDecode, BeforeValidator(_parts)]
File = Annotated[Path, BeforeValidator(_path)]


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


class Settings(BaseSettings):
    """The server's settings, each an environment variable with the prefix ``BITRIX24_``."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    webhook_url: SecretStr | None = Field(
        None,
        description="Inbound webhook of the employee who acts, `https://your-company.bitrix24.com/rest/7/<secret>/`."
        " It is a password.",
    )
    webhook_url_file: File | None = Field(
        None, description="A file that holds the webhook instead (Docker and Kubernetes secrets)."
    )
    read_only: bool = Field(False, description="`on` leaves only the tools that change nothing.")
    toolsets: Names = Field(
        (),
        description="Groups of tools: `dialogs`, `inbox`, `reply`, `operators`, `lines`, `crm`, `people`, or `default`"
        " (`dialogs,inbox`) and `all`.",
    )
    tools: Names = Field(
        (), description="Only these tools of the groups that are on, such as `dialog_get,session_open`."
    )
    exclude_tools: Names = Field((), description="Not these tools.")
    lines: LineNumbers = Field(
        (),
        description="Line numbers, such as `22,24`: dialogs of other lines are out of reach, reading included.",
    )
    reply_lines: LineNumbers = Field(
        (),
        description="Line numbers: nothing is written to dialogs of other lines, neither replies nor notes. Unset: all"
        " lines that `BITRIX24_LINES` allows.",
    )
    confirm: Annotated[Literal["off", "destructive", "writes"], BeforeValidator(_lower)] = Field(
        "off",
        description="Which tools ask the person before they act, through the assistant's client: `destructive` (what"
        " cannot be taken back), `writes` (every change), or `off` (the client asks as it sees fit). Where nobody can"
        " be asked, they refuse.",
    )
    audit_file: File | None = Field(
        None,
        description="A file that gets a line before and after each change: time, tool, numbers, caller, outcome; never"
        " texts. A change that cannot be written down does not happen. The folder has to exist; after 5 MB a new file"
        " is begun, and ten older ones are kept.",
    )
    language: Annotated[Literal["en", "ru"], BeforeValidator(_lower)] = Field(
        "en", description="`en` or `ru`: the language of commands, questions to people and prompts."
    )
    mask_contacts: bool = Field(False, description="`on` masks phone numbers and e-mail addresses in results.")
    verify: bool = Field(
        True,
        description="`off` drops the reads before and after a change, and the refusals that rest on the first: pinning"
        " or saving a closed dialog then opens a session. Results say that nothing was verified. What is written to"
        " clients, colleagues and CRM is still preceded by a read.",
    )
    rate_limit: Annotated[Literal["standard", "enterprise", "off"], BeforeValidator(_lower)] = Field(
        "standard",
        description="What the portal allows: `standard` (50 requests, then 2 a second), `enterprise` (250, then 5),"
        " or `off` (self-hosted).",
    )
    timeout: float | None = Field(
        None,
        gt=0,
        le=50,
        allow_inf_nan=False,
        description="Seconds to wait for one answer of the portal, up to 50. Unset: 30 for reads, and for a change as"
        " long as its call may last.",
    )
    ca_file: File | None = Field(None, description="PEM file with the authority of a self-hosted portal's certificate.")
    redirect_hosts: Annotated[
        tuple[Annotated[str, StringConstraints(to_lower=True, pattern=r"^[\w.-]+$")], ...],
        NoDecode,
        BeforeValidator(_parts),
    ] = Field(
        (),
        description="Hosts that a renamed portal may redirect to, and where its files may lie. The webhook's secret"
        " goes to no other.",
    )
    operators_file: File | None = Field(
        None,
        description="HTTP: the file of the callers and the hashes of their tokens, written by"
        " `bitrix24-dialogs-mcp caller add NAME`. Unset: `operators.toml` in your data folder, if it is there.",
    )
    http_token_file: File | None = Field(
        None, description="HTTP: a file that holds one token for everybody instead (Docker and Kubernetes secrets)."
    )
    http_allow_anonymous: bool = Field(
        False, description="HTTP: `on` asks for no token. For trials; only on 127.0.0.1 and the like."
    )
    http_allowed_hosts: Annotated[
        tuple[
            Annotated[str, StringConstraints(to_lower=True, pattern=r"^(\[[0-9a-fA-F:.]+\]|[\w.-]+)(:\d{1,5})?$")], ...
        ],
        NoDecode,
        BeforeValidator(_parts),
    ] = Field(
        (),
        description="HTTP: names by which clients reach the server besides `localhost`, such as `mcp.example.com`; with"
        " a port (`mcp.example.com:8443`) only on that port.",
    )
    http_allowed_origins: Annotated[
        tuple[Annotated[str, StringConstraints(to_lower=True, pattern=r"^https?://[^/\s*]+$")], ...],
        NoDecode,
        BeforeValidator(_parts),
    ] = Field(
        (),
        description="HTTP: web pages that may call from a browser, such as `https://app.example.com`. Programs need"
        " no entry.",
    )
    http_drain: float = Field(
        7,
        ge=0,
        le=300,
        allow_inf_nan=False,
        description="HTTP: seconds that running calls get to finish when the server is stopped.",
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = Field(
        "warning", description="`debug`, `info`, `warning` or `error`; logs go to stderr."
    )
    demo: bool = Field(False, description="`on` runs on a built-in portal with made-up clients; no Bitrix24 is needed.")


def load_settings(env_file: Path | None = None, **overrides: Any) -> Settings:
    """The settings from the environment, and below it from ``env_file`` if one is named.

    Arguments:
        env_file: a file of ``KEY=value`` lines; keys of others in it are ignored.
        overrides: settings from command-line flags; they win.

    Raises:
        SettingsError: something in them cannot be used.
    """
    if env_file is not None:
        _check_env_file(env_file)
    try:
        return Settings(**{"_env_file": env_file, "_env_file_encoding": _ENCODING, **overrides})
    except ValidationError as error:
        problems = dict.fromkeys(_explain(dict(problem)) for problem in error.errors())
        raise SettingsError(listed(list(problems))) from None


def first_look(name: str, environment: Mapping[str, str], env_file: Path | None) -> str:
    """What is set for ``name``, before anything is checked; empty if nothing is, or if that cannot be read.

    Arguments:
        name: of the environment variable.
        environment: its variables win.
        env_file: a file of ``KEY=value`` lines.
    """
    given = {key.upper(): value for key, value in environment.items() if value}
    if name not in given and env_file is not None:
        from dotenv.parser import parse_stream  # noqa: PLC0415 - read only when a file is named

        try:
            with env_file.open(encoding=_ENCODING) as stream:
                lines = [line for line in parse_stream(stream) if line.key is not None]
        except (OSError, UnicodeError):
            return ""
        given = {str(line.key).upper(): line.value or "" for line in lines}
    return given.get(name, "")


def unknown_settings(environment: Mapping[str, str]) -> list[Phrase]:
    """A line for each variable that looks like a setting of ours and is none: a misspelt one protects nobody."""
    known = [name for name, _ in _fields()]
    others = {*known, CLIENT_TOKEN}
    unknown = [name for name in environment if name.upper().startswith(PREFIX) and name.upper() not in others]
    return [_unknown(name, known) for name in sorted(unknown)]


def _unknown(name: str, known: list[str]) -> Phrase:
    from difflib import get_close_matches  # noqa: PLC0415 - only for mistakes

    close = get_close_matches(name.upper(), known, n=1)
    if close:
        return Phrase("{name} is not a setting; did you mean {close}?", name=name, close=close[0])
    return Phrase("{name} is not a setting", name=name)


def secret_from_file(path: Path, setting: str) -> str:
    """The text of a file that holds one secret.

    Raises:
        SettingsError: it cannot be read, or is empty.
    """
    try:
        text = path.read_text(encoding=_ENCODING).strip()
    except (OSError, UnicodeError) as error:
        # Not its name: it may be the secret itself, set in the wrong place.
        raise SettingsError(
            "{setting}: the file cannot be read ({reason})", setting=setting, reason=_reason(error)
        ) from None
    if not text:
        raise SettingsError("{setting}: the file is empty", setting=setting)
    return text


def describe_settings() -> list[tuple[str, str, str]]:
    """Name, default and description of every setting, in order: the README's table."""
    return [(name, _default(field.default), field.description or "") for name, field in _fields()]


def _fields() -> list[tuple[str, Any]]:
    return [(PREFIX + name.upper(), field) for name, field in Settings.model_fields.items()]


def _default(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "" if value is None or value == () else f"{value:g}" if isinstance(value, int | float) else str(value)


def _check_env_file(path: Path) -> None:
    from dotenv.parser import parse_stream  # noqa: PLC0415 - read only when a file is named

    try:
        with path.open(encoding=_ENCODING) as stream:
            broken = [_first_line(binding.original) for binding in parse_stream(stream) if binding.error]
    except (OSError, UnicodeError) as error:
        raise SettingsError("--env-file {path} cannot be read ({reason})", path=path, reason=_reason(error)) from None
    if broken:
        raise SettingsError("--env-file {path}, line {line}: expected KEY=value", path=path, line=broken[0])


def _first_line(original: Any) -> int:
    text: str = original.string
    blank = len(text) - len(text.lstrip())
    line: int = original.line  # the parser counts the blank lines before as a part
    return line + text.count("\n", 0, blank)


def _explain(problem: Mapping[str, Any]) -> Phrase:
    location = problem["loc"]
    name = PREFIX + str(location[0]).upper() if location else "settings"
    return Phrase("{name}: {words}", name=name, words=_words(problem, name))


def _words(problem: Mapping[str, Any], name: str) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "value_error":
        words: str = context["error"].args[0]
        return words
    if kind == "string_pattern_mismatch" and name in _EXAMPLES:
        return _EXAMPLES[name]
    if "expected" in context:
        some, _, last = str(context["expected"]).rpartition(" or ")
        return Phrase("use {some} or {last}", some=some, last=last) if some else Phrase("use {last}", last=last)
    limit = next((f"{context[bound]:g}" for bound in ("gt", "ge", "le") if bound in context), "")
    return _WORDS[kind](limit) if kind in _WORDS else Phrase("cannot be used")


_WORDS: Mapping[str, Callable[[str], Phrase]] = {
    "bool_parsing": lambda _: Phrase("use on or off"),
    "bool_type": lambda _: Phrase("use on or off"),
    "int_parsing": lambda _: Phrase("use whole numbers separated by commas"),
    "greater_than": lambda limit: Phrase("use numbers above {limit}", limit=limit),
    "greater_than_equal": lambda limit: Phrase("use at least {limit}", limit=limit),
    "less_than_equal": lambda limit: Phrase("use at most {limit}", limit=limit),
    "float_parsing": lambda _: Phrase("use a number of seconds"),
    "finite_number": lambda _: Phrase("use a number of seconds"),
}
_EXAMPLES = {
    "BITRIX24_REDIRECT_HOSTS": Phrase("use host names separated by commas, such as new-name.bitrix24.com"),
    "BITRIX24_HTTP_ALLOWED_HOSTS": Phrase(
        "use host names separated by commas, such as mcp.example.com, without https://"
    ),
    "BITRIX24_HTTP_ALLOWED_ORIGINS": Phrase(
        "use origins separated by commas, such as https://app.example.com, without a path"
    ),
}


def _reason(error: Exception) -> str:
    return reason_of(error, Phrase("unreadable")) if isinstance(error, OSError) else Phrase("not UTF-8 text")
