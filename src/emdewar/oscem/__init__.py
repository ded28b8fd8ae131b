"""OSC-EM records: the scientific metadata of a dataset, mapped from what the vendors wrote."""
