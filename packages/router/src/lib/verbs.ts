/** Verbs that requests begin with. No name of a thing is read out of them, and a part of a request may start with one. */
export const VERBS: ReadonlySet<string> = new Set(
  (
    'add adjust alert analyse analyze apply approve archive assign attach audit back backport backup begin block boot bounce bring build bump calculate cancel ' +
    'change check cherry-pick clean clear clone close collect commit compare compile configure confirm connect convert copy count create cut debug ' +
    'decide delete deploy describe destroy detect diagnose diff disable discard display document download drain draft drop dump edit email enable ensure ' +
    'estimate execute expand explain export fetch file fill filter find fix flush follow force format generate get give go grep handle halt heal help ' +
    'hold import increase index inspect install investigate keep kill label launch let limit link lint list listen load lock log look lower make mark ' +
    'measure merge message migrate mirror monitor mount move mute name note notify open order pause ping pin plan post prepare preview print probe promote ' +
    'provision prune publish pull purge push put query raise read rebase rebuild record recover redeploy reduce refresh register rehearse reindex reject ' +
    'release reload remediate remind remove rename renew reopen repair replace replay reply report reproduce request rerun reset resize resolve restart ' +
    'restore resume retire retry return revert review rewrite roll rollback rotate run save scale scan schedule search see send set setup share ship show ' +
    'shut sign simulate skip snapshot sort spin split stage start stop store submit suggest summarise summarize suspend switch sync tag tail take tear ' +
    'tell test throttle toggle trace track transfer triage trigger try turn undeploy undo uninstall unlock unmute unpin update upgrade upload use validate ' +
    'verify view wait warn watch wipe write supervise'
  ).split(' '),
)

/** Whether a word is one of these verbs, in any form people ask in: deploy, deploys, deploying, deployed. */
export function isVerb(word: string): boolean {
  if (VERBS.has(word)) return true
  const base = /^(.{2,}?)(?:ing|ed|es|s)$/.exec(word)?.[1]
  if (base === undefined) return false
  return VERBS.has(base) || VERBS.has(`${base}e`) || (base.at(-1) === base.at(-2) && VERBS.has(base.slice(0, -1)))
}
