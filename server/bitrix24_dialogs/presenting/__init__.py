"""Turning words written by strangers into safe plain text, and results into readable text.

Nothing here knows of tools, portals or settings: text goes in, text comes out. `words` is the way in for
text from the portal, `rendering` the way out for a finished result.
"""
