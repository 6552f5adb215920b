"""What Meta's errors mean (Graph API, "Handling Errors"). Their texts are not shown: they may quote what was asked."""

import httpx2
from pydantic import BaseModel, ValidationError

from domain.errors import Refusal, RefusalCode
from domain.instagram_tokens import DeadToken
from integrations.strangers import failed

NAME = "Meta"
_DEAD = {102, 190}
_NOT_ALLOWED = {10, *range(200, 300)}
_TOO_OFTEN = {4, 17, 32, 613}
_AWAY = 2
_NOT_OUR_APP = {101, 191}
_WRONG_PARAMETER = 100
# Expired, and used before. One that was never a code has no subcode.
_OF_THE_CODE = {36007, 36009, None}


class _Fault(BaseModel, strict=True):
    code: int
    error_subcode: int | None = None


class _Failure(BaseModel, strict=True):
    error: _Fault


def judge(response: httpx2.Response) -> None:
    """Of an answer to what was asked with a person's token: raises DeadToken, or Refusal PERSONA_OAUTH_REQUIRED where
    the token may not do this, UPSTREAM_FAILED for all else that is not good.
    """
    fault = _fault(response)
    if fault and fault.code in _DEAD:
        raise DeadToken
    if fault and fault.code in _NOT_ALLOWED:
        message = "At Meta this persona was not allowed all that is needed. Please sign in there again, and allow it."
        raise Refusal(RefusalCode.PERSONA_OAUTH_REQUIRED, message)
    judge_of_app(response)


def judge_code(response: httpx2.Response) -> None:
    """Of a code's exchange. Raises Refusal: BAD_CREDENTIALS where the code is at fault, else UPSTREAM_FAILED."""
    fault = _fault(response)
    if fault and fault.code == _WRONG_PARAMETER and fault.error_subcode in _OF_THE_CODE:
        raise not_taken()
    judge_of_app(response)


def judge_of_app(response: httpx2.Response) -> None:
    """Of what was asked in our own name. Raises Refusal UPSTREAM_FAILED, and tells the log Meta's numbers."""
    fault = _fault(response)
    if fault:
        raise failed(NAME, _what(fault, response), code=fault.code, subcode=fault.error_subcode)


def not_taken() -> Refusal:
    message = "Meta does not take this sign-in; it may have been used already. Please start again."
    return Refusal(RefusalCode.BAD_CREDENTIALS, message)


def _fault(response: httpx2.Response) -> _Fault | None:
    """None for a good answer. Raises Refusal UPSTREAM_FAILED for one that is neither good nor an error of Meta's."""
    if response.is_success:
        return None
    try:
        return _Failure.model_validate_json(response.content).error
    except ValidationError:
        raise failed(NAME, f"refuses the question ({response.status_code})") from None


def _what(fault: _Fault, response: httpx2.Response) -> str:
    if fault.code in _TOO_OFTEN:
        return "is asked too often; try again later"
    if fault.code == _AWAY:
        return "is out of order just now"
    return "refuses this server" if fault.code in _NOT_OUR_APP else f"refuses the question ({response.status_code})"
