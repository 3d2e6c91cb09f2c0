# shellcheck shell=bash
# Sourced by try: starts docker-compose.cluster.yml as it is with Docker, because Debian's podman-compose fails at the addresses of the
# nodes. $keep has Docker and the images, and $work is the folder of the run.

# Unpacks Debian's Docker, so that no daemon of this machine is started.
get_docker() {
    local place=$keep/docker package
    [[ ! -d $place ]] || return 0
    rm -rf "$place.part"
    mkdir -p "$place.part"
    (
        cd "$place.part"
        apt-get download docker.io containerd runc
        for package in *.deb; do dpkg-deb -x "$package" . && rm "$package"; done
    )
    mv "$place.part" "$place"
}

# All containers end with the daemon: it is the first process of their name space.
start_docker() {
    local tries=30
    export PATH=$keep/docker/usr/bin:$keep/docker/usr/sbin:$PATH DOCKER_HOST=unix://$work/docker.sock
    unshare --fork --pid --mount-proc --kill-child dockerd --host "$DOCKER_HOST" --pidfile "$work/docker.pid" \
        --exec-root "$work/docker.run" --data-root "$work/docker" >"$work/docker.log" 2>&1 &
    docker=$!
    trap 'kill -KILL "$docker"' EXIT
    until docker info; do
        ((tries-- > 0)) || { tail -n 20 "$work/docker.log"; return 1; }
        sleep 1
    done
    podman save localhost/chunkupload:latest "$(image_of postgres)" "$(image_of nginx)" --multi-image-archive | docker load &&
        docker tag localhost/chunkupload chunkupload
}

cluster() { (cd "$work/project" && docker-compose --project-name cluster --file docker-compose.cluster.yml "$@"); }

until_node_healthy() {
    local tries=60
    until [[ $(docker inspect --format '{{.State.Health.Status}}' "$(container "$1")") == healthy ]]; do
        ((tries-- > 0)) || { docker logs "$(container "$1")"; return 1; }
        sleep 1
    done
}

# docker-compose waits for the conditions of depends_on before it starts the balancer.
cluster_up() {
    cluster up --detach && docker ps --all || { cluster logs; return 1; }
    [[ $(docker inspect --format '{{.State.Status}} {{.State.ExitCode}}' "$(container join-b)") == 'exited 0' ]] &&
        until_node_healthy a && until_node_healthy b && curl -s --fail --retry 10 --retry-delay 1 --retry-all-errors "$service/health/ready"
}

nodes_are_private() {
    local target
    for target in a b; do
        runs_without_privileges && volume_is_its_users || return 1
    done
}

list_nodes() { in_service dotnet ChunkUpload.Api.dll nodes list; }

list_both() {
    local target nodes tries
    for target in a b; do
        tries=10
        until nodes=$(list_nodes) && grep -E '^a +a:8444 +alive ' <<<"$nodes" && grep -E '^b +b:8444 +alive ' <<<"$nodes"; do
            ((tries-- > 0)) || { echo "$nodes"; return 1; }
            sleep 1
        done
    done
}

# Sends what is missing of the upload $1 in pieces of 4 MiB, as a client does: asks for the offset before each, and tries again if no node
# answers.
send_pieces() {
    local offset tries=60
    until offset=$(offset_of "$1") && [[ $offset == "$film_size" ]]; do
        if [[ ! $offset ]] || ! dd if="$work/film.mp4" iflag=skip_bytes,count_bytes bs=1M skip="$offset" count=4M status=none |
            send_from "$offset" "$1" -T -; then
            ((tries-- > 0)) || return 1
            sleep 1
        fi
    done
}

has_all() {
    local upload tries
    for upload in "${uploads[@]}"; do
        tries=30
        until curl -s --fail-with-body -H "$auth" "$service/api/files/${upload##*/}/content" | cmp - "$work/film.mp4"; do
            ((tries-- > 0)) || return 1
            sleep 1
        done
    done
}

# The balancer chooses the node by the id of the upload: that all of twelve go to one node happens once in 2,000 runs.
uploads_to_both() {
    local target=a upload node
    read_key
    head -c "$film_size" /dev/urandom >"$work/film.mp4"
    for _ in {1..12}; do
        upload=$(begin_upload)
        [[ $upload == "$service"/* ]] && send_pieces "$upload" || return 1
        uploads+=("$upload")
    done
    for node in a b; do
        docker exec "$(container "$node")" find /data/files -type f -size +1M | grep . || return 1
        ! docker logs "$(container "$node")" 2>&1 | grep 'not in Proxy:Trusted' || return 1
    done
    has_all
}

# Kills the node that receives an upload, which continues at the other one.
continues_at_the_other_node() {
    local target=a upload sending offset
    upload=$(begin_upload)
    head -c 4M "$work/film.mp4" | send_from 0 "$upload" -T - || return 1
    tail -c +4194305 "$work/film.mp4" >"$work/rest"
    send_from 4194304 "$upload" --limit-rate 512K -T "$work/rest" >/dev/null &
    sending=$!
    until killed=$(list_nodes | awk '$3 == "alive" && $5 > 0 {print $1}') && [[ $killed ]]; do
        kill -0 "$sending" || return 1
    done
    docker kill --signal KILL "$(container "$killed")"
    wait "$sending" || true
    until offset=$(offset_of "$upload") && [[ $offset ]]; do sleep 1; done
    echo "$killed is killed, and the upload continues at $offset"
    ((offset > 4194304)) && send_pieces "$upload" || return 1
    uploads+=("$upload")
}

# What lies on the disk of the killed node cannot be read, and the other one says so.
waits_for_the_node() {
    docker restart "$(container balancer)"
    curl -s --retry 10 --retry-delay 1 --retry-connrefused -o /dev/null "$service/health"
    local tries=10
    until curl -s -H "$auth" "$service/api/files/${uploads[-1]##*/}/content" | tee "$work/answer" | grep -a '"elsewhere"'; do
        ((tries-- > 0)) || { head -c 1000 "$work/answer"; return 1; }
        sleep 1
    done
}

reads_all_again() { docker start "$(container "$killed")" && until_node_healthy "$killed" && has_all && list_both; }

keeps_all() {
    cluster down || return 1
    docker ps --all
    [[ -z $(docker ps --all --quiet) ]] && cluster_up && list_both && has_all || return 1
    local target
    for target in a b; do
        in_service dotnet ChunkUpload.Api.dll fsck --deep || return 1
    done
}

run_cluster() {
    uploads=() killed='' engine=docker
    check "Docker starts and has the images" start_docker
    check "docker-compose.cluster.yml starts: two nodes, PostgreSQL and nginx, after a service that runs once" cluster_up
    check "the nodes have no user, capability or right to write that they do not need" nodes_are_private
    check "both nodes list both" list_both
    check "uploads arrive through the balancer in pieces, at both nodes" uploads_to_both
    check "a killed node's upload continues at the other one" continues_at_the_other_node
    check "the balancer starts without the killed node, whose bytes are elsewhere" waits_for_the_node
    check "all files are whole once the killed node is back" reads_all_again
    check "down and up keep everything" keeps_all
    cluster down -v >/dev/null 2>&1 || true
}
