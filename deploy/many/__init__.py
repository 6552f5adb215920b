"""Everything that Marquee wants beside it, on one host: `python -m deploy.many`, or `make run-many`.

nginx, two servers, a worker, PgBouncer, Redis, PostgreSQL and a replica of it, on loopback, each a process of its own.
The files in templates/ are what they are told, with reasons: they are there to be copied.
"""
