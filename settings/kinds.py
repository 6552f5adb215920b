"""What settings may look like."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints


def _without_slash(address: str) -> str:
    return address.rstrip("/")


class IssuerSetting(BaseModel):
    """Another issuer whose access tokens are accepted."""

    issuer: str = Field(description="exactly what its tokens say in `iss`")
    jwks_url: str = Field(description="where its keys are published")
    audience: str | None = Field(None, description="what its tokens must say in `aud` or `azp`")


Origin = Annotated[str, StringConstraints(pattern=r"^https?://[^/?#@\s]+/?$"), AfterValidator(_without_slash)]
Address = Annotated[str, StringConstraints(pattern=r"^https?://[^?#@\s]+$"), AfterValidator(_without_slash)]
Bucket = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$")]
Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$", max_length=253)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, pattern="^[!-~]+$")]
RedisUrl = Annotated[str, StringConstraints(pattern=r"^rediss?://\S+$")]
