# bash completion for understudyctl and understudyd
_understudyctl() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
  case $prev in
    standby | takeover | promote | demote) mapfile -t COMPREPLY < <(compgen -W "all local foreign failback" -- "$cur"); return ;;
    status) mapfile -t COMPREPLY < <(compgen -W "--json --watch" -- "$cur"); return ;;
    history) mapfile -t COMPREPLY < <(compgen -W "--json" -- "$cur"); return ;;
    --socket) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "status history metrics check dry-run standby takeover promote demote reload restart stop --socket --help --version" -- "$cur")
}
complete -F _understudyctl understudyctl
_understudyd() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
  case $prev in
    -d | --config | --state | --heartbeat-state | --resource-scripts | --init-scripts) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    --socket | --metrics-file) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "--config --check --observe --release --state --heartbeat-state --socket --socket-group --metrics-file --node --resource-scripts --init-scripts --no-realtime --help --version" -- "$cur")
}
complete -F _understudyd understudyd
