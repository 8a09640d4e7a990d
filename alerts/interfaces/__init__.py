"""How people and machines ask: HTTP API, lists, exports, commands."""
