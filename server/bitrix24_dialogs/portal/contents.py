"""What is in the files of a portal: bytes that look like what their names promise."""

import base64
import binascii
import zlib

from bitrix24_dialogs.portal.entities import File

# A picture of one dot; JPEG and GIF need tables that are easier to keep than to make.
_GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_JPEG_HEAD = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
_JPEG_END = b"\xff\xd9"
_JPEG_COMMENT = 60_000
_PNG_HEAD = b"\x89PNG\r\n\x1a\n"

_MIME = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "csv": "text/csv",
    "json": "application/json",
    "html": "text/html",
}


def content_of(file: File) -> bytes:
    """Return a file's bytes: what was stored, or something of its type that is as long as the file says."""
    if file.content:
        return stored(file.content)
    extension = _extension(file)
    if extension == "png":
        return _png(file.size)
    if extension in {"jpg", "jpeg"}:
        return _jpeg(file.size)
    if extension == "gif":
        return _GIF.ljust(file.size, b"\0")
    if extension == "pdf":
        return b"%PDF-1.4\n".ljust(max(file.size - 6, 9), b"%") + b"\n%%EOF"
    return (f"{file.name}\n".encode() * (file.size // max(1, len(file.name.encode())) + 1))[: file.size]


def mime_of(file: File) -> str:
    """Return the type a portal gives a file: by its name alone."""
    return _MIME.get(_extension(file), "application/octet-stream")


def stored(content: str) -> bytes:
    """Return the bytes of a stored content.

    Raises:
        ValueError: it is not base64.
    """
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error:
        raise ValueError("a file's content must be base64") from None


def _extension(file: File) -> str:
    return file.name.rpartition(".")[2].lower()


def _png(size: int) -> bytes:
    dot = _chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0") + _chunk(b"IDAT", zlib.compress(b"\0\0"))
    end = _chunk(b"IEND", b"")
    missing = size - len(_PNG_HEAD + dot + end) - len(_chunk(b"fiLl", b""))
    filling = _chunk(b"fiLl", b"\0" * missing) if missing >= 0 else b""
    return _PNG_HEAD + dot + filling + end


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def _jpeg(size: int) -> bytes:
    body = bytearray(_JPEG_HEAD)
    while (missing := size - len(body) - len(_JPEG_END)) > 4:  # noqa: PLR2004 -- the head of a comment
        length = min(missing - 2, _JPEG_COMMENT)
        body += b"\xff\xfe" + length.to_bytes(2, "big") + b"\0" * (length - 2)
    return bytes(body) + _JPEG_END
