# The file's chunks and the connections that send them; sourced by quickstart, never started.
# Expects: probe.sh, work with the file "source" and the folders acknowledged, cut and unexpected, size, count, CHUNK, CONNECTIONS, session.
# shellcheck shell=bash disable=SC2154,SC2034

length_of() { if (($1 == count - 1)); then echo $((size - $1 * CHUNK)); else echo "$CHUNK"; fi; }
# cut_chunk <index> <path>: writes that chunk to a file and sets DIGEST.
cut_chunk() {
    dd if="$work/source" of="$2" bs="$CHUNK" skip="$1" count=1 iflag=fullblock status=none
    DIGEST=$(sha256sum <"$2")
    DIGEST=${DIGEST%% *}
}

# worker <name> <rate or -> <index>...: one connection. Records each acknowledged chunk; ends at the first answer that is not 201.
worker() {
    local name=$1 rate=() index offset code sent
    trap - EXIT ERR INT TERM HUP
    [[ $2 == - ]] || rate=(--limit-rate "$2")
    for index in "${@:3}"; do
        offset=$((index * CHUNK))
        cut_chunk "$index" "$work/$name.chunk"
        code=0
        sent=$(curl -q --silent --show-error --noproxy '*' --max-time 60 "${rate[@]}" "${key[@]}" \
            -H 'Expect:' -H "X-Chunk-SHA256: $DIGEST" \
            -T "$work/$name.chunk" -o "$work/$name.body" -w '%{http_code} %{size_upload}' \
            "$address$session/chunks/$offset" 2>"$work/$name.error") || code=$?
        if [[ $code == 0 && $sent == 201\ * ]] && grep -qE "\"sha256\" *: *\"$DIGEST\"" "$work/$name.body"; then
            : >"$work/acknowledged/$index"
        elif [[ -e $work/killing && $code != 0 ]]; then
            echo "$index ${sent#* }" >"$work/cut/$name"
            return 0
        else
            echo "the chunk at $offset got the answer ${sent%% *} (curl $code):" \
                "$(cat "$work/$name.error") $(head -c 500 "$work/$name.body")" >"$work/unexpected/$name"
            return 1
        fi
    done
    rm -f "$work/$name.chunk"
}

# send <slow rate or -> <index>...: distributes the chunks to background connections; the first one may be slow.
send() {
    local slow=$1 lane index lanes=()
    shift
    for ((lane = 0; lane < CONNECTIONS; lane++)); do lanes[lane]=''; done
    for index in "$@"; do
        lanes[lane++ % CONNECTIONS]+=" $index"
    done
    workers=()
    for ((lane = 0; lane < CONNECTIONS; lane++)); do
        # shellcheck disable=SC2086
        worker "lane$lane" "$( ((lane == 0)) && echo "$slow" || echo -)" ${lanes[lane]} &
        workers+=($!)
    done
}

check_workers() {
    local list
    list=$(cat "$work/unexpected/"* 2>/dev/null) || true
    [[ -z $list ]] || fail "$list"
}

join_workers() {
    local id
    for id in "${workers[@]}"; do wait "$id" || true; done
    workers=()
    check_workers
}

acknowledged() { find "$work/acknowledged" -type f | wc -l; }

# break_off <index> <bytes>: a PUT whose connection ends after that many bytes of the body. Written by hand, because curl can only cut by
# time.
break_off() {
    local failures tries=200 line
    ask 200 GET "$session"
    failures=$(number count)
    cut_chunk "$1" "$work/main.chunk"
    [[ $address =~ ^http://([0-9.]+):([0-9]+)$ ]]
    exec {line}<>"/dev/tcp/${BASH_REMATCH[1]}/${BASH_REMATCH[2]}"
    {
        printf 'PUT %s/chunks/%d HTTP/1.1\r\nHost: %s\r\n%s\r\n' "$session" $(($1 * CHUNK)) "${address#http://}" "$(cat "$work/key")"
        printf 'Content-Type: application/octet-stream\r\nX-Chunk-SHA256: %s\r\nContent-Length: %d\r\n\r\n' "$DIGEST" "$(length_of "$1")"
        head -c "$2" "$work/main.chunk"
    } >&"$line"
    exec {line}>&-
    # Wait until the service has noticed; an earlier HEAD reports only what it had read by then.
    while ask 200 GET "$session" && (($(number count) == failures)); do
        ((tries-- > 0)) || fail "the service did not notice the broken connection within 20 s."
        sleep 0.1
    done
    broken_digest=$DIGEST
}

# Sets KEPT to what the service has kept of the chunk $1, of which $2 bytes were sent.
kept_of() {
    ask 200 HEAD "$session/chunks/$(($1 * CHUNK))"
    KEPT=$(header Upload-Offset)
    [[ $KEPT =~ ^[0-9]+$ ]] || fail "Upload-Offset is \"$KEPT\"."
    ((KEPT > 0 && KEPT <= $2)) || fail "of $2 bytes sent, $KEPT are reported as kept."
}

# go_on <index> <digest>: sends what is missing of a broken chunk.
go_on() {
    local offset=$(($1 * CHUNK)) end=$(($1 * CHUNK + $(length_of "$1") - 1))
    cut_chunk "$1" "$work/main.chunk"
    tail -c +$((KEPT + 1)) "$work/main.chunk" >"$work/main.rest"
    put 201 "$offset" "$work/main.rest" -H "Content-Range: bytes $((offset + KEPT))-$end/*" -H "X-Chunk-SHA256: $2"
    equal "the receipt's length" "$(number length)" "$(length_of "$1")"
    equal "the receipt's digest" "$(text sha256)" "$2"
    : >"$work/acknowledged/$1"
}
