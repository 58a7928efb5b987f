"""The one way to a Bitrix24 portal: credentials, limits, retries, typed errors.

Nothing above this package knows a URL, a secret or how the portal spells its parameters on the wire.
"""
