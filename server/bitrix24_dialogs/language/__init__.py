"""The language of what people read: commands, questions, prompts. Tools speak English, the model's contract."""
