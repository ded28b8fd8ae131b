"""Find sessions where a microscope writes them, wait until they are settled, and bring them over with checksums."""
