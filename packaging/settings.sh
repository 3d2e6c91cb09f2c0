# shellcheck shell=bash
# Reads files of settings; sourced by tools/lib.sh and by the installed command. The caller defines "die".

# Reads KEY=value lines of the file $1 into the array ENV_FILE; nothing in it is evaluated. A variable that is already in the
# environment wins. Values may stand in 'single' (as they are) or "double" quotes (\" and \\ are escapes); # begins a comment.
load_env() {
    ENV_FILE=()
    local line key value number=0
    local -A present=()
    [[ -f $1 ]] || return 0
    [[ -r $1 ]] || die "$1 cannot be read."
    while IFS= read -r key; do present[$key]=1; done < <(compgen -e)
    while IFS= read -r line || [[ -n $line ]]; do
        number=$((number + 1))
        line=${line%$'\r'}
        [[ $line =~ ^[[:space:]]*(#.*)?$ ]] && continue
        [[ $line =~ ^[[:space:]]*(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)[[:space:]]*=[[:space:]]*(.*)$ ]] ||
            die "$1, line $number: a line must look like KEY=value."
        key=${BASH_REMATCH[2]}
        value=${BASH_REMATCH[3]}
        if [[ $value == \'* ]]; then
            [[ $value =~ ^\'([^\']*)\'[[:space:]]*(#.*)?$ ]] || die "$1, line $number: the quote is not closed, or text follows it."
            value=${BASH_REMATCH[1]}
        elif [[ $value == \"* ]]; then
            [[ $value =~ ^\"(([^\"\\]|\\.)*)\"[[:space:]]*(#.*)?$ ]] || die "$1, line $number: the quote is not closed, or text follows it."
            value=${BASH_REMATCH[1]}
            value=${value//\\\"/\"}
            value=${value//\\\\/\\}
        else
            [[ $value =~ ^#|^(.*[^[:space:]])[[:space:]]+#.*$ ]] && value=${BASH_REMATCH[1]}
            value=${value%"${value##*[![:space:]]}"}
        fi
        [[ -n ${present[$key]:-} ]] || ENV_FILE+=("$key=$value")
    done <"$1"
}
