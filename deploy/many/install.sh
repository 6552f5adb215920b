#!/bin/sh
# Debian's nginx, PgBouncer, Redis and PostgreSQL: their programs alone. None of them is started here; `make run-many` and
# the tests start their own, on loopback, with folders of their own.
set -eu
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
apt-get update -qq
apt-get install -y -qq --no-install-recommends nginx-light pgbouncer redis-server postgresql >/dev/null
