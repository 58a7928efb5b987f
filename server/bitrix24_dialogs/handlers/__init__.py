"""What the server answers to each kind of MCP request: the protocol's types on one side, ours on the other."""
