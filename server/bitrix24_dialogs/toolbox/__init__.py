"""What a tool is: its declaration, its arguments and results, who may see it, and how a call runs."""
