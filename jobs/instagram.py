"""Renewing the tokens of Meta's that end soon."""

from datetime import timedelta

import structlog

from domain.errors import Refusal
from domain.instagram import Meta
from domain.instagram_tokens import DeadToken, SealedToken, Tokens

_log = structlog.get_logger("instagram")
_AT_ONCE = 20
# So long after its end nobody asks any more what has become of a token.
_KEPT = timedelta(days=30)


class RenewInstagramTokens:
    """Any number of processes may do so at once. What fails waits for the next day."""

    def __init__(self, meta: Meta, tokens: Tokens) -> None:
        self._meta, self._tokens = meta, tokens

    async def __call__(self) -> None:
        await self._tokens.sweep(_KEPT)
        if not self._meta.is_configured:
            return
        while claimed := await self._tokens.claim(_AT_ONCE):
            answered = [await self._renew(kept) for kept in claimed]
            if not any(answered):
                return  # the rest need not be put off for a day because Meta is away for an hour

    async def _renew(self, kept: SealedToken) -> bool:
        """Whether Meta could be asked."""
        token = self._tokens.opened(kept)
        if token is None:
            return True
        try:
            await self._tokens.renew(token, await self._meta.renewed(token.text))
        except DeadToken:
            await self._tokens.forget(token)
            _log.info("token_forgotten", persona=kept.persona_id)
        except Refusal as refusal:
            _log.warning("token_not_renewed", persona=kept.persona_id, reason=refusal.refused.message)
            return False
        return True
