# Requests to a service and checks of processes, with bash, coreutils and curl alone; sourced by quickstart, never started.
# Expects: work (a folder), address, key (curl's arguments for authorization), and fail (prints the reason and exits).
# shellcheck shell=bash disable=SC2154,SC2013

# --- processes, by /proc alone -------------------------------------------------------------------------------------------------

# Prints the tick at which process $1 began; fails if it has ended or is a zombie.
born() {
    local stat fields
    # A failed "$(<file)" would end the shell.
    IFS= read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
    read -ra fields <<<"${stat##*) }"
    [[ ${fields[0]} != [ZX] ]] && printf '%s' "${fields[19]}"
}

is_postmaster() { [[ $1 =~ ^[0-9]+$ && $(tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null) == */postgres\ * ]]; }

# Waits up to $2 twentieths of a second for the end of $1.
wait_end() {
    local turns=$2
    while born "$1" >/dev/null; do
        ((turns-- > 0)) || return 1
        sleep 0.05
    done
}

# Records a process and its descendants with their start times, so that a later process with the same pid is not mistaken for them.
note_family() {
    local tick child
    tick=$(born "$1") || return 0
    family+=("$1:$tick")
    for child in $(sed 's/ /\n/g' "/proc/$1/task/"*/children 2>/dev/null); do note_family "$child"; done
}

# --- HTTP and JSON -------------------------------------------------------------------------------------------------------------

# call <name> <method> <path> [curl's arguments]: sets STATUS; the answer lies in <name>.head and <name>.body. Fails when curl does.
call() {
    local name=$1 method=$2 path=$3 verb=(-X "$2") body="$work/$1.body"
    shift 3
    # For HEAD, curl writes the head there.
    [[ $method != HEAD ]] || verb=(--head) body=/dev/null
    STATUS=
    : >"$work/$name.body"
    STATUS=$(curl -q --silent --show-error --noproxy '*' --max-time 60 "${verb[@]}" "${key[@]}" -H 'Expect:' -H 'Accept: application/json' \
        -D "$work/$name.head" -o "$body" -w '%{http_code}' "$@" "$address$path" 2>"$work/$name.error")
}

# ask <status> <method> <path> [curl's arguments]: a call whose answer must have this status.
ask() {
    local wanted=$1
    shift
    call main "$@" || fail "$1 $2 got no answer: $(cat "$work/main.error")"
    [[ $STATUS == "$wanted" ]] || fail "$1 $2 was answered with $STATUS instead of $wanted."
}

header() { sed -nE "s/^$1: *(.*[^[:space:]])[[:space:]]*$/\\1/Ip" "$work/main.head" | tail -n 1; }
# Prints the first field of this name in the last answer: a whole number, or a text without escapes.
number() { grep -oE "\"$1\" *: *-?[0-9]+" "$work/main.body" | head -n 1 | grep -oE -- '-?[0-9]+$' || true; }
text() { grep -oE "\"$1\" *: *\"[^\"]*\"" "$work/main.body" | head -n 1 | sed -E 's/^"[^"]*" *: *"(.*)"$/\1/' || true; }
in_base64() {
    local escaped='' at
    for ((at = 0; at < ${#1}; at += 2)); do escaped+="\\x${1:at:2}"; done
    printf '%b' "$escaped" | base64
}
equal() { [[ $2 == "$3" ]] || fail "$1 is \"$2\" instead of \"$3\"."; }
put() { ask "$1" PUT "$session/chunks/$2" -H 'Content-Type: application/octet-stream' -T "$3" "${@:4}"; }

# Reads "offset length" lines from the ranges in the answer's array $1.
ranges() {
    { tr -d '\n' <"$work/main.body" | grep -oE "\"$1\" *: *\[[^]]*\]" | head -n 1 | grep -oE '\{[^}]*\}' || true; } |
        sed -E 's/.*"offset" *: *([0-9]+).*"length" *: *([0-9]+).*/\1 \2/'
}
