"""What a resolver is given."""

import asyncio
import hmac
import time
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import strawberry

from domain.allowance import Allowance
from domain.authentication import Authentication
from domain.contents import Contents, ContentStore
from domain.corporations import Corporations, CorporationStore
from domain.devices import Devices, DeviceStore
from domain.endings import Ending
from domain.errors import CsrfTokenRequired, Refusal, RefusalCode, Unauthenticated
from domain.freshness import Freshness
from domain.generated_images import GeneratedImages
from domain.genres import GenreStore
from domain.identities import Identities
from domain.images import Images, ImageStore
from domain.instagram import Instagram, LinkStore
from domain.instagram_authorization import InstagramAuthorization
from domain.instagram_tokens import TokenStore
from domain.likes import Likes, LikeStore
from domain.media import ObjectStore
from domain.media_objects import MediaObjects
from domain.notifications import Notifications, NotificationStore
from domain.oauth import OAuth
from domain.personas import Personas, PersonaStore
from domain.playback import Playback, PlaybackStore
from domain.posts import Posts, PostStore
from domain.profiles import Profiles
from domain.progress import Progress, ProgressStore
from domain.reviews import Reviews, ReviewStore
from domain.search import Search
from domain.sessions import Client, Cookie, Sessions
from domain.sign_in import SignIn
from domain.tmdb import Tmdb, TmdbCatalogue
from domain.users import Users, UserStore, Viewer
from domain.video_assets import VideoAssets, VideoAssetStore
from resolvers.loaders import Loaders


@dataclass(frozen=True, slots=True)
class Stores:
    """For reading what needs no rule but visibility, which the stores keep themselves."""

    users: UserStore
    corporations: CorporationStore
    contents: ContentStore
    genres: GenreStore
    video_assets: VideoAssetStore
    likes: LikeStore
    reviews: ReviewStore
    playback: PlaybackStore
    progress: ProgressStore
    images: ImageStore
    posts: PostStore
    personas: PersonaStore
    notifications: NotificationStore
    devices: DeviceStore
    instagram_links: LinkStore
    instagram_tokens: TokenStore


@dataclass(frozen=True, slots=True)
class Services:
    """For everything that changes something, and for what is more than one read."""

    users: Users
    authentication: Authentication
    sign_in: SignIn
    oauth: OAuth
    sessions: Sessions
    identities: Identities
    profiles: Profiles
    corporations: Corporations
    contents: Contents
    video_assets: VideoAssets
    likes: Likes
    reviews: Reviews
    tmdb: Tmdb
    playback: Playback
    progress: Progress
    search: Search
    media_objects: MediaObjects
    images: Images
    posts: Posts
    personas: Personas
    generated_images: GeneratedImages
    instagram: Instagram
    instagram_authorization: InstagramAuthorization
    notifications: Notifications
    devices: Devices


@dataclass(frozen=True, slots=True, eq=False)
class House:
    """What is built once, at the start, and the same for every request."""

    stores: Stores
    services: Services
    objects: ObjectStore
    tmdb: TmdbCatalogue
    allowance: Allowance
    freshness: Freshness


@dataclass(slots=True)
class Context:
    """One operation's. `base_url` is this server's address as the client called it. `by_cookie`: whether a cookie said
    who this is; `csrf_token` is what the request says beside it. `cookie` is what the answer is to set, where
    `takes_cookies`.
    """

    house: House
    request_id: str
    base_url: str
    user_agent: str | None
    address: str
    takes_cookies: bool = False
    viewer: Viewer | None = None
    by_cookie: bool = False
    csrf_token: str | None = None
    cookie: Cookie | None = None
    # Of a WebSocket only, and the socket's own business: what it connected with, and who watches its session.
    connection_params: dict[str, Any] | None = None
    socket: Any = None
    watch: asyncio.Task[None] | Ending | None = None
    began: float = field(default_factory=time.monotonic)
    loaders: Loaders = field(init=False)
    stale: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self)

    @property
    def stores(self) -> Stores:
        return self.house.stores

    @property
    def services(self) -> Services:
        return self.house.services

    async def note_write(self) -> None:
        """What was known before this write is not believed any more, the viewer and their rights included."""
        if self.viewer:
            await self.house.freshness.wrote(self.viewer.user.id)
        self.renew_loaders()
        self.stale = True

    async def renew_viewer(self) -> None:
        """Before the next field of the same mutation: the one before may have ended the session or taken a role."""
        if self.stale and self.viewer is not None:
            self.viewer = await self.services.authentication.renewed(self.viewer)
        self.stale = False

    def renew_loaders(self) -> None:
        """After a write, or before the next event of a subscription: what was loaded may be stale."""
        self.loaders = Loaders(self)

    def signed_in(self) -> Viewer:
        """Raises Unauthenticated where nobody is signed in."""
        if self.viewer is None:
            raise Unauthenticated("Please sign in: this needs an access token.")
        return self.viewer

    async def charge(self, cost: int) -> None:
        """Takes what an operation costs from what its asker may ask for. Raises RateLimited."""
        user_id = self.viewer.user.id if self.viewer else None
        await self.house.allowance.spend(self.address, user_id, cost)

    def client(self, *, wants_cookie: bool = False) -> Client:
        """Who asks to be signed in. Raises Refusal VALIDATION_FAILED where a cookie is wanted and cannot be set."""
        if wants_cookie and not self.takes_cookies:
            message = "A cookie can only be set by the answer to an HTTP request, and not to a stream of events."
            raise Refusal(RefusalCode.VALIDATION_FAILED, message)
        return Client(self.user_agent, self.address, wants_cookie)

    def require_csrf_token(self) -> None:
        """Raises CsrfTokenRequired where a cookie alone says who wants something to change."""
        if not self.by_cookie or self.viewer is None:
            return
        expected = self.services.authentication.csrf_token(self.viewer)
        if not hmac.compare_digest(expected.encode(), (self.csrf_token or "").encode(errors="replace")):
            raise CsrfTokenRequired("With a cookie, a mutation needs the header X-CSRF-Token: see viewer.csrfToken.")

    def url(self, path: str) -> str:
        """The absolute address of a path below this server's own; an absolute one stays as it is."""
        return self.base_url + path if path.startswith("/") else path


Info: TypeAlias = strawberry.Info[Context, None]
