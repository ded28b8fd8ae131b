"""Logging in with an identity provider (OpenID Connect): its keys, its tokens, and the way there and back."""
