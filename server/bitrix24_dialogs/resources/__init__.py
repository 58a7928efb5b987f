"""Resources: dialogs, sessions, files and method pages that a client can attach."""
