"""Signing up and in: with a password, with the code that a way by redirects ends with, or for tests."""

from contextlib import suppress

from domain.allowance import Allowance, Limited
from domain.attempts import Attempts
from domain.codes import CodeStore, hash_of
from domain.errors import Refusal, RefusalCode, not_found
from domain.oauth import LOGIN
from domain.password_backends import PasswordBackend
from domain.passwords import PasswordStore
from domain.ports import Database
from domain.registration import Registration, password_problem, spelling_of
from domain.sessions import Client, Session, Sessions, SignedIn
from domain.users import Users, Viewer
from domain.validation import Problems


class SignIn:
    """`delegated` keeps the passwords of new people, where there is such a place; who has one here keeps it here.
    `test_tokens`: whether anybody may sign in as anybody, which is for tests alone.
    """

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        users: Users,
        store: PasswordStore,
        local: PasswordBackend,
        delegated: PasswordBackend | None,
        codes: CodeStore,
        attempts: Attempts,
        allowance: Allowance,
        *,
        test_tokens: bool,
    ) -> None:
        self._database, self._sessions, self._users, self._store = database, sessions, users, store
        self._local, self._delegated = local, delegated
        self._codes, self._attempts, self._allowance = codes, attempts, allowance
        self._test_tokens = test_tokens

    async def register(self, new: Registration, client: Client) -> SignedIn:
        """Raises Refusal: VALIDATION_FAILED, ALREADY_EXISTS, UPSTREAM_FAILED; and RateLimited."""
        await self._allowance.count(Limited.SIGN_IN, client.address)
        return await (self._delegated or self._local).register(new.checked(), client)

    async def login(self, email: str, password: str, client: Client) -> SignedIn:
        """Raises Refusal BAD_CREDENTIALS, in the same time and words for an unknown person and a wrong password, or
        UPSTREAM_FAILED, NOT_CONFIGURED; and RateLimited.
        """
        await self._allowance.count(Limited.SIGN_IN, client.address)
        if self._delegated and not self._delegated.takes_passwords:
            # Asked of everybody, also of who has a password here: the answer must not tell who has.
            raise Refusal(
                RefusalCode.NOT_CONFIGURED, "This server takes no passwords. Sign in at the identity provider."
            )
        spelling = spelling_of(email)
        async with self._attempts.counted(spelling, client.address) as attempt:
            backend = await self._backend_of(spelling)
            signed_in = await backend.login(spelling, password, client)
            attempt.succeeded = signed_in is not None
        if signed_in is None:
            raise Refusal(RefusalCode.BAD_CREDENTIALS, "The e-mail address or the password is wrong.")
        return signed_in

    async def change_password(self, viewer: Viewer, current: str, new: str, client: Client) -> SignedIn:
        """Ends every session and begins one. Raises Refusal: VALIDATION_FAILED, BAD_CREDENTIALS where the current
        password is another, CONFLICT where there is none; and RateLimited.
        """
        with Problems("input") as problems:
            if problem := password_problem(new):
                problems.add("newPassword", problem)
        # By a key of its own: strangers who guess at the door do not keep the owner from changing it.
        account = f"password of person {viewer.user.id}"
        async with self._attempts.counted(account, client.address) as attempt:
            backend = self._backend(await self._store.hash_of(viewer.user.id))
            signed_in = await backend.change(viewer, current, new, client)
            attempt.succeeded = signed_in is not None
        if signed_in is None:
            raise Refusal(RefusalCode.BAD_CREDENTIALS, "The current password is another.")
        return signed_in

    async def exchange_code(self, code: str, client: Client) -> SignedIn:
        """Raises Refusal BAD_CREDENTIALS for a code that was used, is over, or never was; and RateLimited."""
        await self._allowance.count(Limited.SIGN_IN, client.address)
        async with self._database.writing() as transaction:
            user = await self._codes.redeem(transaction, hash_of(LOGIN, code))
            if user is None:
                raise Refusal(RefusalCode.BAD_CREDENTIALS, "This code was used, or is over. Please sign in again.")
            return await self._sessions.begin(transaction, user, client)

    async def for_tests(self, email: str, client: Client) -> SignedIn:
        """Signs in whoever has this e-mail. Raises Refusal: NOT_CONFIGURED, NOT_FOUND; and RateLimited."""
        await self._allowance.count(Limited.SIGN_IN, client.address)
        if not self._test_tokens:
            raise Refusal(RefusalCode.NOT_CONFIGURED, "This server issues no tokens for tests.")
        found = await self._store.credentials(spelling_of(email))
        if found is None:
            raise not_found("person")
        async with self._database.writing() as transaction:
            return await self._sessions.begin(transaction, found[0], client)

    async def logout(self, viewer: Viewer) -> bool:
        """Ends the session that is asking; False where it has just been ended by somebody else."""
        try:
            await self.revoke(viewer, viewer.session_id)
        except Refusal:
            return False
        return True

    async def revoke(self, viewer: Viewer, session_id: int) -> Session:
        """Also where tokens of the identity provider had opened it; where that cannot be reached it is ended here all
        the same, and the log has it. Raises Refusal NOT_FOUND for anything but a living session of the viewer's own.
        """
        session = await self._sessions.revoke(viewer, session_id)
        origin = await self._sessions.origin(session)
        if origin and self._delegated:
            with suppress(Refusal):
                await self._delegated.end_session(*origin)
        return session

    async def out_everywhere(self, viewer: Viewer) -> int:
        """Ends every session of the viewer; how many there were here. Raises Refusal UPSTREAM_FAILED where those here
        are ended and the identity provider could not be told.
        """
        ended = await self._sessions.revoke_all(viewer)
        await (self._delegated or self._local).end_sessions(viewer)
        return ended

    async def delete(self, viewer: Viewer, user_id: int) -> None:
        """As domain.users says, and the account where the password is kept, if that is elsewhere. Where that cannot be
        reached the person is gone here all the same; the log has it.
        """
        backend = self._delegated or self._local
        account = await backend.account_of(user_id)
        await self._users.delete(viewer, user_id)
        with suppress(Refusal):
            await backend.forget(account)

    async def _backend_of(self, email: str) -> PasswordBackend:
        if self._delegated is None:
            return self._local
        _, password_hash = await self._store.credentials(email) or (None, None)
        return self._backend(password_hash)

    def _backend(self, password_hash: str | None) -> PasswordBackend:
        return self._local if self._delegated is None or password_hash is not None else self._delegated
