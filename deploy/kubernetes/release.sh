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
# The job ends by itself, one way or the other: its activeDeadlineSeconds sees to that.
ended='' looks=0
while [ -z "$ended" ]; do
  states=$(kubectl get job marquee-migrate -n "$namespace" -o 'jsonpath={.status.conditions[?(@.status=="True")].type}')
  case " $states " in
    *" Complete "*) ended=well ;;
    *" Failed "*) ended=badly ;;
    *)
      looks=$((looks + 1))
      [ "$looks" -lt 450 ] || ended=badly # a quarter of an hour: nobody in the cluster looks after jobs
      sleep 2
      ;;
  esac
done
if [ "$ended" = badly ]; then
  kubectl logs -n "$namespace" -l batch.kubernetes.io/job-name=marquee-migrate --prefix --tail=100 >&2 ||
    echo "Its logs cannot be read." >&2
  echo "The migration failed: no server and no worker was changed." >&2
  exit 1
fi
kubectl apply -k "$overlay"
kubectl rollout status deployment/marquee-server -n "$namespace" --timeout=15m
kubectl rollout status deployment/marquee-worker -n "$namespace" --timeout=15m
