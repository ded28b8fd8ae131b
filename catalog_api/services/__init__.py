"""What the catalog does, one entity a module: a session, the caller and plain values in, rows out."""
