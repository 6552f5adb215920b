#!/bin/sh
# Writes deploy/compose.env from its example, with a new secret wherever one is left empty. What is there stays.
set -eu
cd "$(dirname "$0")/.."
target=${1:-compose.env}
[ ! -e "$target" ] || {
  echo "$target is there already; it is left as it is." >&2
  exit 1
}
umask 077
draft=$(mktemp "$target.XXXXXX")
trap 'rm -f "$draft"' EXIT
while IFS= read -r line; do
  case $line in
    *_PASSWORD= | *_SECRET= | *_TOKEN= | *_KEY=) echo "$line$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')" ;;
    *) printf '%s\n' "$line" ;;
  esac
done <compose.env.example >"$draft"
mv "$draft" "$target"
trap - EXIT
echo "Written: $target. It holds secrets; keep it out of git."
