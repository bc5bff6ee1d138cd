import { tokenize } from './tokens.ts'

/** What people say for the verb that a command is named with; `...` stands for what it is done to, else that follows. */
const VERBS = `
list: list, show all, show me the, which ... are there, what ... do we have, give me all
get: show, get, look up, details of, tell me about, open
show: show, print, display, let me see, what is in
create: create, make a new, add a, new, set up a
add: add, register, put in, start tracking, include
open: open, create, raise, file, make a new
file: file, open, create, raise, report
new: create, make a new, start a
update: update, change, edit, modify, set, correct
edit: edit, change, modify
set: set, change, make
rename: rename, call ... something else
delete: delete, remove, get rid of, throw away, drop
remove: remove, delete, take out, get rid of, stop tracking
close: close, resolve, finish, mark ... as done, settle
reopen: reopen, open ... again, ... is not fixed after all, ... is back
restore: restore, bring back, put back, recover
undo: undo, take back, revert, roll back
history: history of, past, previous, how did ... go, earlier
latest: latest, newest, last, most recent
run: run, execute, carry out, perform, start, do
start: start, begin, launch, kick off
stop: stop, halt, end, shut down
cancel: cancel, abort, call off, stop
resume: resume, continue, go on with, pick up, finish the interrupted
retry: retry, try ... again, repeat
restart: restart, bounce, reboot, stop and start
scale: scale, resize, add more copies of, change the number of
export: export, write ... to a file, save ... as, dump, hand out
import: import, pull in, load, bring in, take over
check: check, verify, validate, test, is ... right, are ... in order
verify: verify, check, confirm
validate: validate, check, is ... valid, lint
scan: scan, examine, inspect, analyse, look over
fix: fix, repair, mend, correct, clean up
plan: plan, preview, what would ... contain, prepare
cut: cut, make, ship, publish
rehearse: rehearse, try out, simulate, dry run of
apply: apply, do, carry out, roll out
rollback: roll back, go back to the previous, revert, undo
destroy: destroy, tear down, wipe, remove everything of
status: status of, how far is, what is the state of, where does ... stand
stats: statistics of, how many, counts of, figures on
diff: compare, difference between, what changed in, what is new in
compare: compare, difference between, versus
record: record, keep, store, note down, remember
detect: detect, find out, recognise, what kind of
triage: triage, sort, prioritise, go through, which ... matter most
report: report on, write a report of, summarise
watch: watch, keep an eye on, monitor, follow
monitor: monitor, watch, keep an eye on
investigate: investigate, find out what is wrong with, why does ... fail, what caused, root cause of
analyze: analyse, trends of, how is ... developing, look into
remediate: remediate, heal, get ... working again
audit: audit, review, inspect, is ... secure
publish: publish, send out, put ... on the registry
overview: overview of, everything about, summary of all
generate: generate, write, make, create
setup: set up, prepare, configure
assign: assign, give ... to
label: label, tag
comment: comment on, add a note to
search: search, find, look for
`

const NOUNS = `
issue: issue, bug, ticket, problem
project: project, repo, repository
runbook: runbook, playbook, procedure
release: release, version
deployment: deployment, rollout
health: health, score, condition
service: service, app, server
incident: incident, outage
log: logs, log lines, output
logs: logs, log lines, output
template: template, blueprint
changelog: changelog, release notes
env: environment variables, env file
environment: environment, stage
chain: chain, workflow
plugin: plugin, extension
mcp: mcp server, tools
host: host, machine, server
`

const table = (text: string): ReadonlyMap<string, readonly string[]> =>
  new Map(
    text
      .trim()
      .split('\n')
      .map((line) => {
        const [word = '', phrases = ''] = line.split(': ')
        return [word, phrases.split(', ')]
      }),
  )
const PHRASES_OF_VERB = table(VERBS)
const NAMES_OF_NOUN = table(NOUNS)

/**
 * What people are likely to say for a command whose id is of the form "plugin.noun.verb", by what they say for its noun and for its verb.
 * Each noun's name and each verb's phrase occurs; not every pair of them.
 */
export function paraphrasesOf(id: string): readonly string[] {
  const [, ...rest] = id.split('.')
  const verb = rest.at(-1)?.split('-')[0] ?? ''
  const noun = rest.length > 1 ? rest[0]! : (id.split('.')[0] ?? '')
  const phrases = PHRASES_OF_VERB.get(verb)
  if (phrases === undefined) return []
  const names = NAMES_OF_NOUN.get(noun) ?? [
    tokenize(noun)
      .map(({ word }) => word)
      .join(' '),
  ]
  return phrases.flatMap((phrase, i) =>
    [names[i % names.length]!, names[0]!]
      .filter((name, j, all) => all.indexOf(name) === j)
      .map((name) => (phrase.includes('...') ? phrase.replace('...', `the ${name}`) : `${phrase} ${name}`)),
  )
}
