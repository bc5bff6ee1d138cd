/** Verbs that requests begin with. No name of a thing is read out of them, and a part of a request may start with one. */
export const VERBS: ReadonlySet<string> = new Set(
  (
    'accept add adjust alert allow analyse analyze apply approve archive assign attach audit back backport backup begin block boot bounce bring ' +
    'build bump calculate cancel carry change check cherry-pick clean clear clone close collect commit compare compile complete configure confirm ' +
    'connect continue convert copy count create cut debug decide decrypt delete deploy describe destroy detect diagnose diff disable discard ' +
    'display document download draft drain drop dump edit email enable encrypt ensure estimate execute expand explain export fetch file fill ' +
    'filter find finish fix flush follow force forget format generate get give go grep halt handle heal help hold import increase index inspect ' +
    'install investigate keep kick kill label launch let limit link lint list listen load lock log look lower make mark measure mend merge ' +
    'message migrate mirror monitor mount move mute name note notify observe open order pause pick pin ping plan post prepare preview print probe ' +
    'proceed promote provision prune publish pull purge push put query raise read rebase rebuild record recover redeploy redo reduce refresh ' +
    'register rehearse reindex reject release reload remediate remind remove rename renew reopen repair replace replay reply report reproduce ' +
    'request rerun reset resize resolve restart restore resume retire retry return revert review rewrite roll rollback rotate run save scale scan ' +
    'schedule search see send set setup share ship show shut sign simulate skip snapshot sort spin split stage start stop store submit suggest ' +
    'summarise summarize supervise suppress suspend switch sync tag tail take tear tell test throttle toggle trace track transfer triage trigger ' +
    'trust try turn undeploy undo uninstall unlock unmute unpin unpublish update upgrade upload use validate verify view wait warn watch wipe ' +
    'write'
  ).split(' '),
)

/** Whether a word is one of these verbs, in any form people ask in: deploy, deploys, deploying, deployed. */
export function isVerb(word: string): boolean {
  if (VERBS.has(word)) return true
  const base = /^(.{2,}?)(?:ing|ed|es|s)$/.exec(word)?.[1]
  if (base === undefined) return false
  return VERBS.has(base) || VERBS.has(`${base}e`) || (base.at(-1) === base.at(-2) && VERBS.has(base.slice(0, -1)))
}
