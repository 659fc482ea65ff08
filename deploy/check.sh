#!/usr/bin/env bash
# Builds the one program and the .NET tool, and tries each as its user would: start, publish, subscribe, reload, stop. Then installs the units
# for systemd below a directory of its own, and removes them. Nothing may be left.
#   deploy/check.sh      takes some minutes; exit code 0 when all is well
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
work=$(mktemp -d)
program=
finish() {
    [[ -z $program ]] || (cd "$work" && "$program" stop --force >/dev/null 2>&1) || true
    rm -rf "$work"
}
trap finish EXIT
fail() {
    echo "error: $1" >&2
    exit 1
}

# Ports that others do not use: a hundred that are free together.
first=20000
while ss -ltnH | grep -qE ":($(seq -s '|' "$first" $((first + 30))))\b"; do first=$((first + 100)); done
cd "$work"
export GATEWAY_ARTIFACTS=$work/artifacts DOTNET_BUNDLE_EXTRACT_BASE_DIR=$work/cache DOTNET_CLI_HOME=$work DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
export Gateway__Http=$first Gateway__Silo=$((first + 10)) Gateway__OrleansGateway=$((first + 20)) Gateway__Numbers=127.0.0.1:$((first + 30))

try_out() {
    program=$1
    "$program" --version
    "$program" start --nodes 2
    id=$("$program" pub greetings hello)
    [[ $id == *-1 ]] || fail "$program pub said '$id'"
    [[ $("$program" sub greetings --since all -n 1) == hello ]] || fail "$program sub did not say hello"
    echo '{ "Gateway": { "MaxMessageBytes": "2 MiB" } }' >appsettings.json
    "$program" reload | grep -F "Gateway:MaxMessageBytes 1 MiB -> 2 MiB" || fail "$program reload changed nothing"
    "$program" restart
    "$program" status
    "$program" stop
    rm -rf .gateway appsettings.json
    program=
}

NUGET_PACKAGES=${NUGET_PACKAGES:-$HOME/.nuget/packages} "$here/build.sh" out
try_out "$work/out/gateway"

"$here/build.sh" --tool out
dotnet tool install gateway --add-source out --tool-path tools --version "$(sed -n 's/.*<Version>\(.*\)<.*/\1/p' "$here/../Directory.Build.props")"
try_out "$work/tools/gateway"
dotnet tool uninstall gateway --tool-path tools

if command -v systemctl >/dev/null; then
    GATEWAY_ROOT=$work/root "$here/systemd/install.sh" out/gateway 2
    [[ -L $work/root/etc/systemd/system/gateway.target.wants/gateway@2.service ]] || fail "node 2 was not installed"
    # Of this system it has no program to run.
    { systemd-analyze verify "$work"/root/etc/systemd/system/gateway{@1.service,-numbers.service,.target} 2>&1 || true; } |
        { ! grep -E "gateway(@|-numbers|\.target)" | grep -v "/usr/local/bin/gateway is not executable"; } || fail "the units are not as systemd wants them"
    GATEWAY_ROOT=$work/root "$here/systemd/uninstall.sh" --messages
    [[ -z $(find root ! -type d) ]] || fail "$(find root ! -type d) was left"
    if ((EUID == 0)) && [[ -x /lib/systemd/systemd ]] && ! ss -ltnH | grep -qE ':(8088|8089|11111|11112|30000|30001|7776)\b'; then
        env -u Gateway__Http -u Gateway__Silo -u Gateway__OrleansGateway -u Gateway__Numbers -u DOTNET_BUNDLE_EXTRACT_BASE_DIR "$here/systemd/check.sh" "$work/out/gateway"
    else
        echo "note: the units do not run here (that needs root, systemd and the default ports)"
    fi
else
    echo "note: there is no systemd here, so its units are not tried"
fi
echo "all is well"
