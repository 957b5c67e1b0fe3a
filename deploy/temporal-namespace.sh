#!/bin/sh
# Makes the namespace, once; waits for the server first.
set -eu
until temporal operator cluster health --address "$TEMPORAL_ADDRESS"; do sleep 1; done
temporal operator namespace describe -n default --address "$TEMPORAL_ADDRESS" ||
  temporal operator namespace create -n default --retention 30d --address "$TEMPORAL_ADDRESS"
