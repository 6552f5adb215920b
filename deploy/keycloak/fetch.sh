#!/usr/bin/env sh
# Fetches Keycloak by Maven, checks it, unpacks it and puts it together for start-dev, so that it starts in half the time.
# usage: fetch.sh VERSION SHA256 FOLDER; the folder FOLDER/keycloak-VERSION comes when all of it is there.
set -eu
version=$1 sha256=$2 folder=$3

say() { echo "$*" >&2; }
java -version >/dev/null 2>&1 || {
  say "Keycloak needs Java 17 or newer, and there is none here; on Debian it is the package default-jre-headless"
  exit 1
}
command -v mvn >/dev/null || {
  say "Keycloak is fetched by Maven, and there is none here; on Debian it is the package maven"
  exit 1
}

say "Fetching Keycloak $version ..."
mkdir -p "$folder"
part=$(mktemp -d "$(cd "$folder" && pwd)/part.XXXXXX")
trap 'rm -rf "$part"' EXIT
trap 'exit 1' INT TERM
cd "$part"
mvn -q -B -Dstyle.color=never org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy -DoutputDirectory="$part" \
  -Dartifact="org.keycloak:keycloak-quarkus-dist:$version:zip" >&2
echo "$sha256  keycloak-quarkus-dist-$version.zip" | sha256sum -c --status || {
  say "This is not the Keycloak that the Makefile names."
  exit 1
}
python3 -m zipfile -e "keycloak-quarkus-dist-$version.zip" .

# start-dev says 10 when it has put the server together; kc.sh would go on and run it, so it is not asked.
status=0
java -Dkc.home.dir="$part/keycloak-$version" -jar "keycloak-$version/lib/quarkus-run.jar" start-dev >log 2>&1 || status=$?
[ $status = 10 ] || {
  cat log >&2
  exit 1
}
mv "keycloak-$version" ..
