import { describe, expect, it } from 'vitest'
import { clausesOf } from './clause.ts'
import type { Condition } from './condition.ts'

const show = (condition: Condition): string => {
  if (condition.kind === 'outcome') return condition.good ? 'good' : 'bad'
  if (condition.kind === 'figure') return `${condition.words.join(' ')} ${condition.operator} ${condition.number}`
  return `${condition.some ? 'some' : 'no'} ${condition.words.join(' ')}`
}
const read = (text: string): string =>
  clausesOf(text)
    .map(
      ({ start, end, condition, refused }) => `${condition ? `[${show(condition)}] ` : ''}${refused ? '!' : ''}${text.slice(start, end)}`,
    )
    .join(' | ')

const ROWS: readonly (readonly [string, string])[] = [
  [
    'check the api, and if it is healthy cut a minor release and deploy it to staging, otherwise open an issue',
    'check the api | [good] cut a minor release | [good] deploy it to staging | [bad] open an issue',
  ],
  ['check the api, then deploy it to staging', 'check the api | deploy it to staging'],
  [
    'scan the project. If the score is below 80, open an issue. Then show me the releases',
    'scan the project | [score < 80] open an issue | show me the releases',
  ],
  ['deploy to staging if the tests pass and notify me', '[good] deploy to staging | notify me'],
  ['run the tests and deploy unless they fail', 'run the tests | [good] deploy'],
  ['deploy after checking the health', 'checking the health | deploy'],
  ['before deploying, check the disk', 'check the disk | deploying'],
  ['check the disk before you deploy', 'check the disk | deploy'],
  ['once it is done, restart the worker', '[good] restart the worker'],
  ['cut a release but do not push it', 'cut a release | !do not push it'],
  ['do not check the health of this project', '!do not check the health of this project'],
  ['under no circumstances deploy the api', '!under no circumstances deploy the api'],
  ['check if production is healthy', 'check if production is healthy'],
  ['tell me when the deployment finished', 'tell me when the deployment finished'],
  ['open an issue: fix the login and the logout', 'open an issue: fix the login | the logout'],
  ['open an issue called "check this and then that"', 'open an issue called "check this and then that"'],
  ['deploy api 1.2.3 to staging. After that watch it for 5 minutes', 'deploy api 1.2.3 to staging | watch it for 5 minutes'],
  ['if there are errors in the logs, restart it; if not, do nothing', '[some errors] restart it | [no errors] do nothing'],
  ['scan it and if there are more than 3 issues stop', 'scan it | [issues > 3] stop'],
  ['first check the health, second cut a patch release and finally deploy', 'check the health | cut a patch release | deploy'],
  ['check the disk and memory', 'check the disk | memory'],
  ['repair the api, otherwise open an incident', 'repair the api | [bad] open an incident'],
  ['repair the api and, should that fail, open an incident', 'repair the api | [bad] open an incident'],
  ['check all services and if one of them is down look into it', 'check all services | [bad] look into it'],
  ['is the mailer up? if it is not, restart it', 'is the mailer up | [bad] restart it'],
  ['purge the cache as long as the checks pass', '[good] purge the cache'],
  ['page me in case the copy fails', '[bad] page me'],
  ['start the import provided that the disk and the network are fine', '[good] start the import'],
  ['should the mailer be down, restart it', '[bad] restart it'],
  ['list the jobs; if there are fewer than three, pause them', 'list the jobs | [ < 3] pause them'],
  // A condition in words that nobody reads goes up to its comma or to the verb of what depends on it, and is guessed.
  ['probe the shop and if anything odd turns up, page me', 'probe the shop | [some odd turns up] page me'],
  ['probe the shop; if it answers with errors restart it', 'probe the shop | [bad] restart it'],
  ['probe the shop; assuming it holds, page me', 'probe the shop | [good] page me'],
  ['page me if you can', 'page me if you can'],
  ['when did the copy break', 'when did the copy break'],
  ['test it; once more please', 'test it | once more please'],
  // Lists, and signs that stand for "then".
  ['1. check the api 2. restart it 3. tell me how it is', 'check the api | restart it | tell me how it is'],
  ['please do this: a) check the api b) restart it', 'check the api | restart it'],
  ['Tonight:\n1) check the api\n2) restart it', 'check the api | restart it'],
  ['- check the api\n- restart it', 'check the api | restart it'],
  ['* check the api\n• restart it', 'check the api | restart it'],
  ['check the api -> restart it → probe it && page me', 'check the api | restart it | probe it | page me'],
  ['look at chapter 2. 3 is too long', 'look at chapter 2 | 3 is too long'],
  ['deploy 1. then 2.', 'deploy 1 | 2'],
  ['the copy hangs: stop it and purge the cache', 'the copy hangs | stop it | purge the cache'],
  ['open an issue: the copy hangs', 'open an issue: the copy hangs'],
  ['wipe the disk, but before that copy the logs', 'copy the logs | wipe the disk'],
  ['take the version before this one', 'take the version before this one'],
  ['copy the logs before we move to the new office', 'copy the logs before we move to the new office'],
  ['is the shop up? restart it if not', 'is the shop up | [bad] restart it'],
  ['probe the shop. It is not healthy? Then restart it', 'probe the shop | [bad] restart it'],
  ['probe the shop. Still down? page me', 'probe the shop | [bad] page me'],
  ['list the jobs; if there are any pause them', 'list the jobs | [some ] pause them'],
  ['list the jobs and if any pause the line', 'list the jobs | [some ] pause the line'],
  ['probe the shop, and should either report trouble stop it', 'probe the shop | [bad] stop it'],
  ['when the copy is over please wipe the disk', '[good] wipe the disk'],
  ['can you please wipe the disk', 'can you please wipe the disk'],
  ['check whether all services are up and, if they are, cut a release', 'check whether all services are up | [good] cut a release'],
]

describe('clausesOf()', () => {
  for (const [text, clauses] of ROWS) it(`takes apart "${text}"`, () => expect(read(text)).toBe(clauses))
})
