"""Who may call over HTTP: names, tokens, and the file that keeps them."""
