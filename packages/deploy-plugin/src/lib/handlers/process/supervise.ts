/**
 * Keeps one program running in a slot: started again when it ends, ended with all it started when told to. It is a plain shell script
 * so that it works on every host and outlives whoever started it. Called as: supervise.sh FOLDER SLOT SIGNAL SECONDS
 */
export const SUPERVISE = `#!/bin/sh
cd "$1" || exit 1
slot=$2 signal=$3 grace=$4
stopping= child= killer=
stop() {
  [ -n "$stopping" ] && return
  stopping=1
  [ -n "$child" ] || return
  kill -s "$signal" -- "-$child" 2>/dev/null
  (sleep "$grace"; kill -s KILL -- "-$child" 2>/dev/null) >/dev/null 2>&1 &
  killer=$!
}
trap stop TERM INT
trap '' HUP
echo 0 >"$slot.restarts"
printf '%s\\n' "$$" >"$slot.supervisor.new" && mv "$slot.supervisor.new" "$slot.supervisor"
restarts=0 pause=1
while [ -z "$stopping" ]; do
  began=$(date +%s)
  setsid sh "$slot.start" >>"$slot.log" 2>&1 &
  child=$!
  printf '%s\\n' "$child" >"$slot.pid"
  code=0
  while kill -0 "$child" 2>/dev/null; do wait "$child"; code=$?; done
  [ -n "$stopping" ] && break
  restarts=$((restarts + 1))
  printf '%s %s\\n' "$restarts" "$code" >"$slot.restarts"
  [ $(($(date +%s) - began)) -ge 60 ] && pause=1
  child=
  sleep "$pause" &
  wait $!
  [ "$pause" -lt 30 ] && pause=$((pause * 2))
done
[ -n "$killer" ] && kill "$killer" 2>/dev/null
rm -f "$slot.pid" "$slot.supervisor"
`

/** Starts the supervisor in a session of its own. Called with: FOLDER SLOT SIGNAL SECONDS; waits until it is there. */
export const START = `setsid sh "$1/supervise.sh" "$@" </dev/null >/dev/null 2>&1 &
n=0; while [ ! -e "$1/$2.supervisor" ] && [ $n -lt 100 ]; do sleep 0.05; n=$((n + 1)); done; [ -e "$1/$2.supervisor" ]`

/** Whether the process of a file is still what it was; process ids are used again. */
const IS_OURS = `ours() { [ -n "$1" ] && tr '\\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -qF -- "$2/supervise.sh $2 $3 "; }`

/** Whether a process still runs: one that has ended is there until its parent looks, which not every host's first process does soon. */
const RUNS = `runs() { state=$(cat "/proc/$1/stat" 2>/dev/null) || return 1; case \${state##*) } in Z* | X*) return 1 ;; esac; }`

/** Ends a slot's supervisor and program, and waits until both are gone. Called with: FOLDER SLOT SECONDS */
export const STOP = `${IS_OURS}
${RUNS}
cd "$1" 2>/dev/null || exit 0
supervisor=$(cat "$2.supervisor" 2>/dev/null) child=$(cat "$2.pid" 2>/dev/null)
if ours "$supervisor" "$1" "$2"; then
  kill -s TERM "$supervisor" 2>/dev/null
  n=0; while runs "$supervisor" && [ $n -lt $(( ($3 + 5) * 20 )) ]; do sleep 0.05; n=$((n + 1)); done
  kill -s KILL "$supervisor" 2>/dev/null
  [ -n "$child" ] && kill -s KILL -- "-$child" 2>/dev/null
fi
rm -f "$2.supervisor" "$2.pid" "$2.restarts"
exit 0`

/** Says: supervisor lives, program lives, restarts and last exit code. Called with: FOLDER SLOT */
export const STATUS = `${IS_OURS}
cd "$1" 2>/dev/null || { echo missing; exit 0; }
supervisor=$(cat "$2.supervisor" 2>/dev/null)
ours "$supervisor" "$1" "$2" || { echo missing; exit 0; }
child=$(cat "$2.pid" 2>/dev/null)
if [ -n "$child" ] && kill -0 "$child" 2>/dev/null; then echo running; else echo waiting; fi
cat "$2.restarts" 2>/dev/null`
