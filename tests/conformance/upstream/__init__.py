"""The suites of SciCat's own clients, run against our server: `make conformance`."""
