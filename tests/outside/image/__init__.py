"""Builds the container image and runs it, with a container engine or with what Debian has."""
