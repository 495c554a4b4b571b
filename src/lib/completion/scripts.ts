/** What a shell runs at its start; each asks `pp __complete` at every Tab. */
export const completionScripts = {
  // Where no word is known, bash itself completes files.
  bash: `_pp() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <("$1" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _pp pp
`,
  zsh: `#compdef pp
_pp() {
  local line
  local -a found
  for line in "\${(@f)$("$words[1]" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] && found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( $#found )); then _describe pp found; else _files; fi
}
if [[ $funcstack[1] = _pp ]]; then _pp "$@"; else compdef _pp pp; fi
`,
  fish: `function __pp_complete
    set -l typed (commandline -opc)
    set -l found ($typed[1] __complete $typed[2..] (commandline -ct) 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c pp -f -a '(__pp_complete)'
`,
} as const

export type Shell = keyof typeof completionScripts
export const shells = Object.keys(completionScripts) as readonly Shell[]
