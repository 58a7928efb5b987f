"""Resources: dialogs, sessions, files and tools' pages that a client can attach."""
