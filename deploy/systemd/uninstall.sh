#!/usr/bin/env bash
# Stops all and removes what install.sh installed, as root: program, units, settings, and with --messages what the nodes keep, too.
#   deploy/systemd/uninstall.sh [--messages]
# GATEWAY_ROOT=DIR is that of install.sh.
set -euo pipefail
root=${GATEWAY_ROOT:-}
units=$root/etc/systemd/system
if [[ -z $root ]]; then
    systemctl disable --now gateway.target 2>/dev/null || true
    systemctl stop 'gateway@*.service' gateway-numbers.service 2>/dev/null || true
fi
rm -rf "$units"/gateway@.service "$units"/gateway-numbers.service "$units"/gateway.target "$units"/gateway.target.wants
rm -rf "$root/usr/local/bin/gateway" "$root/etc/gateway" "$root"/var/cache/gateway "$root"/var/cache/private/gateway
if [[ ${1:-} == --messages ]]; then
    rm -rf "$root"/var/lib/gateway "$root"/var/lib/private/gateway
fi
if [[ -z $root ]]; then
    systemctl daemon-reload
    systemctl reset-failed 'gateway*' 2>/dev/null || true
fi
[[ ! -e $root/var/lib/gateway ]] || echo "The messages stay in $root/var/lib/gateway; --messages removes them, too"
