"""What all tables share: the metadata with its naming convention, and the kinds of columns."""

from datetime import datetime

import sqlalchemy as sa

from domain.contents import AgeRating
from domain.corporations import Plan
from domain.devices import DevicePlatform
from domain.identities import IdentityProvider
from domain.images import ImageStatus
from domain.notifications import NotificationKind
from domain.users import Gender, Role

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ENUMS = {
    "role": Role,
    "plan": Plan,
    "age_rating": AgeRating,
    "gender": Gender,
    "identity_provider": IdentityProvider,
    "image_status": ImageStatus,
    "device_platform": DevicePlatform,
    "notification_kind": NotificationKind,
}

Moment = sa.TIMESTAMP(timezone=True)


def enum(name: str) -> sa.Enum:
    return sa.Enum(ENUMS[name], name=name, metadata=metadata)


def key() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True)


def reference(name: str, target: str, *, nullable: bool = False, cascade: bool = False) -> sa.Column[int]:
    ondelete = "CASCADE" if cascade else None
    return sa.Column(name, sa.BigInteger, sa.ForeignKey(f"{target}.id", ondelete=ondelete), nullable=nullable)


def moment(name: str, *, nullable: bool = False, default: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, Moment, nullable=nullable, server_default=sa.func.now() if default else None)
