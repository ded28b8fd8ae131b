"""Preparing: selection of files, import tables, gain reference and dose, from what metadata say."""
