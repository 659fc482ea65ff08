#!/usr/bin/env bash
# Installs the program and its units for systemd, as root. Nothing is started.
#   deploy/systemd/install.sh PROGRAM [NODES]     PROGRAM: what deploy/build.sh made; NODES: how many nodes start with the machine (3)
# GATEWAY_ROOT=DIR installs below a directory instead of /.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
(($# >= 1)) && [[ -f $1 ]] || { echo "error: which program? deploy/build.sh DIR makes DIR/gateway" >&2 && exit 2; }
[[ ${2:-3} =~ ^[1-9][0-9]{0,2}$ ]] || { echo "error: the number of nodes is '$2'; allowed is 1 to 999" >&2 && exit 2; }
root=${GATEWAY_ROOT:-}
units=$root/etc/systemd/system

install -D -m 755 "$1" "$root/usr/local/bin/gateway"
install -d -m 755 "$root/etc/gateway"
[[ -e $root/etc/gateway/appsettings.json ]] || printf '{\n  "Gateway": {}\n}\n' >"$root/etc/gateway/appsettings.json"
for unit in gateway@.service gateway-numbers.service gateway.target; do
    install -D -m 644 "$here/$unit" "$units/$unit"
done

# Before version 253 systemd does not know notify-reload: there it sends SIGHUP by a command, and does not wait for the end of a reload.
version=$(systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p' || true)
if ((${version:-253} < 253)); then
    for unit in gateway@.service gateway-numbers.service; do
        sed -i 's|^Type=notify-reload$|Type=notify\nExecReload=/bin/kill -HUP $MAINPID|' "$units/$unit"
    done
fi

install -d "$units/gateway.target.wants"
rm -f "$units"/gateway.target.wants/gateway@*.service
ln -sf ../gateway-numbers.service "$units/gateway.target.wants/gateway-numbers.service"
for ((node = 1; node <= ${2:-3}; node++)); do
    ln -sf ../gateway@.service "$units/gateway.target.wants/gateway@$node.service"
done
[[ -n $root ]] || systemctl daemon-reload
echo "Installed. systemctl enable --now gateway.target starts all; /etc/gateway/appsettings.json has the settings"
