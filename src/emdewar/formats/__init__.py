"""Readers of what vendors write, one format a module; each says units and reads headers only."""
