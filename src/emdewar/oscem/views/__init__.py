"""A dataset as others want to read it: RO-Crate, schema.org and DataCite, from the catalog's and the OSC-EM record."""
