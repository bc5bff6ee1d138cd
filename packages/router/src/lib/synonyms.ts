import { stem } from './stem.ts'

/**
 * Words that ask for the same thing, a group a line, in the form people type them. Every member of a group also counts
 * as the group, so that a request can meet an example it shares no word with. A word may stand in several groups.
 * Short forms of our trade come first: they are exact, while the everyday groups only lean.
 */
const GROUPS = `
k8s kubernetes kube kubectl
db database databases
auth authentication authenticate login signin logon sso
repo repository repositories
env environment environments
config configuration configure settings setting setup
prod production live
stage staging preprod
dev development
infra infrastructure
ci pipeline pipelines
pr mr
perf performance
deps dependencies dependency packages package libraries library
docs documentation manual guide handbook
msg message messages
a11y accessibility accessible
i18n internationalization translation
cert certificate certificates tls ssl
cred credentials credential secret secrets password passwords passcode pin
svc service services
app application apps
err error errors failure failures exception exceptions crash crashed
vm machine server servers host hosts box instance node
mem memory ram
cpu processor load
disk storage space volume
net network connection connectivity internet
lb balancer
deploy ship release rollout publish
rollback revert undo restore back
restart reboot bounce reload relaunch
stop halt kill shutdown terminate end quit
start launch begin boot run kickoff initiate
status health healthy alive state condition
logs log journal
metrics metric stats statistics figures numbers
monitor watch observe track follow
alert alarm warning notify notification page
incident outage downtime
scale resize grow
backup snapshot dump copy
migrate migration move transfer shift
rotate renew refresh roll
test tests testing verify validate check
lint format style
build compile bundle
tag version versions
branch fork
merge combine join unite
commit push
diff difference compare comparison versus changes
audit scan inspect examine review
supervise supervision guard babysit oversee
mute silence hush suppress ignore exempt tolerate dismiss
unlock free unblock
encrypt seal cipher encryption
decrypt unseal decipher decryption
variable variables dotenv env
score grade points rating mark
rule rules check checks criterion criteria
template checklist standard blueprint scaffold boilerplate skeleton
runbook playbook procedure routine drill
manual manually hand
project repo repository codebase workspace package
register enroll adopt onboard record
unregister forget untrack deregister
trend development evolution progress
overview summary digest glance outline
dashboard page board
drift deviation divergence gap delta
note comment remark annotation annotate jot
severity urgency priority importance critical urgent
assignee owner responsible
unpublish withdraw retract yank
prerelease beta alpha rc candidate preview
bump increment raise
hotfix patch fix bugfix
backport port cherry-pick
commit change changeset revision
remote origin upstream
rehearse rehearsal simulate simulation pretend dry practice
plan preview forecast predict proposal propose
proxy caddy nginx gateway ingress
domain hostname dns
container docker podman image compose
daemon unit systemd process
cron timer schedule interval
probe ping poll reachable respond answer
slow latency lag performance
capacity headroom forecast
usage utilisation utilization consumption
leak leaks exposed leaked
security vulnerability vulnerabilities cve
outdated stale obsolete
setup wizard init initialise initialize bootstrap onboarding
generate produce write draft
destroy teardown dismantle decommission undeploy
resume continue proceed unpause
inventory fleet hosts machines
sync synchronise align reconcile
triage prioritise prioritize rank sort
resolve settle finish done complete
remediate heal recover self-heal
investigate diagnose debug troubleshoot analyse analyze
baseline reference freeze
trust allow vouch
statistics count tally numbers
hosting host selfhost self-hosting deploy
template starter
folder directory path
stuck hung hangs hanging frozen wedged jammed unresponsive deadlocked stalled
dead died dies lifeless crashed
flaky unstable shaky wobbly
rescue revive resurrect nurse heal recover
leftover stale orphaned abandoned dangling
interrupted unfinished halfway aborted incomplete
replica replicas instances copies
traffic surge peak load
culprit cause reason blame suspect
postmortem retrospective aftermath
plaintext readable unencrypted clear
heartbeat pulse alive
digest hash sha checksum
ledger books registry records catalogue catalog
rundown briefing recap summary
backlog queue pending open
bug defect problem issue trouble fault glitch wrong
fix repair mend solve resolve troubleshoot correct
ticket story task todo
upgrade update patch bump
install add setup
remove delete erase drop clear wipe purge discard destroy
create make new generate produce
show display list print view see present
find search lookup locate seek
explain describe clarify meaning mean define definition
change modify edit alter adjust switch replace
rename relabel
enable activate on
disable deactivate off
open unlock
close shut lock
approve accept confirm allow permit agree
reject deny decline refuse
cancel abort scrap call-off
schedule plan arrange book reserve appointment booking reservation
remind reminder remember forget
buy purchase order get acquire
sell sale
pay payment bill invoice charge charged
cost price expensive fee fees pricing rate
money cash funds dollars bucks
bank account checking savings
refund reimburse reimbursement moneyback
card credit debit visa mastercard
send mail forward post deliver
receive receipt got arrive
email mail inbox
call phone ring dial telephone
text sms message
talk speak chat conversation tell say
ask question inquire query
help assist aid support assistance
employee staff worker personnel colleague
boss manager supervisor
job work position occupation career
salary wage income paycheck pay earnings wages
vacation holiday leave pto time-off trip getaway
travel trip journey visit traveling
flight plane fly airline airplane flights
hotel room lodging motel accommodation
car vehicle automobile auto
drive driving commute
gas fuel petrol gasoline
tire tires wheel
road traffic route directions way
map navigate gps
distance far miles kilometers
near nearby close around nearest local
place location where spot
restaurant diner eatery cafe
food meal dish dinner lunch breakfast eat
cook recipe prepare bake ingredients
drink beverage
grocery groceries shopping supermarket store shop
music song track tune songs album playlist
play listen hear
movie film show
video clip
picture photo image pic photos pictures
book novel read
game games
weather forecast temperature rain sunny snow
time clock hour
date day calendar
today tonight now currently current present
tomorrow upcoming next future later
yesterday past previous last earlier history recent
week weekly
month monthly
year annual yearly
loud volume louder quieter
light lights lamp
hot warm heat
cold cool chilly
fast quick quickly speed rapid
slow slowly sluggish lag
big large huge
small little tiny
good great nice best
bad poor terrible awful
hi hello hey greetings morning
bye goodbye farewell
thanks thank appreciate grateful
yes yeah yep sure affirmative
no nope nah negative
maybe perhaps possibly unsure
name called
who person
want need wish like would
amount quantity many much number total
balance remaining left
limit maximum max cap
minimum least min
increase raise higher up more
decrease lower reduce down less
lost missing stolen misplaced
broken damaged working malfunction
report complain complaint
fraud scam suspicious fraudulent
declined rejected denied
activate start enable
apply application apply-for signup register enroll join subscribe
unsubscribe leave
loan borrow mortgage lend
interest apr rate
tax taxes irs
insurance coverage policy insured
doctor medical health hospital physician
medicine drug pill medication
sick ill unwell
exercise workout gym fitness
calories calorie nutrition healthy
joke funny laugh humor
fact trivia
translate translation language spanish french
spell spelling
calculate compute math sum add
convert conversion exchange
random pick choose select choice
roll dice flip
repeat again redo
pause wait hold
skip next
sync synchronize pair connect link
battery charge power
key keys
luggage baggage bag suitcase
passport visa immigration
family friend friends
old age birthday born
live home house apartment
transaction transactions spending spent purchases
points rewards reward miles
package parcel shipment delivery shipping
track where
`

/** The groups of a stem, each named by its first word; a constant table, read once. */
const GROUPS_BY_STEM: ReadonlyMap<string, readonly string[]> = readGroups()

function readGroups(): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const line of GROUPS.trim().split('\n')) {
    const [name] = line.split(' ')
    for (const stemmed of new Set(line.split(' ').map(stem))) groups.set(stemmed, [...(groups.get(stemmed) ?? []), `~${name}`])
  }
  return groups
}

const NONE: readonly string[] = []

/** Names of the groups a stem belongs to. */
export const synonymGroups = (stemmed: string): readonly string[] => GROUPS_BY_STEM.get(stemmed) ?? NONE
