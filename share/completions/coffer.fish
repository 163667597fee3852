# SPDX-License-Identifier: Apache-2.0
# Completion for fish. Commands and options are read from --help, so they are always this build's.

function __coffer_commands
    coffer --help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\)  *\(.*\)/\1\t\2/p'
end

function __coffer_options
    set -l words (commandline -opc)
    coffer $words[2] --help 2>/dev/null |
        sed -n -e 's/^  \(--[a-z-]*=\).*/\1/p' -e 's/^  \(--[a-z-]*\) .*/\1/p'
end

complete -c coffer -n '__fish_use_subcommand' -f -a '(__coffer_commands)'
complete -c coffer -n '__fish_seen_subcommand_from help' -f -a '(__coffer_commands)'
complete -c coffer -n 'not __fish_use_subcommand; and string match -q -- "-*" (commandline -ct)' \
    -a '(__coffer_options)'
