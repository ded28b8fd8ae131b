"""The endpoints, one entity a module: they translate, the services decide."""
