"""What is allowed: rights and lifecycle. Nothing here knows HTTP."""
