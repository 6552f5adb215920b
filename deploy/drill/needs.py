"""What needs what: a kind of request, and the parts without which it may be told that it cannot be done."""

_DATABASE = frozenset({"pgbouncer", "primary"})
_STORE = frozenset({"store"})

NEEDS: dict[str, frozenset[str]] = {
    "nothing": frozenset(),
    "keys": frozenset(),
    "page": _DATABASE,
    "own page": _DATABASE,
    "search": _DATABASE | {"engine"},
    "sign in": _DATABASE,
    "register": _DATABASE,
    "login": _DATABASE,
    "wrong login": _DATABASE,
    "logout": _DATABASE,
    "ended": _DATABASE,
    "guest": _DATABASE,
    "stranger": _DATABASE | {"issuer"},
    "startStream": _DATABASE,
    "stream": _DATABASE | _STORE,
    "progress": _DATABASE,
    "review": _DATABASE,
    "refusal": _DATABASE,
    "like": _DATABASE,
    "own like": _DATABASE,
    "content": _DATABASE,
    "upload": _DATABASE,
    "put": _STORE,
    "complete": _DATABASE | _STORE,
    "notifications": _DATABASE,
    # Not answers, but news that arrive: they need a socket, and the line by which servers hear of each other.
    "event": _DATABASE | {"line"},
    "revocation": _DATABASE | {"line"},
}
NEWS = frozenset({"event", "revocation"})
