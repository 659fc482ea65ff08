#!/usr/bin/env bash
# Runs the units under a systemd of its own, in namespaces: start, reload, a killed node, a hanging one, stop, uninstall. What it writes
# to the system's directories is gone with it. As root, with systemd on the machine; the default ports have to be free.
#   deploy/systemd/check.sh PROGRAM      PROGRAM: what deploy/build.sh made; takes a minute; exit code 0 when all is well
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
program=$(realpath "${1:?which program?}")
fail() {
    echo "error: $1" >&2
    exit 1
}

if [[ ${2:-} != inside ]]; then
    ((EUID == 0)) && [[ -x /lib/systemd/systemd ]] || fail "this needs root and systemd"
    log=$(mktemp)
    unshare --mount --pid --fork --kill-child --mount-proc --uts --ipc --cgroup bash "${BASH_SOURCE[0]}" "$program" inside >"$log" 2>&1 &
    outer=$!
    init=
    trap '[[ -z $init ]] || kill -KILL "$init" 2>/dev/null || true; wait "$outer" 2>/dev/null || true; rm -f "$log"' EXIT
    deadline=$((SECONDS + 30))
    until init=$(pgrep -P "$outer") && [[ $(nsenter -t "$init" -a systemctl is-system-running 2>/dev/null || true) =~ running|degraded ]]; do
        kill -0 "$outer" 2>/dev/null && ((SECONDS < deadline)) || { cat "$log" >&2 && fail "systemd does not start in namespaces here"; }
        sleep 0.1
    done
    within() { nsenter -t "$init" -a "$@"; }
    show() { within systemctl show --value -p "$1" "$2"; }
    becomes() { # UNIT PROPERTY VALUE-OR-NOT SECONDS
        local deadline=$((SECONDS + $4))
        while [[ $3 == !* && $(show "$2" "$1") == "${3#!}" || $3 != !* && $(show "$2" "$1") != "$3" ]]; do
            ((SECONDS < deadline)) || { within systemctl status --no-pager "$1" >&2 || true; fail "$1: $2 is $(show "$2" "$1") after $4 s"; }
            sleep 0.1
        done
    }

    # It returns when they work.
    within systemctl start gateway-numbers gateway@1 gateway@2
    [[ $(show StatusText gateway@1) == "node-1 serves at http://127.0.0.1:8088" ]] || fail "node 1 says $(show StatusText gateway@1)"
    [[ $(within timeout 20 curl -sN 127.0.0.1:8089/numbers | grep -m 3 -c '[0-9]') == 3 ]] || fail "no numbers come"
    within grep -qE "^CapEff:\s0000000000000400$" "/proc/$(show MainPID gateway@1)/status" || fail "node 1 has rights that it does not need"
    echo "started: they serve, and have no rights but that to low ports"

    within sh -c 'echo "{ \"Gateway\": { \"MaxMessageBytes\": 10 } }" >/etc/gateway/appsettings.json'
    within systemctl reload gateway@1
    becomes gateway@1 ActiveState active 10
    deadline=$((SECONDS + 10))
    until [[ $(within curl -s -o /dev/null -w '%{http_code}' -d 'more than ten' 127.0.0.1:8088/x) == 413 ]]; do
        ((SECONDS < deadline)) || fail "node 1 does not take the settings"
        sleep 0.1
    done
    echo "reloaded"

    killed=$(show MainPID gateway@2)
    within kill -KILL "$killed"
    becomes gateway@2 MainPID "!$killed" 20
    becomes gateway@2 ActiveState active 30
    echo "killed: systemd brings it back"

    hanging=$(show MainPID gateway@1)
    within kill -STOP "$hanging"
    becomes gateway@1 NRestarts 1 60
    becomes gateway@1 ActiveState active 30
    echo "hanging: its watchdog ends it, and systemd brings it back"

    within systemctl stop gateway.target
    for unit in gateway@1 gateway@2 gateway-numbers; do
        becomes "$unit" ActiveState inactive 30
        [[ $(show Result "$unit") == success ]] || fail "$unit stopped with $(show Result "$unit")"
    done
    within "$here/uninstall.sh" --messages
    [[ -z $(within sh -c 'ls -d /usr/local/bin/gateway /etc/gateway /var/lib/gateway /var/lib/private/gateway /var/cache/private/gateway /etc/systemd/system/gateway* 2>/dev/null') ]] || fail "something was left"
    echo "stopped and uninstalled: nothing is left"
    exit
fi

# Inside: a machine with nothing but the units and what they stand on.
mount --make-rprivate /
units=$(mktemp -d)
cp -a /lib/systemd/system/. "$units"
layers=$(mktemp -d)
mount -t tmpfs tmpfs "$layers"
for directory in /etc /usr/local /var; do
    mkdir -p "$layers$directory/upper" "$layers$directory/work"
    mount -t overlay overlay -o "lowerdir=$directory,upperdir=$layers$directory/upper,workdir=$layers$directory/work" "$directory"
done
for directory in /run /etc/systemd/system /lib/systemd/system; do
    mount -t tmpfs tmpfs "$directory"
done
mkdir -p /run/lock
for unit in sysinit.target shutdown.target umount.target slices.target network-online.target multi-user.target; do
    cp -a "$units/$unit" /lib/systemd/system
done
rm -rf "$units"
printf '[Unit]\nDescription=nothing more\n' | tee /lib/systemd/system/basic.target >/lib/systemd/system/default.target
if ! [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
    mount -t tmpfs tmpfs /sys/fs/cgroup
    mkdir -p /sys/fs/cgroup/systemd
    mount -t cgroup -o none,name=systemd,xattr cgroup /sys/fs/cgroup/systemd
fi
"$here/install.sh" "$program" 2 || true # No systemd runs yet that could be told.
container=namespaces exec /lib/systemd/systemd --system --log-target=console
