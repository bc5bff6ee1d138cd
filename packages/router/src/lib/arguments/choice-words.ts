/** Words that mean a choice: `value: words` a line, for fields of any name or, before a slash, of these. */
const TABLE = `
bump/major: breaking, breaking change, incompatible
bump/minor: feature, features
bump/patch: fix, fixes, bugfix, bug fix, hotfix, small
action/restart: reboot, bounce, start again
action/rollback: roll back, rolled back, go back, revert, undo, take back
critical: urgent, severe, blocker, blocking, p0, sev1, emergency
high: important, p1, sev2, serious
medium: normal, moderate, p2, average, mid
low: minor, p3, trivial, unimportant, nice to have
priority/low: trivial, unimportant
open: unresolved, outstanding, pending, unsolved, going on, not fixed, not resolved, not done
in-progress: ongoing, in progress, being worked on, working on, started, wip
closed: done, finished, resolved, completed
resolved: fixed, solved
kubernetes: k8s, kube
chat: slack, team chat, mattermost, discord
action/scale: resize, replicas, instances, copies, more copies
accepted: wontfix, won't fix, will not fix, live with, tolerate, tolerated
assume/again: repeat, redo
mine: keep my, keep mine, keep our, keep ours
build: compile, compiles, compiling
caddy: caddyfile
duplicate: dupe, double, duplicates
wontfix: won't fix, wont fix, will not fix, not planned
error: errors, failures, failing, exceptions
warn: warning, warnings
warning: warn, warnings
info: informational, information
debug: verbose, debugging
bug: bugs, defect, defects, broken
feature: features, enhancement, new feature
security: vulnerability, vulnerabilities, vulnerable
performance: perf, slow, speed
documentation: docs, doc
docs: documentation, doc
dependencies: dependency, deps, packages
json: machine readable
machines: machine-readable, machine readable, a script, a program, scripts, programs
people: human-readable, human readable, humans, customers, users
markdown: md
html: web page, webpage
asc: ascending, oldest first, lowest first
desc: descending, newest first, latest first, highest first
alpha: alphas
beta: betas
rc: release candidate
healthy: fine, ok, okay, up
unhealthy: down, broken, failing
pass: passing, passed, went fine, went well, went through, succeeded
fail: failing, failed, went wrong, did not work
skip: skipped, left out
failed: failing, failures
running: active, in progress
`

export interface ChoiceWords {
  readonly value: string
  readonly words: readonly string[]
  /** Names of the fields it holds for; absent where for all. */
  readonly of?: ReadonlySet<string>
}

export const CHOICE_WORDS: readonly ChoiceWords[] = TABLE.trim()
  .split('\n')
  .map((line) => {
    const [left = '', right = ''] = line.split(': ')
    const [field, value] = left.includes('/') ? left.split('/') : [undefined, left]
    return { value: value!, words: right.split(', '), ...(field !== undefined && { of: new Set([field]) }) }
  })
