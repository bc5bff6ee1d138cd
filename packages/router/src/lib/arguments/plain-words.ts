/** English of offices and of operations beyond the everyday words: no thing is called so unless the request says that it is a name. */
const WORDS = `
date dates correlate complained regen rerun reread cluster group mild far forget compose security previous enumerate markdown present ticketing progress produce mend reverse outcome quality pick complain complains withdraw
execution executions assess older newer rotation priority priorities category categories maintenance examine erase scrap including disappear eliminate redo
according offline online management provider further protocol protocols alive introduce perform survive evaluate decommission readable discrepancies
discrepancy leak leaks leaking touching existing remedy remedies amend improve auditor auditors remaining terminal emergency emergencies centre center
undone overwrite anew debt versus straight retrieve dates sick regression regressions feature declare tech card vanish forge manage deliver marketing
forecast establish consistent suspect spot hide glance append autofix dangerous cure manifest manifests regenerate browse finalise finalize former
duplicate deployable retract rescind terminate sanity judge observe overnight endpoint endpoints kernel mode vulnerability vulnerabilities permit pretend
operation operations forward measurement structure mending accident documentation conclude tick evidence typo upstream downstream features modify alter
relabel testers expose readiness requirement requirements matches capacity initialise initialize bootstrap derive contrast disagree conceal dig stranger
unset placeholder placeholders extend supplement align insert sane proofread validation solve harden conflict conflicts rectify emit retrospective chronicle
recap responsible downgrade reinstate prior rewind reactivate backtrack shrink onboard reality annotate abort unwind abandon dispose violations violation
misbehaves observation survey analysis develop developed samples sample respond compliant compliance operating outstanding severity annul freshen ignore
tolerate future original mismatch healthier polish polished persist refactoring checkup manager managers printable assessment suppression throwaway
prototype exception exceptions vendor vendors temporary cleanup jot unknown unreachable escalate dealt thrown breakdown resolution proposal altogether
replicate justify reword reachable kicking availability metadata determine announce announcement outline definition definitions surveillance discontinue
headline recommend recommendation rehearsal due upcoming revoke accept accepted acceptable exact exactly fresh fresher freshly nervous heavy handover
campaign campaigns launch demo-day average averages total totals budget budgets quarterly monthly yearly annual slide slides presentation postmortem
retro standup meeting meetings board boss lead stakeholder stakeholders colleague colleagues customer teammate intern trainee newcomer contractor
consultant supplier partner investor investors management accounting legal sales finance procurement people folks crowd audience visitor guests
weekend holiday vacation lunch dinner morning evening night midnight noon spring summer autumn winter season rush peak sale discount black launchday
deadline milestone sprint backlog roadmap strategy objective goal target-date estimate estimates effort planning planned schedule calendar agenda
traffic load loads overload spike spikes outage outages incident blip hiccup glitch freeze crash slowness latency throughput bandwidth response responses
timeout timeouts threshold percentile percentiles uptime downtime cost costs price usage consumption growth trend trends statistic statistics chart graph
figure figures number score scores grade grades rating points badge result results finding findings complaint complaints concern concerns suspicion
question questions answer answers reply advice hint hints idea ideas opinion doubt doubts reason reasons cause causes culprit root explanation proof
firmware hardware software switch cable rack disk disks drive drives memory space room processor cores socket port ports firewall power electricity
certificate certificates credential credentials secret secrets password passwords token tokens key keys variable variables setting settings config configs
configuration configurations file files folder folders directory directories path paths document documents page pages sheet spreadsheet table tables column
columns row rows line lines entry entries record records note notes list lists list item items batch bunch couple handful dozen hundred thousand majority
registry register catalogue-entry changelog readme license licence commit commits branch branches tag tags merge diff patch patches hotfix hotfixes bugfix
bug bugs defect defects warning warnings error errors failure failures fault faults issue issues ticket tickets task tasks job-list story stories epic
dependency dependencies library libraries package packages module modules framework plugin plugins extension extensions template templates schema schemas
version versions release releases build builds artifact artifacts rollout rollouts deployment deployments rollback rollbacks migration migrations upgrade
upgrades update updates install installation setup replica replicas instance instances copy copies container containers image-tag digest checksum hash
environment environments machine machines server servers host hosts cluster clusters node nodes region regions network networks zone zones cloud
slower faster bigger smaller higher lower better worse safer cleaner newest oldest latest longest shortest cheaper older younger nearby distant
free busy idle ready late early soon again already still forever never always sometimes often rarely hardly barely nearly almost maybe perhaps
whatever whichever whoever whenever wherever somehow somewhat anyway besides instead otherwise meanwhile afterwards beforehand lately recently currently
thanks thx pls plz hey hello hi dear folks guys mate buddy okay yeah yep nope sorry btw fyi asap im ive id ill youre dont doesnt didnt cant couldnt wont
isnt arent wasnt werent havent hasnt shouldnt wouldnt thats whats theres lets gonna wanna gotta kinda sorta
everything somewhere nowhere anybody nobody everybody someone noone none either neither both several various certain another such same different similar
top bottom middle front rear left right side edge corner end beginning start middle rest remainder part parts piece pieces half quarter third
january february march april may june july august september october november december
monday tuesday wednesday thursday friday saturday sunday
github gitlab npm docker kubernetes kubectl heroku jira slack pagerduty netbox terraform ansible python java rust golang typescript javascript chrome
safari firefox windows macos ubuntu debian fedora alpine linux
`

export const PLAIN_WORDS: ReadonlySet<string> = new Set(WORDS.trim().split(/\s+/))
