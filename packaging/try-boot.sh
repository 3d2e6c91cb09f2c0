# shellcheck shell=bash disable=SC2034,SC2154
# The checks of packaging/try in a system that was booted by systemd; sourced by it.

# Boots the system with systemd, which has no network but its own loopback, and waits until it has started everything.
boot() {
    local tries=600
    inside apt-get install -q -y --no-install-recommends systemd-sysv dbus
    rm "$root/usr/sbin/policy-rc.d"
    umount -l "$root/dev" "$root/proc"
    systemd-nspawn -q -D "$root" --private-network --register=no --keep-unit --boot >"$work/console" 2>&1 </dev/null &
    pid=$!
    until leader=$(pgrep -P "$pid" | head -n 1) && [[ $leader ]] && inside systemctl is-active chunkupload 2>/dev/null | grep -qx active; do
        kill -0 "$pid" 2>/dev/null && ((tries-- > 0)) || { tail -n 20 "$work/console"; leader=''; return 1; }
        sleep 0.1
    done
    inside chunkupload health
}

# A service that was killed is started again, and what it has acknowledged is there.
restarts_after_a_kill() {
    local tries=600 killed
    killed=$(inside systemctl show -p MainPID --value chunkupload)
    inside kill -KILL "$killed"
    until [[ $(inside systemctl show -p NRestarts --value chunkupload) == 1 ]] &&
        inside systemctl is-active chunkupload | grep -qx active; do
        ((tries-- > 0)) || return 1
        sleep 0.1
    done
    inside chunkupload health && inside chunkupload fsck --deep
}

# The package stops and starts the unit itself, and no link that signs in is in the journal.
upgrades_a_running_service() {
    local before after
    before=$(inside systemctl show -p MainPID --value chunkupload)
    install_package "$newer" || return 1
    after=$(inside systemctl show -p MainPID --value chunkupload)
    ((after > 0 && after != before)) || { echo "the service is $after and was $before"; return 1; }
    inside chunkupload health && ! inside journalctl -u chunkupload | grep 'signin#link='
}

stops_with_the_system() {
    inside systemctl stop chunkupload
    [[ $(inside systemctl show -p Result --value chunkupload) == success ]] || return 1
    inside systemctl poweroff || true
    wait "$pid"
    leader='' pid=''
}
