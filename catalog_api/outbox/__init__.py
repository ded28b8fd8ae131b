"""The outbox: flow runs that jobs asked for, handed to Prefect until it has taken them."""
