#!/usr/bin/env bash
# Installs what the tests need, builds all, and runs the tests: exit code 0 when all passed.
#   ./test.sh [--long] [PROJECT]... [--filter EXPRESSION]      --long: also those of the command that take long, as CI has it; PROJECT: Unit, Cluster, Conformance, Commands, EndToEnd, Accounting, Clients, Browser (default: all)
# The last line is "N passed, N failed".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

give_up() {
    echo "error: $1" >&2
    echo "0 passed, 1 failed"
    exit "${2:-1}"
}

# All but the library of those with real processes.
test_projects() {
    local file
    for file in tests/*/*.csproj; do
        grep -q '<IsTestProject>false<' "$file" || basename "$file" .csproj
    done
}

projects=()
filter=()
long=""
while (($#)); do
    case $1 in
        -h | --help)
            sed -n '2,4s/^# //p' "${BASH_SOURCE[0]}"
            exit
            ;;
        --filter)
            (($# > 1)) || give_up "--filter has no value; allowed is an expression of dotnet test --filter" 2
            filter=(--filter "$2")
            shift
            ;;
        --long) long=yes ;;
        --filter=*) filter=(--filter "${1#*=}") ;;
        -*) give_up "$1 is not a flag of test.sh, see --help" 2 ;;
        *)
            name=${1%/}
            name=${name#tests/}
            [[ $'\n'$(test_projects)$'\n' == *$'\n'"$name"$'\n'* ]] || give_up "there is no test project $1; allowed is one of: $(test_projects | paste -sd ' ')" 2
            projects+=("$name")
            ;;
    esac
    shift
done
if ((${#projects[@]} == 0)); then
    mapfile -t projects < <(test_projects)
fi

# Fast and simple kinds first. Only one that mostly waits, for clients to count as gone, runs beside another: the others fill the machine by themselves
# (two of them at once take four fifths of the time, and are late). What measures how long something takes is at the end.
groups=(Unit Cluster Conformance Commands EndToEnd Browser Accounting+Clients)
for name in $(test_projects); do
    [[ " ${groups[*]//+/ } " == *" $name "* ]] || groups+=("$name")
done
groups+=("EndToEnd (time)" "Commands (time)")

for dir in "${DOTNET_ROOT:-}" "${HOME:-}/.dotnet" /usr/share/dotnet /usr/lib/dotnet; do
    command -v dotnet >/dev/null && break
    [[ -n $dir && -x $dir/dotnet ]] && PATH=$PATH:$dir
done
command -v dotnet >/dev/null ||
    give_up "this needs the .NET 10 SDK, and there is no 'dotnet' in PATH: https://dotnet.microsoft.com/download"

# A program and the Debian package that has it.
packages=()
PATH=$PATH:/usr/sbin:/sbin # where a user's may not lead
needs() { command -v "$1" >/dev/null || packages+=("$2"); }
needs curl curl
needs chromium chromium
needs node nodejs
needs npm npm
needs flock util-linux
needs python3 python3
needs firefox-esr firefox-esr
needs nginx nginx
needs caddy caddy
needs ip iproute2
needs tmux tmux
needs zsh zsh
needs fish fish
if ((${#packages[@]})); then
    command -v apt-get >/dev/null || give_up "the tests need ${packages[*]}, and there is no apt-get to install them with"
    as_root=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null || give_up "the tests need ${packages[*]}: install them as root"
        as_root=(sudo)
    fi
    echo "Installing ${packages[*]}"
    log=$(mktemp)

    # Some are servers, which Debian would start at once, and for everybody: the tests start their own.
    policy=/usr/sbin/policy-rc.d
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" install -m 755 /dev/stdin "$policy"
        made_policy=$policy
        trap '"${as_root[@]}" rm -f "$made_policy"' EXIT
    fi
    if ! { "${as_root[@]}" apt-get update &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}"; } </dev/null >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        give_up "${packages[*]} could not be installed"
    fi
    rm -f "$log"
    trap - EXIT
    [[ ! -e ${made_policy:-} ]] || "${as_root[@]}" rm -f "$made_policy"
fi

# Many nodes are started here, which takes an eighth less CPU without W^X (memory that is executable is not writable).
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_EnableWriteXorExecute=0
source Cli/build.sh

# The same lock and stamp as those of ./gateway, which then has nothing to build.
echo "Building"
mkdir -p Cli/obj
stamp=Cli/obj/gateway.stamp
(
    flock 9 &&
        touch "$stamp.next" &&
        build_with_dotnet build OrleansGateway.sln -c Release </dev/null 9>&- &&
        mv "$stamp.next" "$stamp"
) 9>Cli/obj/gateway.lock || give_up "the build failed"

if [[ " ${projects[*]} " == *" Clients "* ]]; then
    namespace=gateway-probe-$$
    if ip netns add "$namespace" 2>/dev/null; then
        ip netns delete "$namespace"
    else
        echo "note: there are no network namespaces here (they need root), so that clients vanish is not tested, only that TCP would notice"
    fi
fi

results=$(mktemp -d)
# A kill with nobody to kill fails, and under `set -e` that would be the exit code of the whole.
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$results"' EXIT
passed=0 failed=0 skipped=0

# The number that an attribute of the counters in a report has.
counter() { sed -n "s/.*<Counters [^>]*\b$2=\"\([0-9]*\)\".*/\1/p" "$1" | head -n 1; }

# Runs the tests of a project.
run() {
    local project=${1%% *} only=()
    case $1 in
        *" (time)") only=("Measures=time") ;;
        EndToEnd | Commands) only=("Measures!=time") ;;
    esac
    [[ $project != Commands || -n $long ]] || ((${#filter[@]})) || only+=("Length!=long")
    ((${#filter[@]} == 0)) || only+=("(${filter[1]})")
    timeout --kill-after=30s 40m dotnet test "tests/$project/bin/Release/net10.0/OrleansGateway.Tests.$project.dll" --nologo \
        --logger "trx;LogFileName=$1.trx" --logger "console;verbosity=minimal" --results-directory "$results" \
        ${only:+--filter "$(IFS='&' && echo "${only[*]}")"} </dev/null ||
        echo "$?" >"$results/$1.status"
}

runs=()
for group in "${groups[@]}"; do
    IFS=+ read -ra members <<<"$group"
    here=()
    for name in "${members[@]}"; do
        [[ " ${projects[*]} " != *" ${name%% *} "* ]] || here+=("$name")
    done
    ((${#here[@]})) || continue
    echo "== ${here[*]}"
    for name in "${here[@]}"; do
        run "$name" >"$results/$name.out" 2>&1 &
    done
    wait
    for name in "${here[@]}"; do
        cat "$results/$name.out"
    done
    runs+=("${here[@]}")
done

for name in "${runs[@]}"; do
    status=$(cat "$results/$name.status" 2>/dev/null || echo 0)
    report=$results/$name.trx
    if [[ ! -f $report ]]; then
        # With a filter a project may have nothing to run.
        if ((status != 0 || ${#filter[@]} == 0)); then
            echo "$name ran no test (exit code $status)"
            failed=$((failed + 1))
        fi
        continue
    fi
    grep -q '<UnitTestResult ' "$report" || echo "$name has no test"
    total=$(counter "$report" total) executed=$(counter "$report" executed) ok=$(counter "$report" passed)
    passed=$((passed + ok))
    skipped=$((skipped + total - executed))
    bad=$((executed - ok))
    if ((bad == 0 && status != 0)); then
        echo "$name ended with exit code $status"
        bad=1
    fi
    failed=$((failed + bad))
done

((skipped == 0)) || echo "$skipped skipped"
echo "$passed passed, $failed failed"
((failed == 0))
