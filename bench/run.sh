#!/usr/bin/env bash
# Starts three nodes of this checkout on ports of their own, measures, and stops them.
#   bench/run.sh [latency|accounting]...      (default: both)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
state=$(mktemp -d)
flags=(--state "$state" --http 18088 --silo 12111 --orleans-gateway 13000 --numbers 127.0.0.1:17776)
dotnet build "$here/Bench.csproj" -c Release -v q --nologo
stop() { "$here/../gateway" stop --state "$state" >/dev/null || true; rm -rf "$state"; }
trap stop EXIT
"$here/../gateway" start "${flags[@]}" >/dev/null
for what in "${@:-latency accounting}"; do
    for one in $what; do
        dotnet "$here/bin/Release/net10.0/OrleansGateway.Bench.dll" "$one" http://127.0.0.1:18088 http://127.0.0.1:18089 http://127.0.0.1:18090
    done
done
