"""Asks a process of its own to read a file, and says what went wrong: an error, a death, too long."""

import json
import os
import select
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parent.parent
LONGEST_S = 5.0
"""Processor time that one file may take."""

_PATIENCE_S = 60.0
"""Time after which a process that says nothing is taken for hung, however busy the machine."""


class BoundedReader:
    """One process, started anew when it dies."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self._end()

    def wrong(self, reader: str, path: Path) -> str | None:
        """Let a reader read a file; gives what went wrong, or None."""
        process = self._process or self._start()
        if process.stdin is None or process.stdout is None:
            return "no pipe"
        process.stdin.write(f"{reader}\t".encode() + os.fsencode(path) + b"\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], _PATIENCE_S)
        line = process.stdout.readline() if ready else b""
        if not line:
            code = self._end()
            return f"its process died with {code}" if ready else f"no answer after {_PATIENCE_S} s"
        answer = json.loads(line)
        if answer["wrong"] is None and answer["seconds"] > LONGEST_S:
            return f"it took {answer['seconds']:.1f} s"
        return str(answer["wrong"]) if answer["wrong"] else None

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.reader_process"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "PYTHONUTF8": "1"},
        )
        return self._process

    def _end(self) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        process.kill()
        code = process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        return code
