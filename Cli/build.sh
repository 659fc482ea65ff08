# To be sourced by what builds.

# Runs dotnet with these arguments: one compiler serves all projects, and nothing of the build stays behind.
build_with_dotnet() (
    export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1
    compiler=(-p:UseSharedCompilation=false)
    if command -v pkill >/dev/null; then
        # It would go on for ten minutes, and one that is killed leaves its files; two of them are in /tmp whatever TMPDIR says.
        TMPDIR=$(mktemp -d)
        export TMPDIR
        name=gateway-$(basename "$TMPDIR")
        trap 'pkill -KILL -f -- "-pipename:$name\$" || true; rm -rf "$TMPDIR" "/tmp/$name" "/tmp/.dotnet/shm/global/$name.server"' EXIT
        compiler=(-p:UseSharedCompilation=true "-p:SharedCompilationId=$name")
    fi
    dotnet "$@" -v q --nologo -nodeReuse:false "${compiler[@]}"
)
