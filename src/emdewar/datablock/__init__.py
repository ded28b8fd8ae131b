"""Datablocks: the archive format. Plan, write, verify, index and restore BagIt bags in deterministic tar files."""
