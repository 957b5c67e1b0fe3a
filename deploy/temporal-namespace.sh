#!/bin/sh
# Makes the namespace, once. Closed orders stay in it for 30 days; after that the database alone knows them.
set -eu
namespace=${TEMPORAL_NAMESPACE:-default}

tries=60
until temporal operator cluster health --address "$TEMPORAL_ADDRESS"; do
  tries=$((tries - 1))
  if [ "$tries" -eq 0 ]; then
    echo "Temporal does not answer at $TEMPORAL_ADDRESS" >&2
    exit 1
  fi
  sleep 1
done

temporal operator namespace describe --namespace "$namespace" --address "$TEMPORAL_ADDRESS" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$namespace" --retention 30d --address "$TEMPORAL_ADDRESS"
