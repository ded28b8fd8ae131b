"""EM Dewar: the life of an electron-microscopy dataset, as a library.

Formats, metadata, datablocks, stores and clients. Nothing here knows Prefect, a web framework or SQL; the flows, the
catalog and people's scripts all stand on it.
"""

__version__: str

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    """Look the version up when somebody asks for it: that takes each process of a reader 50 ms on a busy machine."""
    if name != "__version__":
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - see above

    try:
        return version("emdewar")
    except PackageNotFoundError:  # a bare checkout, not installed
        return "0.1.0"
