"""MCP server for Bitrix24 Open Channels dialogs."""

__version__ = "0.1.0"
