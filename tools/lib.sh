# shellcheck shell=bash
# Shared by run, test and check; sourced, never started. Sets ROOT.

ROOT=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd -P)

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
# dotnet keeps its first-run files and packages under HOME; a service user may have none.
[[ -n ${HOME:-} && -w ${HOME:-/nonexistent} ]] ||
    export DOTNET_CLI_HOME="$ROOT/artifacts/home" NUGET_PACKAGES="$ROOT/artifacts/packages" npm_config_cache="$ROOT/artifacts/npm"

say() { printf '%s\n' "$*" >&2; }

# Prints one sentence and exits with the code of a refused start.
die() {
    say "$*"
    exit 2
}

# Runs the command $3 ... with its output in the file $2, and reports every ten seconds that $1 continues: minutes of silence look like a
# hang.
with_progress() {
    local what=$1 log=$2 began=$SECONDS ticker status=0
    shift 2
    # It ends with its parent, even if that is killed, and holds no lock.
    while sleep 10 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do say "  $what: $((SECONDS - began)) s so far ..."; done 8>&- 9>&- &
    ticker=$!
    "$@" >"$log" 2>&1 || status=$?
    kill "$ticker" 2>/dev/null
    wait "$ticker" 2>/dev/null || true
    return "$status"
}

need_dotnet() {
    local place
    if ! command -v dotnet >/dev/null; then
        for place in "${DOTNET_ROOT:-}" "${HOME:-}/.dotnet" /usr/share/dotnet /usr/lib/dotnet /opt/dotnet; do
            if [[ -n $place && -x $place/dotnet ]]; then
                export PATH="$place:$PATH" DOTNET_ROOT="$place"
                break
            fi
        done
    fi
    dotnet --list-sdks 2>/dev/null | grep -q '^10\.' ||
        die "The .NET 10 SDK is missing: install it from https://dotnet.microsoft.com/download/dotnet/10.0 and start again."
}

