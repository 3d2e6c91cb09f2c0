# shellcheck shell=bash
# Installs the programs that the lab needs besides .NET and PostgreSQL, or names a missing one and refuses. Sourced after tools/lib.sh.

# The program $1, of Debian's package $2.
need_program() {
    command -v "$1" >/dev/null || [[ -e $1 ]] || missing+=("$2")
}

need_fault_programs() {
    local missing=()
    ((EUID == 0)) || die "The fault lab mounts file systems and traces processes: start it as root."
    need_program strace strace
    need_program mkfs.ext4 e2fsprogs
    need_program gcc gcc
    [[ -e /usr/include/stdlib.h ]] || missing+=(libc6-dev)
    need_program nbdfuse libnbd-bin
    need_program fusermount3 fuse3
    need_program /usr/sbin/nginx nginx-light
    need_program /usr/sbin/haproxy haproxy
    [[ -n $(compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1') ]] || missing+=(libfaketime)
    if ((${#missing[@]} > 0)); then
        say "Installing ${missing[*]} with apt ..."
        { DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" ||
            { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
                "${missing[@]}"; }; } >/dev/null 2>&1 ||
            die "The fault lab needs ${missing[*]}, and apt could not install them."
    fi
    [[ -e /dev/loop-control ]] || die "The fault lab needs loop devices (/dev/loop-control), and this machine has none."
    [[ -e /dev/fuse ]] || die "The fault lab needs FUSE (/dev/fuse), and this machine has none."
}
