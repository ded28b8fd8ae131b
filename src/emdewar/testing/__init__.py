"""Fakes and faults that ship with the library, kept honest by the conformance tests."""