# The embedded database needs the server programs of PostgreSQL 15 or newer.
have_postgres() {
    local initdb version
    for initdb in /usr/lib/postgresql/*/bin/initdb "$(command -v initdb || true)"; do
        [[ -x $initdb ]] || continue
        version=$("$initdb" --version | grep -oE '[0-9]+' | head -n 1)
        ((version >= 15)) && return 0
    done
    return 1
}

# Installs only PostgreSQL's programs: no system cluster is created or left running, and the system's setting for later installations
# (createcluster.conf) is restored.
need_postgres() {
    have_postgres && return
    local as_root=()
    local advice="PostgreSQL's server programs (15 or newer) are missing: ask an administrator to install them,"
    advice+=" on Debian with: apt-get install postgresql-15"
    command -v apt-get >/dev/null || die "$advice"
    if ((EUID != 0)); then
        command -v sudo >/dev/null || die "$advice"
        # sudo may ask for a password on a terminal only.
        if [[ -t 0 ]]; then as_root=(sudo); else as_root=(sudo -n); fi
        "${as_root[@]}" true 2>/dev/null || die "$advice"
    fi
    say "Installing PostgreSQL's server programs with apt (no system database is created) ..."
    local log
    log=$(mktemp)
    if ! with_progress "installing PostgreSQL" "$log" "${as_root[@]}" bash -s <<'ROOT_SCRIPT'
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
newest() { apt-cache search --names-only '^postgresql-[0-9]+$' | grep -oE '^postgresql-[0-9]+' | sort -t- -k2 -n | tail -n 1; }
package=$(newest)
if [[ -z $package ]] || ! apt-get install -s "$package" >/dev/null 2>&1; then
    apt-get update -q
    package=$(newest)
fi
[[ -n $package ]] || { echo "apt knows no package postgresql-NN"; exit 1; }
((${package#postgresql-} >= 15)) || { echo "the newest package is $package; 15 or newer is needed"; exit 1; }
apt-get install -q -y --no-install-recommends postgresql-common
settings=/etc/postgresql-common/createcluster.conf
kept=$(mktemp)
cp -p "$settings" "$kept"
trap 'cp -p "$kept" "$settings"; rm -f "$kept"' EXIT
printf '\ncreate_main_cluster = false\n' >>"$settings"
apt-get install -q -y --no-install-recommends "$package"
ROOT_SCRIPT
    then
        tail -n 15 "$log" >&2
        rm -f "$log"
        die "PostgreSQL could not be installed; the lines above say why. $advice"
    fi
    rm -f "$log"
    have_postgres || die "$advice"
}

# Installs Debian packages ($2 ...), described to the user as $1. If that is not possible, prints a sentence and fails; the caller continues
# without them.
try_install() {
    local what=$1 as_root=() log status=0
    shift
    local advice="$what is missing; on Debian: apt-get install $*"
    command -v apt-get >/dev/null || { say "$advice"; return 1; }
    if ((EUID != 0)); then
        command -v sudo >/dev/null || { say "$advice"; return 1; }
        if [[ -t 0 ]]; then as_root=(sudo); else as_root=(sudo -n); fi
        "${as_root[@]}" true 2>/dev/null || { say "$advice"; return 1; }
    fi
    say "Installing $what with apt ..."
    log=$(mktemp)
    with_progress "installing $what" "$log" "${as_root[@]}" bash -s -- "$@" <<'ROOT_SCRIPT' || status=$?
export DEBIAN_FRONTEND=noninteractive
install=(apt-get install -q -y --no-install-recommends -o Acquire::http::Timeout=30 -o Acquire::Retries=1)
"${install[@]}" "$@" || { apt-get update -q -o Acquire::http::Timeout=30 -o Acquire::Retries=1 && "${install[@]}" "$@"; }
ROOT_SCRIPT
    ((status == 0)) || { tail -n 5 "$log" >&2; say "$what could not be installed; the lines above say why."; }
    rm -f "$log"
    return "$status"
}

have_node() {
    command -v node >/dev/null && command -v npm >/dev/null && (($(node -p 'process.versions.node.split(".")[0]') >= 18))
}

need_node() { have_node || { try_install "node (18 or newer, with npm)" nodejs npm && have_node; }; }

# Sets CHROMIUM to its path. The one without windows starts one process less for each page.
need_chromium() {
    local name
    command -v chromium-headless-shell >/dev/null || try_install "Chromium without windows" chromium-headless-shell || true
    for name in chromium-headless-shell chromium chromium-browser google-chrome; do
        CHROMIUM=$(command -v "$name") && return 0
    done
    try_install "Chromium" chromium && CHROMIUM=$(command -v chromium)
}

# Installs the npm packages that the folder $1 has locked, unless they are there already.
npm_packages() {
    local folder=$1 log status=0
    mkdir -p "$ROOT/artifacts" 2>/dev/null || true
    if [[ ! -w $ROOT/artifacts || ! -w $folder ]]; then
        say "$folder is not writable for $(id -un)."
        return 1
    fi
    log=$(mktemp)
    {
        flock 9
        [[ $folder/node_modules/.package-lock.json -nt $folder/package-lock.json ]] ||
            with_progress "fetching npm packages" "$log" env -C "$folder" timeout 300 \
                npm ci --fetch-retries=1 --fetch-retry-mintimeout=2000 --fetch-timeout=30000 9>&- || status=$?
    } 9>"$ROOT/artifacts/npm.lock"
    if ((status != 0)); then
        grep -m 3 'ERR!' "$log" >&2 || tail -n 3 "$log" >&2
        say "npm could not fetch the packages of ${folder#"$ROOT/"}."
    fi
    rm -f "$log"
    return "$status"
}

# Fetches the libraries of /examples, which the build copies beside the service. Without them the service still builds and starts, and the
# pages say so.
make_examples() {
    local source="$ROOT/tools/Examples" lib="$ROOT/Api/wwwroot/examples/lib"
    if [[ -f $lib/tus.js && -z $(find "$source" -name node_modules -prune -o -type f -newer "$lib/tus.js" -print -quit) ]]; then
        return 0
    fi
    say "Fetching the libraries of the example pages ..."
    if ! { need_node && npm_packages "$source" && node "$source/bundle.mjs" "$lib" >&2 && touch "$lib/tus.js"; }; then
        say "The example pages have no libraries; run ./tools/Examples/build to try again."
        return 1
    fi
}

# Packs the console of the published service in the folder $1. Without node or its packages the console works too: browsers
# then fetch its modules one by one.
pack_console() {
    local source="$ROOT/Api/wwwroot/build"
    have_node && npm_packages "$source" && node "$source/pack.mjs" "$1/wwwroot" >&2 ||
        say "The console is not packed, so pages open more slowly; that needs node and the packages of Api/wwwroot/build."
}

# Provides a server for tests, unpacked below artifacts/ if the system has none, so that none is installed or started.
# $1 is its package and program, the others are packages with libraries that it needs.
need_server() {
    local name=$1 place="$ROOT/artifacts/$1" advice="$1 is missing, which tests need: on Debian, apt-get install $1"
    [[ -x /usr/sbin/$name || -x $place/usr/sbin/$name ]] && return 0
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || { say "$advice"; return 1; }
    say "Fetching $name with apt ..."
    mkdir -p "$place"
    (
        cd -- "$place"
        apt-get download -q "$@" >log 2>&1 ||
            { ((EUID == 0)) && { apt-get update -q && apt-get download -q "$@"; } >>log 2>&1; } ||
            { tail -n 5 log >&2; exit 1; }
        for package in *.deb; do dpkg-deb -x "$package" .; done
        libraries=$(printf '%s:' usr/lib/*/)
        ! LD_LIBRARY_PATH=$libraries ldd "usr/sbin/$name" | grep 'not found' >&2
    ) || { rm -rf "$place"; say "$advice"; return 1; }
}

