# Processes: what an application starts, in groups that are ended with it.

groups=()

# start LOG COMMAND…: a server in a process group of its own; its output goes to $work/LOG.log.
start() {
  local log=$work/$1.log
  shift
  # setsid makes the group; its number is the process's own.
  setsid "$@" </dev/null >"$log" 2>&1 &
  groups+=("$!")
}

# wait_until WHAT SECONDS COMMAND…: until the command succeeds; fails when a server ended or time is up.
wait_until() {
  local what=$1 until=$((SECONDS + $2)) group
  shift 2
  until "$@" >/dev/null 2>&1; do
    for group in ${groups[@]+"${groups[@]}"}; do
      kill -0 "$group" 2>/dev/null || fail "a server ended before $what"
    done
    [ $SECONDS -lt $until ] || fail "$what: not within the time"
    sleep 0.2
  done
}

# Ends every group, and waits until none of its processes is there.
end_groups() {
  local group until
  for group in ${groups[@]+"${groups[@]}"}; do
    kill -TERM -- "-$group" 2>/dev/null || true
  done
  for group in ${groups[@]+"${groups[@]}"}; do
    until=$((SECONDS + 15))
    while alive "$group" && [ $SECONDS -lt $until ]; do sleep 0.1; done
    kill -KILL -- "-$group" 2>/dev/null || true
    while alive "$group" && [ $SECONDS -lt $((until + 5)) ]; do sleep 0.1; done
    wait "$group" 2>/dev/null || true
    if alive "$group"; then printf 'error: processes of group %s are still there\n' "$group" >&2; fi
  done
  groups=()
}

# Whether a process of the group runs; a dead one that nobody has taken note of does not.
alive() {
  ps -e -o pgid= -o stat= | awk -v group="$1" '$1 == group && $2 !~ /^Z/ { found = 1 } END { exit !found }'
}

# The command line of a process, which may be gone by now.
command_of() { { tr '\0' ' ' <"$1/cmdline"; } 2>/dev/null || true; }

# The processes that name this run's folder, or are in it: `NUMBER COMMAND`, a line each.
strays() {
  local process
  for process in /proc/[0-9]*; do
    [ "${process#/proc/}" != "$$" ] || continue
    case "$(readlink "$process/cwd" 2>/dev/null) $(command_of "$process")" in
      *"$work"*) printf '%s %s\n' "${process#/proc/}" "$(command_of "$process")" ;;
    esac
  done
}

# Ends what left the groups of its servers, and says that it did.
end_strays() {
  local until=$((SECONDS + 10)) left number
  while left=$(strays) && [ -n "$left" ] && [ $SECONDS -lt $until ]; do sleep 0.2; done
  [ -n "$left" ] || return 0
  printf '%s: these were still there, and are ended:\n%s\n' "$name" "$left" >&2
  while read -r number _; do kill -KILL "$number" 2>/dev/null || true; done <<<"$left"
  return 1
}

clean_up() {
  local ended=$?
  trap - EXIT INT TERM
  end_groups
  end_strays || { [ $ended -ne 0 ] || ended=1; }
  clear || true
  if [ $ended -ne 0 ] && [ $ended -ne 77 ]; then show_logs; fi
  rm -rf "$work"
  exit "$ended"
}

# What the servers said last.
show_logs() {
  local log
  for log in "$work"/*.log; do
    [ -s "$log" ] || continue
    printf -- '-- %s\n' "$(basename "$log")" >&2
    tail -n 40 "$log" >&2
  done
}

fail() {
  printf '%s: FAILED: %s\n' "$name" "$*" >&2
  exit 1
}

skip() {
  printf '%s: SKIPPED: %s\n' "$name" "$*"
  exit 77
}
