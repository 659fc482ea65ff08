#!/usr/bin/env bash
# Measures this checkout: starts what it needs on ports of its own, and stops it. All of it needs no preparation.
#   bench/run.sh [CASE]... [--rounds N] [--save] [--node DLL]
#       the table of figures and goals, or some of its cases (pub: both of pub16 and pub64); without CASE all of them.
#       --rounds: how often each is taken (5). --save: also writes it to bench/results, as the whole table always is.
#       --node: another build of the node, its OrleansGateway.Silo.dll. BENCH_LOCK=FILE: locked (flock) while measuring.
#   bench/run.sh latency|accounting|prefixes|publish|takeover|engines|channels...
#       promises and goals of their own, which print what they are
#   bench/run.sh micro [FILTER]
#       micro-benchmarks (BenchmarkDotNet): encoders, ring, framing, with allocations; all, or those that match, such as '*Ring*'
#   bench/run.sh selftest
#       whether the load generator finds every kind of fault
# Exit code: 0 all goals are met, 1 some are missed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
gateway=$root/gateway
native=$here/bin/native
program=$here/bin/Release/net10.0/OrleansGateway.Bench.dll
nodes=(http://127.0.0.1:18088 http://127.0.0.1:18089 http://127.0.0.1:18090)

source "$root/Cli/build.sh"

# Says nothing unless it fails.
build() {
    local report
    report=$(build_with_dotnet build "$root/$1" -c Release 2>&1) || {
        echo "$report" >&2
        return 1
    }
}

bench() {
    dotnet "$program" "$@"
}

# Debian packages.
need() {
    local missing=() package
    for package; do
        dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    if ((${#missing[@]})); then
        apt-get update >&2
        DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >&2
    fi
}

compile() {
    mkdir -p "$native"
    local name
    for name in loadgen refserver; do
        if [[ ! $native/$name -nt $here/peers/$name.c ]]; then
            gcc -O2 -Wall -Wextra -o "$native/$name" "$here/peers/$name.c"
        fi
    done
}

table() {
    need nginx libnginx-mod-nchan gcc libc6-dev
    compile
    build Silo/Silo.csproj

    # Where the servers have their directories, also when it is interrupted.
    TMPDIR=$(mktemp -d)
    export TMPDIR
    trap 'rm -rf "$TMPDIR"' EXIT
    bench table "$@"
}

# Nodes for the commands that measure running ones.
stop() {
    for dir in "$state"/*; do
        [[ ! -d $dir ]] || "$gateway" stop --state "$dir" >/dev/null || true
    done
    rm -rf "$state"
}

# A node for each way to store, beside each other.
publish() {
    "$gateway" start --nodes 1 --state "$state/local" --http 18188 --silo 12211 --orleans-gateway 13100 --numbers 127.0.0.1:17777 >/dev/null
    "$gateway" start --nodes 1 --state "$state/memory" --http 18288 --silo 12311 --orleans-gateway 13200 --numbers 127.0.0.1:17778 --storage memory >/dev/null
    bench publish http://127.0.0.1:18188 http://127.0.0.1:18288
    for dir in local memory; do
        "$gateway" stop --state "$state/$dir" >/dev/null
    done
}

running() {
    [[ -d $state/three ]] ||
        "$gateway" start --state "$state/three" --http 18088 --silo 12111 --orleans-gateway 13000 --numbers 127.0.0.1:17776 >/dev/null
    if [[ $1 == takeover ]]; then
        bench takeover "$state/three" "$gateway" "${nodes[@]}"
    else
        bench "$1" "${nodes[@]}"
    fi
}

ulimit -n "$(ulimit -Hn)"
case ${1:-} in
    -h | --help)
        sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
        build bench/Bench.csproj
        echo $'\ncases of the table:'
        bench table --help
        ;;
    micro)
        build bench/Micro/Micro.csproj
        dotnet "$here/Micro/bin/Release/net10.0/OrleansGateway.Bench.Micro.dll" --filter "${2:-*}" --artifacts "$here/bin/micro"
        ;;
    selftest)
        need gcc libc6-dev
        compile
        build bench/Bench.csproj
        bench selftest
        ;;
    latency | accounting | prefixes | publish | takeover | engines | channels)
        build bench/Bench.csproj
        state=$(mktemp -d)
        trap stop EXIT
        for what; do
            case $what in
                latency | accounting | prefixes | takeover) running "$what" ;;
                publish) publish ;;
                engines | channels) bench "$what" "$(mktemp -d -p "$state" store.XXXX)" ;;
                *)
                    echo "error: $what is none of latency, accounting, prefixes, publish, takeover, engines, channels" >&2
                    exit 2
                    ;;
            esac
        done
        ;;
    *)
        build bench/Bench.csproj
        table "$@"
        ;;
esac
