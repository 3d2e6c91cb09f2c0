# shellcheck shell=bash
# Sourced by try: makes images under the names that Dockerfile and the compose files use. $keep has the systems that they are made of, and
# $work is the folder of the run.

# Makes a system of Debian 12 with the packages $2 ... in the file $1, unless it is there.
make_system() {
    local packed=$1 mirror root=$work/system packages
    shift
    [[ ! -f $packed ]] || return 0
    packages=$(IFS=, && printf '%s' "$*")
    mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep -v security | head -n 1)
    debootstrap --variant=minbase --include="$packages" bookworm "$root" "$mirror"
    apt-config dump Acquire | grep -E '::(http|https)::|::Retries' >"$root/etc/apt/apt.conf.d/90host" || true
    rm -rf "$root"/var/cache/apt/archives/*.deb
    mkdir -p "$(dirname -- "$packed")"
    tar -C "$root" --numeric-owner --exclude=./dev --exclude=./proc -cf "$packed.part" . && mv "$packed.part" "$packed"
    rm -rf --one-file-system "$root"
}

# Makes the image $1 from the system $2; $3 is a function that adds to the folder of its files, and the rest are its settings.
make_image() {
    local name=$1 system=$2 add=$3 container root
    shift 3
    ! podman image exists "$name" || return 0
    container=$(buildah from scratch)
    root=$(buildah mount "$container")
    tar -C "$root" --numeric-owner -xpf "$system"
    mkdir -p "$root/dev" "$root/proc"
    "$add" "$root"
    buildah config "$@" "$container"
    buildah commit --quiet --rm "$container" "$name"
}

# With what this machine needs to reach its registries of packages.
add_reach() {
    cp -a /etc/ssl/certs/. "$1/etc/ssl/certs/"
    local file
    for file in "$HOME/.nuget/NuGet/NuGet.Config" "$HOME/.npmrc"; do
        [[ ! -f $file ]] || install -D -m 600 "$file" "$1/root/${file#"$HOME/"}"
    done
    [[ ! -f /etc/npmrc ]] || cp /etc/npmrc "$1/etc/"
}

add_runtime() {
    local dotnet
    dotnet=$(dirname -- "$(readlink -f -- "$(command -v dotnet)")")
    mkdir -p "$1/usr/share/dotnet"
    cp -a "$dotnet"/{dotnet,host,shared} "$1/usr/share/dotnet/"
    ln -s ../share/dotnet/dotnet "$1/usr/bin/dotnet"
    chroot "$1" useradd --uid 1654 --user-group --create-home --shell /bin/sh app
}

add_sdk() {
    local dotnet
    dotnet=$(dirname -- "$(readlink -f -- "$(command -v dotnet)")")
    mkdir -p "$1/usr/share/dotnet"
    cp -a "$dotnet/." "$1/usr/share/dotnet/"
    ln -s ../share/dotnet/dotnet "$1/usr/bin/dotnet"
    add_reach "$1"
}

add_node() {
    local npm
    npm=$(dirname -- "$(dirname -- "$(readlink -f -- "$(command -v npm)")")")
    install -m 755 "$(readlink -f -- "$(command -v node)")" "$1/usr/bin/node"
    mkdir -p "$1/usr/lib/node_modules"
    cp -a "$npm" "$1/usr/lib/node_modules/npm"
    ln -s ../lib/node_modules/npm/bin/npm-cli.js "$1/usr/bin/npm"
    add_reach "$1"
}

# What of the entry point of PostgreSQL's own image the compose files use.
add_postgres() {
    rm -rf "$1"/var/lib/postgresql/* "$1"/etc/postgresql
    install -d -m 700 "$1/var/lib/postgresql/data"
    cat >"$1/usr/local/bin/entrypoint" <<'SCRIPT'
#!/bin/bash
set -euo pipefail
if ((EUID == 0)); then
    chown -R postgres: "$PGDATA"
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [[ ! -s $PGDATA/PG_VERSION ]]; then
    initdb --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" --auth-local=trust --auth-host=scram-sha-256
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    pg_ctl -w -o "-c listen_addresses=''" start
    createdb --username="$POSTGRES_USER" "$POSTGRES_DB"
    pg_ctl -w -m fast stop
fi
exec "$@" -c listen_addresses='*'
SCRIPT
    chmod 755 "$1/usr/local/bin/entrypoint"
}

# As the official image: nginx logs to the container's output.
add_nginx() {
    ln -sf /dev/stdout "$1/var/log/nginx/access.log"
    ln -sf /dev/stderr "$1/var/log/nginx/error.log"
}

# Prints the name of the image of the server $1 as docker-compose.cluster.yml has it.
image_of() { sed -n "s|^ *image: \\($1:.*\\)|docker.io/library/\\1|p" "$ROOT/docker-compose.cluster.yml"; }

make_images() {
    local net=(ca-certificates tzdata libgcc-s1 libicu72 libstdc++6 libssl3 zlib1g) env=(--env DOTNET_RUNNING_IN_CONTAINER=true)
    make_system "$keep/runtime.tar" "${net[@]}"
    make_system "$keep/node.tar" ca-certificates libstdc++6
    make_system "$keep/postgres.tar" postgresql
    make_system "$keep/nginx.tar" nginx
    make_image mcr.microsoft.com/dotnet/aspnet:10.0 "$keep/runtime.tar" add_runtime "${env[@]}" --env ASPNETCORE_HTTP_PORTS=8080 \
        --env APP_UID=1654
    make_image mcr.microsoft.com/dotnet/sdk:10.0 "$keep/runtime.tar" add_sdk "${env[@]}"
    # node knows only the authorities that it brings along.
    make_image docker.io/library/node:20-slim "$keep/node.tar" add_node --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
    make_image "$(image_of postgres)" "$keep/postgres.tar" add_postgres --env LANG=C.UTF-8 --env PGDATA=/var/lib/postgresql/data \
        --env PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin \
        --volume /var/lib/postgresql/data --entrypoint '["/usr/local/bin/entrypoint"]' --cmd postgres
    make_image "$(image_of nginx)" "$keep/nginx.tar" add_nginx --stop-signal SIGQUIT --entrypoint '["nginx", "-g", "daemon off;"]'
}
