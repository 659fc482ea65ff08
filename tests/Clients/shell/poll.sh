#!/usr/bin/env bash
# Prints a channel's messages as JSON lines by polling, and goes on at the next node when one is gone.
#   poll.sh CHANNEL NODE...
channel=$1 last=all answer=$(mktemp -d)
shift
trap 'rm -rf "$answer"' EXIT
while true; do
    for node; do
        while curl -sf -D "$answer/head" -o "$answer/body" -H "Last-Event-ID: $last" "$node/$channel?poll=1&wait=30s"; do
            cat "$answer/body"
            last=$(sed -n 's/^Last-Event-ID: \(.*\)\r$/\1/ip' "$answer/head")
        done
        sleep 0.2
    done
done
