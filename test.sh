#!/usr/bin/env bash
# Installs what the tests need, builds, and runs them. The last line is 'N passed, N failed'; exit 0 means all passed.
#   ./test.sh [PROJECT...] [--filter EXPRESSION]     PROJECT is a folder of tests/: Unit, Cluster, EndToEnd, Browser
set -uo pipefail
cd "$(dirname "$0")"
projects=() filter=()
while [ $# -gt 0 ]; do
    case $1 in
    --filter) filter=(--filter "${2:?--filter takes an expression}"); shift 2 ;;
    -*) echo "test.sh: unknown option '$1'" >&2; exit 2 ;;
    *) [ -d "tests/$1" ] || { echo "test.sh: there is no tests/$1" >&2; exit 2; }; projects+=("$1"); shift ;;
    esac
done
[ ${#projects[@]} -gt 0 ] || projects=(Unit Cluster EndToEnd Browser)

# Debian packages, by the command that each brings.
missing=()
for need in curl:curl chromium:chromium setpriv:util-linux node:nodejs; do
    command -v "${need%%:*}" >/dev/null || missing+=("${need##*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
    sudo=$([ "$(id -u)" = 0 ] || echo sudo)
    echo "installing ${missing[*]}"
    $sudo apt-get update -q >/dev/null && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null ||
        echo "test.sh: could not install ${missing[*]}; tests that need them will fail" >&2
fi

if ! dotnet build OrleansGateway.sln -c Release --nologo -v q; then
    echo "the build failed"
    echo "0 passed, 1 failed"
    exit 1
fi

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
passed=0 failed=0 skipped=0
for project in "${projects[@]}"; do
    echo "== tests/$project"
    dotnet test "tests/$project" -c Release --no-build --nologo "${filter[@]}" \
        --logger "trx;LogFileName=$results/$project.trx" --logger "console;verbosity=minimal"
    code=$?
    counters=$(grep -o '<Counters [^>]*>' "$results/$project.trx" 2>/dev/null)
    count() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$counters"; }
    if [ -z "$counters" ]; then
        # With a filter that matches nothing here there is nothing to count; otherwise the run broke.
        [ $code = 0 ] || failed=$((failed + 1))
        continue
    fi
    passed=$((passed + $(count passed))) failed=$((failed + $(count failed) + $(count error) + $(count timeout) + $(count aborted)))
    skipped=$((skipped + $(count total) - $(count executed)))
    if [ $code != 0 ] && [ "$(count failed)" = 0 ]; then failed=$((failed + 1)); fi
done
[ $skipped = 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ $failed = 0 ] && [ $passed -gt 0 ]
