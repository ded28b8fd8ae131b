"""The demonstration: one microscope session through its whole life, on one machine, with one command."""
