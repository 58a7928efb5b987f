"""Which files are handed to a model. A name says what a file should be; what it begins with decides whether it is.

Handed over is what a model can look at and nothing runs: pictures, PDF, plain text. Not handed over are programs,
pages and drawings that may hold scripts, archives, and office documents, which are archives of things that nobody has
looked at, and which no model reads as they are.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bitrix24_dialogs.gateway.errors import FileRefused


@dataclass(frozen=True)
class FileType:
    """A type that is handed over: its MIME type, what people call it, and what such a file begins with."""

    mime: str
    title: str
    begins: Callable[[bytes], bool]


def _with(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda body: body.startswith(marks)


def _is_webp(body: bytes) -> bool:
    return body[:4] == b"RIFF" and body[8:12] == b"WEBP"


def _is_text(body: bytes) -> bool:
    text = decoded(body)
    return text is not None and "\0" not in text and not _MARKUP.match(text)


_MARKUP = re.compile(r"\s{0,200}<(?:!doctype|html|head|body|script|svg|iframe|\?php|\?xml)", re.IGNORECASE)
_PNG = FileType("image/png", "a PNG picture", _with(b"\x89PNG\r\n\x1a\n"))
_JPEG = FileType("image/jpeg", "a JPEG picture", _with(b"\xff\xd8\xff"))
_TEXT = FileType("text/plain", "plain text in UTF-8", _is_text)

_BY_EXTENSION: Mapping[str, FileType] = {
    "png": _PNG,
    "jpg": _JPEG,
    "jpeg": _JPEG,
    "gif": FileType("image/gif", "a GIF picture", _with(b"GIF87a", b"GIF89a")),
    "webp": FileType("image/webp", "a WebP picture", _is_webp),
    "pdf": FileType("application/pdf", "a PDF document", _with(b"%PDF-")),
    **dict.fromkeys(("txt", "log", "md", "csv", "tsv", "json"), _TEXT),
}

_REASONS: Mapping[str, str] = {
    extension: why
    for why, extensions in (
        (
            "a program, which is not handed over",
            "exe msi com scr bat cmd ps1 vbs js mjs jar apk dll so sh py lnk reg app dmg iso",
        ),
        ("of a kind that may hold scripts, which is not handed over", "html htm xhtml mht svg svgz xml swf"),
        ("an archive, in which anything may be: it is not handed over", "zip rar 7z tar gz tgz bz2 xz cab"),
        (
            "an office document, which may hold programs and which no model reads as it is: it is not handed over",
            "doc docx docm xls xlsx xlsm ppt pptx pptm odt ods odp rtf",
        ),
        ("a recording, which is not handed over", "mp3 ogg oga opus wav m4a amr mp4 mov avi webm mkv 3gp"),
    )
    for extension in extensions.split()
}
_HANDED_OVER = "Open it in Bitrix24. Handed over are PNG, JPEG, GIF, WebP, PDF and UTF-8 text (txt, log, md, csv, json)"


def type_named(name: str) -> FileType:
    """The type that a file's ``name`` promises.

    Raises:
        FileRefused: files of such a name are not handed over.
    """
    extension = name.rpartition(".")[2].strip().lower() if "." in name else ""
    promised = _BY_EXTENSION.get(extension)
    if promised is None:
        why = _REASONS.get(extension, "of a kind that is not handed over")
        raise FileRefused(f"By its name the file is {why}", _HANDED_OVER)
    return promised


def require_type(promised: FileType, body: bytes) -> None:
    """Let ``body`` pass only if it is what the file's name promises.

    Raises:
        FileRefused: it begins like something else.
    """
    if not promised.begins(body):
        raise FileRefused(f"By its name the file is {promised.title}, by its content it is not", _HANDED_OVER)


def decoded(body: bytes) -> str | None:
    """``body`` as text: UTF-8, or UTF-16 that says so at its beginning; None for anything else."""
    encoding = "utf-16" if body.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        return None
