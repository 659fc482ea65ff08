#!/usr/bin/env bash
# Publishes each line of its input. The key makes it safe to send a message again to another node.
#   publish.sh CHANNEL NODE...
channel=$1
shift
nodes=("$@") k=0
while IFS= read -r line; do
    key=$(cat /proc/sys/kernel/random/uuid)
    until printf %s "$line" | curl -sf -o /dev/null -H 'Content-Type: text/plain' -H "Idempotency-Key: $key" --data-binary @- "${nodes[k]}/$channel"; do
        k=$(((k + 1) % ${#nodes[@]}))
        sleep 0.2
    done
    echo "$key"
done
