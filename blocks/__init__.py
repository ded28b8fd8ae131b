"""Where things are and how to log in: Prefect blocks, each of which builds one client or store."""
