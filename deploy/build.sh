#!/usr/bin/env bash
# Builds the gateway as one program, and as a .NET tool.
#   deploy/build.sh OUT            OUT/gateway: one file, for machines with the .NET 10 runtime (ASP.NET Core)
#   deploy/build.sh --self-contained OUT   the same, with the runtime in it
#   deploy/build.sh --tool OUT     OUT/gateway.VERSION.nupkg, for dotnet tool install
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
kind=--file
case ${1:-} in
    --tool | --self-contained) kind=$1 && shift ;;
    -*) sed -n '2,5s/^# //p' "${BASH_SOURCE[0]}" && exit 2 ;;
esac
(($# == 1)) || { echo "error: where to? deploy/build.sh OUT" >&2 && exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd -P)

# What is built for this does not disturb what ./gateway runs.
artifacts=${GATEWAY_ARTIFACTS:-$(mktemp -d)}
[[ -n ${GATEWAY_ARTIFACTS:-} ]] || trap 'rm -rf "$artifacts"' EXIT
source "$root/Cli/build.sh"
common=("$root/deploy/Gateway/Gateway.csproj" -c Release --artifacts-path "$artifacts")

# The command refers to the programs of the parts, which are in the same file then.
one=(-p:PublishSingleFile=true -p:ValidateExecutableReferencesMatchSelfContained=false)
rid=$(dotnet --info | sed -n 's/^ *RID: *//p' | head -n 1)
case $kind in
    --tool) build_with_dotnet pack "${common[@]}" -o "$out" ;;
    --self-contained) build_with_dotnet publish "${common[@]}" "${one[@]}" -r "$rid" --self-contained true -p:EnableCompressionInSingleFile=true -o "$artifacts/one" ;;
    *) build_with_dotnet publish "${common[@]}" "${one[@]}" -r "$rid" --self-contained false -o "$artifacts/one" ;;
esac </dev/null
[[ $kind == --tool ]] || install -m 755 "$artifacts/one/gateway" "$out/gateway"
ls -l "$out"/gateway*
