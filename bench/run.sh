#!/usr/bin/env bash
# Starts nodes of this checkout on ports of their own, measures, and stops them.
#   bench/run.sh [latency|accounting|publish|takeover|engines|channels]...      (default: latency and accounting)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
gateway=$here/../gateway
state=$(mktemp -d)
flags=(--state "$state/three" --http 18088 --silo 12111 --orleans-gateway 13000 --numbers 127.0.0.1:17776)
nodes=(http://127.0.0.1:18088 http://127.0.0.1:18089 http://127.0.0.1:18090)
dotnet build "$here/Bench.csproj" -c Release -v q --nologo
bench() { dotnet "$here/bin/Release/net10.0/OrleansGateway.Bench.dll" "$@"; }
stop() {
    for dir in "$state"/*; do
        "$gateway" stop --state "$dir" >/dev/null || true
    done
    rm -rf "$state"
}
trap stop EXIT
ulimit -n "$(ulimit -Hn)"

# A node for each way to store, beside each other.
publish() {
    "$gateway" start --nodes 1 --state "$state/local" --http 18188 --silo 12211 --orleans-gateway 13100 --numbers 127.0.0.1:17777 >/dev/null
    "$gateway" start --nodes 1 --state "$state/memory" --http 18288 --silo 12311 --orleans-gateway 13200 --numbers 127.0.0.1:17778 --storage memory >/dev/null
    bench publish http://127.0.0.1:18188 http://127.0.0.1:18288
    for dir in local memory; do
        "$gateway" stop --state "$state/$dir" >/dev/null
    done
}

(($#)) || set -- latency accounting
for what; do
    case $what in
        latency | accounting | takeover)
            [[ -d $state/three ]] || "$gateway" start "${flags[@]}" >/dev/null
            [[ $what == takeover ]] && set -- takeover "$state/three" "$gateway" || set -- "$what"
            bench "$@" "${nodes[@]}"
            ;;
        publish) publish ;;
        engines | channels) bench "$what" "$(mktemp -d -p "$state" store.XXXX)" ;;
        *)
            echo "error: $what is none of latency, accounting, publish, takeover, engines, channels" >&2
            exit 2
            ;;
    esac
done
