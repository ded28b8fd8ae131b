"""A process that reads files on request, with bounded memory: it may die, and whoever asks sees of what.

`python -m tests.reader_process` reads lines `READER<tab>FILE` and answers each with one line of JSON.
"""

import json
import resource
import sys
import time
from pathlib import Path

from tests.readers import DOCUMENTED, Reader, readers

MOST_MEMORY = 300 << 20
"""Bytes that reading may take beyond what the process has when it starts."""

BOUND_THEMSELVES = ("materials.",)
"""Readers that let a process of their own read, which would inherit our bound instead of its own."""


def main() -> None:
    """Answer until nobody asks any more."""
    known = readers()
    limit = _data_bytes() + MOST_MEMORY
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin:
        name, _, path = line.rstrip("\n").partition("\t")
        own = resource.RLIM_INFINITY if name.startswith(BOUND_THEMSELVES) else limit
        resource.setrlimit(resource.RLIMIT_DATA, (own, resource.RLIM_INFINITY))
        started = time.process_time()
        wrong = _wrong(known[name], Path(path))
        sys.stdout.write(json.dumps({"wrong": wrong, "seconds": time.process_time() - started}) + "\n")
        sys.stdout.flush()


def _wrong(reader: Reader, path: Path) -> str | None:
    try:
        reader(path)
    except DOCUMENTED:
        return None
    except BaseException as error:  # noqa: BLE001 - that is the finding
        return f"{type(error).__name__}: {str(error)[:300]}"
    return None


def _data_bytes() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmData:"))


if __name__ == "__main__":
    main()
