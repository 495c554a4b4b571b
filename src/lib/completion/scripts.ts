/** What a shell runs at its start; each asks `pp __complete` at every Tab. */
export const completionScripts = {
  bash: `_pp() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then compopt -o default; else COMPREPLY+=("\${line%%$'\\t'*}"); fi
  done < <("$1" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _pp pp
`,
  zsh: `#compdef pp
_pp() {
  local line
  local -a found
  for line in "\${(@f)$("$words[1]" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then compset -P '--*='; _files; return; fi
    [[ -n $line ]] && found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe pp found
}
if [[ $funcstack[1] = _pp ]]; then _pp "$@"; else compdef _pp pp; fi
`,
  fish: `function __pp_complete
    set -l typed (commandline -opc)
    set -l found ($typed[1] __complete $typed[2..] (commandline -ct) 2>/dev/null)
    if test "$found[1]" = :files
        __fish_complete_path (commandline -ct)
    else if test (count $found) -gt 0
        printf '%s\\n' $found
    end
end
complete -c pp -f -a '(__pp_complete)'
`,
} as const

export type Shell = keyof typeof completionScripts
export const shells = Object.keys(completionScripts) as readonly Shell[]
