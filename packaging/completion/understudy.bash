# bash completion for understudy
_understudy() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  case $previous in
    --format)
      local formats="text json"
      [ "${COMP_WORDS[1]}" = analyze ] && formats+=" dot"
      mapfile -t COMPREPLY < <(compgen -W "$formats" -- "$word"); return ;;
    --trace) mapfile -t COMPREPLY < <(compgen -W "all signalling none" -- "$word"); return ;;
    --color) mapfile -t COMPREPLY < <(compgen -W "auto always never" -- "$word"); return ;;
    --engine) mapfile -t COMPREPLY < <(compgen -W "ns3 lab" -- "$word"); return ;;
    --implementation) mapfile -t COMPREPLY < <(compgen -W "understudyd heartbeat-3.0.6 both" -- "$word"); return ;;
    --out) mapfile -t COMPREPLY < <(compgen -d -- "$word"); return ;;
    schema) mapfile -t COMPREPLY < <(compgen -W "$(understudy schema 2>/dev/null)" -- "$word"); return ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "run analyze explain replay schema --help --version" -- "$word")
  elif [[ $word == -* && ${COMP_WORDS[1]} == analyze ]]; then
    mapfile -t COMPREPLY < <(compgen -W "--simulate --simulate=2 --pairs --seeds --jobs --format --implementation --color --help" -- "$word")
  elif [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "--seed --seeds --jobs --out --html --format --pcap --trace --engine --implementation --color --help" -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  fi
}
complete -o filenames -F _understudy understudy
