"""Prompts: ready requests that a person picks, in their language."""
