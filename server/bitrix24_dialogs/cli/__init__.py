"""The command ``bitrix24-dialogs-mcp``."""

from bitrix24_dialogs.cli.main import main

__all__ = ["main"]