need_nginx() { need_server nginx; }

need_haproxy() { need_server haproxy liblua5.3-0 libopentracing-c-wrapper0 libopentracing1; }

# The suite of tests of WebDAV servers, unpacked below artifacts/ if the system has none.
need_litmus() {
    local place="$ROOT/artifacts/litmus" advice="litmus is missing, which tests need: on Debian, apt-get install litmus"
    [[ -x /usr/libexec/litmus/basic || -x $place/usr/libexec/litmus/basic ]] && return 0
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || { say "$advice"; return 1; }
    say "Fetching litmus with apt ..."
    mkdir -p "$place"
    (
        cd -- "$place"
        apt-get download -q litmus libneon27-gnutls >log 2>&1 ||
            { ((EUID == 0)) && { apt-get update -q && apt-get download -q litmus libneon27-gnutls; } >>log 2>&1; } ||
            { tail -n 5 log >&2; exit 1; }
        for package in *.deb; do dpkg-deb -x "$package" .; done
    ) || { rm -rf "$place"; say "$advice"; return 1; }
}

# A C compiler with OpenSSL's headers.
need_compiler() {
    have_compiler && return
    try_install "A C compiler, with OpenSSL's headers" gcc libc6-dev libssl-dev && have_compiler
}

have_compiler() { command -v cc >/dev/null && printf '#include <openssl/evp.h>\n' | cc -E - >/dev/null 2>&1; }

# shellcheck source=packaging/settings.sh
. "$ROOT/packaging/settings.sh"

need_artifacts() {
    mkdir -p "$ROOT/artifacts" 2>/dev/null || true
    [[ -w $ROOT/artifacts ]] ||
        die "$ROOT is not writable for $(id -un), so it cannot be built: use a checkout of your own."
}

# Builds the project $1 (Release); what is started as a process is compiled ahead of time, where the packages for that can be fetched.
build_quietly() {
    HIDE_FAILURE=1 dotnet_quietly build "$1" -p:CompileAhead=true || { ((!HAS_WRONG_CODE)) && dotnet_quietly build "$1"; }
}

# Publishes the project $1 into the folder $2, which it replaces, with the file .built from the time of the build's start: later edits
# require a new build. The command $3 ... completes the new folder, which it gets as its last argument.
publish_quietly() {
    local project=$1 output=$2 began publish
    shift 2
    began=$(mktemp)
    publish=(publish "$project" --output "$output.new")
    rm -rf "$output.new"
    if ! HIDE_FAILURE=1 dotnet_quietly "${publish[@]}" -p:CompileAhead=true; then
        rm -rf "$output.new"
        ((!HAS_WRONG_CODE)) && dotnet_quietly "${publish[@]}" || { rm -f "$began"; return 1; }
        say "$(basename -- "$project" .csproj) cannot be compiled ahead of time, so it starts more slowly."
    fi
    (($# == 0)) || "$@" "$output.new"
    touch -r "$began" "$output.new/.built"
    rm -rf "$began" "$output"
    mv -T "$output.new" "$output"
}

# Runs "dotnet $1" (Release) on the project $2, quiet unless it fails, and with HIDE_FAILURE even then. Two builds of one checkout wait for
# each other. The analyzers take four times as long as the compiler: they run with ANALYZE=true, which tools/check sets.
dotnet_quietly() {
    local verb=$1 project=$2 log status=0
    shift 2
    need_artifacts
    log=$(mktemp)
    {
        flock 9
        # Build servers would keep the lock and some hundred megabytes, so none may stay.
        with_progress "building $(basename -- "$project")" "$log" env MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 \
            dotnet "$verb" "$ROOT/$project" -c Release -v quiet -p:UseSharedCompilation=false \
            -p:RunAnalyzers="${ANALYZE:-false}" "$@" 9>&- || status=$?
    } 9>"$ROOT/artifacts/build.lock"
    # Errors of the compiler are shown in any case: another way to build would have them, too.
    HAS_WRONG_CODE=0
    if ((status != 0)) && grep -qE 'error (CS|IDE|CA|RS)[0-9]' "$log"; then HAS_WRONG_CODE=1; fi
    if ((status != 0)) && { ((HAS_WRONG_CODE)) || [[ -z ${HIDE_FAILURE:-} ]]; }; then
        grep -E 'error|warning' "$log" | sort -u >&2 || cat "$log" >&2
        say "The build of $project failed."
    fi
    rm -f "$log"
    return "$status"
}
