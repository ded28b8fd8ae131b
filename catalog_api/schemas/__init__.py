"""Schemas of scientific metadata: those that are known here, and those that a dataset brings along.

No schema is ever fetched: an address that a stranger sends could point into the facility's own network.
"""
