"""The advisory locks, of which PostgreSQL has one space for all: each number stands here and nowhere else."""

MIGRATIONS = 7_302_113
SIGNING_KEYS = 7_302_114
IMPORTS = 7_302_115
