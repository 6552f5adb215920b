"""Ports and secrets, kept in a file: a part that starts again is where it was, and others may look where that is."""

import json
import os
import random
import secrets
import socket
from pathlib import Path
from typing import Any

# Below those that the kernel gives to connections going out: it could give one away while its owner restarts.
_PORTS = range(20_000, 32_000)


class Kept:
    """`folder` is the layout's own. Of several processes, one alone may choose what is not chosen yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "kept.json"
        self._values: dict[str, Any] = json.loads(self._file.read_text()) if self._file.exists() else {}

    def port(self, name: str) -> int:
        return int(self._value(f"{name} port", _free_port))

    def secret(self, name: str) -> str:
        return str(self._value(f"{name} secret", lambda: secrets.token_urlsafe(32)))

    def address(self, name: str) -> str:
        return f"127.0.0.1:{self.port(name)}"

    def forget_taken_ports(self) -> None:
        """To be called while none of the parts runs: where a stranger listens now, another port will be chosen."""
        for name, value in list(self._values.items()):
            if name.endswith(" port") and not _is_free(value):
                del self._values[name]

    def _value(self, name: str, choose: Any) -> Any:
        if name not in self._values:
            self._values[name] = choose()
            self._write()
        return self._values[name]

    def _write(self) -> None:
        draft = self._file.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(self._values, file, indent=1)
        draft.replace(self._file)


def _free_port() -> int:
    return next(port for port in random.SystemRandom().sample(_PORTS, 200) if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as line:
        # Else what one of ours listened at a moment ago would seem taken.
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            line.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
