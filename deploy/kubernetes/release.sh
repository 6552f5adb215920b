#!/bin/sh
# Brings an overlay to a cluster in the order that drops nothing: what all need, the migration, and then who serves.
# usage: release.sh OVERLAY [NAMESPACE], with kubectl as the environment has it
set -eu
overlay=$1 namespace=${2:-marquee}
[ -f "$overlay/kustomization.yaml" ] || {
  echo "There is no kustomization in $overlay." >&2
  exit 1
}
kubectl apply -k "$overlay" -l 'app.kubernetes.io/component notin (server, worker, migrate)'
# A job cannot be changed; that of the last release goes first.
kubectl delete job marquee-migrate -n "$namespace" --ignore-not-found --wait
kubectl apply -k "$overlay" -l app.kubernetes.io/component=migrate
kubectl wait job/marquee-migrate -n "$namespace" --for=condition=complete --timeout=15m
kubectl apply -k "$overlay"
kubectl rollout status deployment/marquee-server -n "$namespace" --timeout=15m
kubectl rollout status deployment/marquee-worker -n "$namespace" --timeout=15m
