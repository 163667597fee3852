# SPDX-License-Identifier: Apache-2.0
# Completion for bash. Commands and options are read from --help, so they are always this build's.

_coffer_commands()
{
    coffer --help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'
}

# Options of a command; one that takes a value ends with "=".
_coffer_options()
{
    coffer "$1" --help 2>/dev/null |
        sed -n -e 's/^  \(--[a-z-]*=\).*/\1/p' -e 's/^  \(--[a-z-]*\) .*/\1/p' -e 's/^  -h, .*/--help/p'
}

_coffer()
{
    local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]-} choices
    COMPREPLY=()
    if [ "$COMP_CWORD" = 1 ] || { [ "$COMP_CWORD" = 2 ] && [ "$command" = help ]; }; then
        choices="$(_coffer_commands) help --help --version"
    elif [[ $word == -* ]]; then
        choices=$(_coffer_options "$command")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
    fi
    mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
    [ ${#COMPREPLY[@]} != 1 ] || [[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace
}

complete -o filenames -o bashdefault -F _coffer coffer
