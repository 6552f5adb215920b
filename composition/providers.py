"""The providers of identities that settings name."""

import httpx2

from domain.identities import IdentityProvider, Provider
from integrations.github import GitHub
from integrations.google import Google
from integrations.kakao import Kakao
from settings import Settings


def providers(settings: Settings, http: httpx2.AsyncClient) -> dict[IdentityProvider, Provider]:
    found: dict[IdentityProvider, Provider] = {}
    if settings.google_client_id:
        found[IdentityProvider.GOOGLE] = Google(
            client=http,
            client_id=settings.google_client_id,
            client_secret=settings.google_client_secret,
            issuer=settings.google_issuer,
        )
    if settings.github_client_id:
        found[IdentityProvider.GITHUB] = GitHub(
            client=http,
            client_id=settings.github_client_id,
            client_secret=settings.github_client_secret,
            url=settings.github_url,
            api_url=settings.github_api_url,
        )
    if settings.kakao_client_id:
        found[IdentityProvider.KAKAO] = Kakao(
            client=http,
            client_id=settings.kakao_client_id,
            client_secret=settings.kakao_client_secret,
            scope=settings.kakao_scope,
            admin_key=settings.kakao_admin_key,
            auth_url=settings.kakao_auth_url,
            api_url=settings.kakao_api_url,
        )
    return found
