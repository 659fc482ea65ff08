#!/usr/bin/env bash
# Prints a channel's messages as JSON lines, and goes on at the next node, after the last one that came, when a node is gone.
#   subscribe.sh CHANNEL NODE...
channel=$1 last=all
shift
while true; do
    for node; do
        while IFS= read -r line; do
            echo "$line"
            [[ $line =~ '"id":"'([^\"]+)'"' ]] && last=${BASH_REMATCH[1]}
        done < <(curl -sN -H "Last-Event-ID: $last" "$node/$channel?as=json")
        sleep 0.2
    done
done
