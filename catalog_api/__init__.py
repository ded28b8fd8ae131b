"""The catalog: FastAPI and SQLModel, the state of everything. It knows no Prefect."""
