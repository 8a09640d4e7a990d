"""Outgoing connections to public addresses only: protection against server-side request forgery (SSRF)."""
