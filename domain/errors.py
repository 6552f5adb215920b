"""The two kinds of "no": a Refusal that a client can show, and a coded error that no client can mend."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass


class RefusalCode(enum.Enum):
    VALIDATION_FAILED = "VALIDATION_FAILED"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    CONFLICT = "CONFLICT"
    BAD_CREDENTIALS = "BAD_CREDENTIALS"
    SESSION_EXPIRED = "SESSION_EXPIRED"
    PAID_PLAN_REQUIRED = "PAID_PLAN_REQUIRED"
    STREAM_LIMIT_REACHED = "STREAM_LIMIT_REACHED"
    NO_VIDEO = "NO_VIDEO"
    FILE_TOO_LARGE = "FILE_TOO_LARGE"
    UNSUPPORTED_FILE_TYPE = "UNSUPPORTED_FILE_TYPE"
    UPLOAD_INCOMPLETE = "UPLOAD_INCOMPLETE"
    PERSONA_REQUIRED = "PERSONA_REQUIRED"
    PERSONA_OAUTH_REQUIRED = "PERSONA_OAUTH_REQUIRED"
    NOT_CONFIGURED = "NOT_CONFIGURED"
    UPSTREAM_FAILED = "UPSTREAM_FAILED"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field of an input; `field` is the path to it, as the client wrote it."""

    field: tuple[str, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Refused:
    """What a refusal says. No exception itself: graphql-core takes a returned exception for a raised one."""

    code: RefusalCode
    message: str
    problems: tuple[Problem, ...]


class Refusal(Exception):
    """A deliberate "no", answered as the Refusal member of a mutation's union. Nothing has changed."""

    def __init__(self, code: RefusalCode, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.refused = Refused(code, message, tuple(problems))


class CodedError(Exception):
    """A top-level error: `code` and `status` (as HTTP would say it) go to extensions, the message to the client."""

    code = "INTERNAL"
    status = 500

    def __init__(self, message: str, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)


class ValidationFailed(CodedError):
    code = "VALIDATION_FAILED"
    status = 400


class Unauthenticated(CodedError):
    code = "UNAUTHENTICATED"
    status = 401


class UserNotFound(CodedError):
    code = "USER_NOT_FOUND"
    status = 401


class Forbidden(CodedError):
    code = "FORBIDDEN"
    status = 403


class CsrfTokenRequired(CodedError):
    """A cookie alone proves who asks, but not that they meant to: any page could have made their browser send it."""

    code = "CSRF_TOKEN_REQUIRED"
    status = 403


class NotFound(CodedError):
    code = "NOT_FOUND"
    status = 404


class Conflict(CodedError):
    """Something that this needed was deleted at the same moment."""

    code = "CONFLICT"
    status = 409


class RateLimited(CodedError):
    """Too much was asked in too short a time; `retry_after` is in seconds."""

    code = "RATE_LIMITED"
    status = 429

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message, (f"Try again in {retry_after} seconds.",))
        self.retry_after = retry_after


class Unavailable(CodedError):
    """A part this request needs is down or too slow; the same request may succeed later."""

    code = "UNAVAILABLE"
    status = 503


class UpstreamSilent(Unavailable):
    """A part did not answer in time."""

    status = 504


def not_found(what: str) -> Refusal:
    """The one answer for what never existed, was deleted, or is not the asker's to see."""
    return Refusal(RefusalCode.NOT_FOUND, f"There is no such {what}.")
