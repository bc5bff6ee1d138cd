export const SHELLS = ['bash', 'zsh', 'fish'] as const

export type Shell = (typeof SHELLS)[number]

/** Scripts that ask the program itself, so that new plugins complete at once. Where it knows nothing, the shell completes files. */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# switchyard completion for bash: eval "$(switchyard completion bash)"
_switchyard() {
  local current="\${COMP_WORDS[COMP_CWORD]}" line value
  COMPREPLY=()
  while IFS= read -r line; do
    value="\${line%%$'\\t'*}"
    # bash splits words at "=" and replaces only what comes after it.
    case "$COMP_WORDBREAKS" in *=*) case "$value" in --*=*) value="\${value#*=}" ;; esac ;; esac
    COMPREPLY+=("$value")
  done < <(switchyard __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _switchyard switchyard`,
  zsh: `#compdef switchyard
# switchyard completion for zsh: eval "$(switchyard completion zsh)"
_switchyard() {
  local -a found
  local line value about
  while IFS= read -r line; do
    value="\${\${line%%$'\\t'*}//:/\\\\:}" about="\${line#*$'\\t'}"
    found+=("$value\${about:+:$about}")
  done < <(switchyard __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe switchyard found; else _files; fi
}
compdef _switchyard switchyard`,
  fish: `# switchyard completion for fish: switchyard completion fish | source
function __switchyard_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l found (switchyard __complete -- $words[2..-1] 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c switchyard -f -a '(__switchyard_complete)'`,
}
