import { describe, expect, it } from 'vitest'
import { trainRouter } from '../train.ts'
import { factsOf } from './command-facts.ts'
import { COMMANDS } from './commands.fixture.ts'
import { type Decided, type DecideOptions, decide } from './decide.ts'

const model = trainRouter(COMMANDS.map(({ id, summary, examples }) => ({ id, summary, examples })))
const facts = new Map(COMMANDS.map((command) => [command.id, factsOf(command)]))
const options: DecideOptions = {
  facts: (id) => facts.get(id),
  names: { env: ['staging', 'production'], service: ['api', 'worker', 'web'] },
  nowMs: new Date(2026, 10, 21).getTime(),
}
const ask = (request: string): Decided => decide(model, request, options)
const show = ({ parts }: Decided): string[] =>
  parts.map(
    ({ command, args, after, when }) =>
      `${command} ${Object.entries(args)
        .map(([name, { value }]) => `${name}=${value}`)
        .join(' ')}${after.length > 0 ? ` after ${after.join(',')}` : ''}${when === undefined ? '' : ` when ${when}`}`,
  )

describe('decide()', () => {
  it('takes apart what the product is for', () => {
    const decided = ask(
      'check the health of the api, and if it is healthy cut a minor release and deploy it to staging, otherwise open an issue: api is unhealthy',
    )
    expect(show(decided)).toEqual([
      'ops.health.check service=api',
      "release.cut bump=minor after 0 when steps.part1.output.status == 'HEALTHY'",
      "deploy.apply service=api env=staging version=${{ steps.part2.output.version }} after 0,1 when steps.part1.output.status == 'HEALTHY'",
      "ops.issue.open title=api is unhealthy after 0 when steps.part1.output.status != 'HEALTHY'",
    ])
    expect(decided).toMatchObject({ outcome: 'routed', strategy: 'mixed' })
  })

  const ROWS: readonly (readonly [string, ...string[]])[] = [
    ['check the api, then deploy it to staging', 'ops.health.check service=api', 'deploy.apply service=api env=staging after 0'],
    ['restart the api and the worker', 'ops.service.restart service=api', 'ops.service.restart service=worker after 0'],
    ['show the logs of api, web and worker', 'ops.logs.show service=api', 'ops.logs.show service=web', 'ops.logs.show service=worker'],
    ['check the disk and memory of this machine', 'ops.host.check '],
    ['check the disk and restart the api', 'ops.host.check ', 'ops.service.restart service=api after 0'],
    [
      'deploy api 1.2.0 to staging. After that show me its error logs',
      'deploy.apply service=api env=staging version=1.2.0',
      'ops.logs.show service=api level=error after 0',
    ],
    ['cut a patch release but do not push it', 'release.cut bump=patch push=false'],
    [
      'scan the project and if the score is below 80 open an issue called "Health is low"',
      'ops.project.scan ',
      'ops.issue.open title=Health is low after 0 when steps.part1.output.score < 80',
    ],
    ['show the error logs of the web and list the open issues', 'ops.logs.show service=web level=error', 'ops.issue.list status=open'],
    ['deploy web to production after checking the disk', 'ops.host.check ', 'deploy.apply service=web env=production after 0'],
    ['restart the worker and then check it', 'ops.service.restart service=worker', 'ops.health.check service=worker after 0'],
    ['scan the project, then tell me the score of the project', 'ops.project.scan '],
    // What stays as it is, and what is the matter, is no request of its own.
    ['roll back the api in production but keep what is on staging', 'deploy.rollback service=api env=production'],
    ['the api is down, restart it', 'ops.service.restart service=api'],
    [
      'check the api, otherwise restart it',
      'ops.health.check service=api',
      "ops.service.restart service=api after 0 when steps.part1.output.status != 'HEALTHY'",
    ],
    ['restart the api and everything around it', 'ops.service.restart service=api'],
    // An option of what stands before it is no part.
    ['cut a minor release and push it', 'release.cut bump=minor push=true'],
    // Without a verb, and for another place.
    [
      'deploy the web to staging, then production',
      'deploy.apply service=web env=staging',
      'deploy.apply service=web env=production after 0',
    ],
    [
      'the web is slow: restart it and show me its error logs',
      'ops.service.restart service=web',
      'ops.logs.show service=web level=error after 0',
    ],
    // Nothing before a condition tells: what tells is asked first.
    [
      'if the worker is healthy, cut a patch release',
      'ops.health.check service=worker',
      "release.cut bump=patch after 0 when steps.part1.output.status == 'HEALTHY'",
    ],
    ['roll back the api in production', 'deploy.rollback service=api env=production'],
  ]
  for (const [request, ...parts] of ROWS) it(`reads "${request}"`, () => expect(show(ask(request))).toEqual(parts))

  const REFERENCES: readonly (readonly [string, ...string[]])[] = [
    // A list of one is one, of several is each; and what is said of one fits where a list is asked for.
    [
      'probe web and worker, then restart them',
      'ops.probe services=web,worker',
      'ops.service.restart service=web after 0',
      'ops.service.restart service=worker after 1',
    ],
    ['probe the web and restart it', 'ops.probe services=web', 'ops.service.restart service=web after 0'],
    ['restart the web, then probe it', 'ops.service.restart service=web', 'ops.probe services=web after 0'],
    // What was made is called by its id, wherever in a result that stands.
    [
      'open an issue called slow, then close it',
      'ops.issue.open title=slow',
      'ops.issue.close id=${{ steps.part1.output.issue.id }} after 0',
    ],
    [
      'cut a release, deploy it to staging, and then deploy it to production',
      'release.cut ',
      'deploy.apply env=staging version=${{ steps.part1.output.version }} after 0',
      'deploy.apply env=production version=${{ steps.part1.output.version }} after 0,1',
    ],
    [
      'cut a release, deploy the api to staging with that version, then production',
      'release.cut ',
      'deploy.apply service=api env=staging version=${{ steps.part1.output.version }} after 0',
      'deploy.apply service=api env=production version=${{ steps.part1.output.version }} after 0,1',
    ],
  ]
  for (const [request, ...parts] of REFERENCES) it(`[D7] refers in "${request}"`, () => expect(show(ask(request))).toEqual(parts))

  it('[D7] waits for every part whose result it needs', () => {
    for (const [request] of [...ROWS, ...REFERENCES])
      for (const { args, when = '', after } of ask(request).parts) {
        const needed = `${when} ${JSON.stringify(args)}`.matchAll(/steps\.part(\d+)\./g).map((match) => Number(match[1]) - 1)
        expect(after, request).toEqual(expect.arrayContaining([...needed]))
      }
  })

  it('says where in the request each value stands, also behind the first part', () => {
    const request = 'check the api, then deploy it to staging'
    const [, second] = ask(request).parts
    expect(Object.fromEntries(Object.entries(second!.args).map(([name, { from }]) => [name, request.slice(...from)]))).toEqual({
      service: 'it',
      env: 'staging',
    })
  })

  it('asks about no name that it has taken, whatever field that is of', () => {
    expect(ask('probe web and worker').outcome).toBe('routed')
    expect(ask('deploy the api to staging and qa-eu').question).toBe('Only that, and nothing for "qa-eu"?')
    expect(ask('restart the api and the web in staging').parts).toHaveLength(2)
  })

  it('asks before it does now what is wanted later, but for what only reads', () => {
    expect(ask('restart the api tomorrow at 9')).toMatchObject({
      asks: 'intent',
      question: 'That would be done now, not "tomorrow at 9". Do it now?',
    })
    expect(ask('show the logs of the api tomorrow').asks).not.toBe('intent')
    expect(ask('open an issue called "deploy on friday"').outcome).toBe('routed')
  })

  it('asks before it tries what cannot run now', () => {
    const downOf = (command: string) => (command === 'ops.service.restart' ? 'its breaker is open' : undefined)
    expect(decide(model, 'restart the api', { ...options, downOf })).toMatchObject({
      outcome: 'ask',
      asks: 'intent',
      question: 'ops.service.restart is not up, as its breaker is open. Try it all the same?',
      parts: [{ command: 'ops.service.restart' }],
    })
    expect(decide(model, 'show the error logs of the web', { ...options, downOf }).outcome).toBe('routed')
  })

  it('does not do what is not to be done', () => {
    expect(ask('do not deploy the api to production')).toMatchObject({
      outcome: 'abstain',
      parts: [],
      refused: ['do not deploy the api to production'],
    })
    expect(show(ask('check the health of the api but do not restart it'))).toEqual(['ops.health.check service=api'])
  })

  it('[D2] asks where it says something that no command says', () => {
    expect(ask('list the open issues').outcome).toBe('routed')
    const surely = { ...model, calibration: { ...model.calibration, destroyAbove: 1.1 } }
    expect(decide(surely, 'list the open issues', options).outcome).toBe('routed')
    expect(decide(surely, 'list the open issues aloud', options).outcome).not.toBe('routed')
  })

  it('[D4] looks for a little less than it takes to change something, but not for one word', () => {
    const above = (request: string, more: number): Decided['outcome'] => {
      const confidence = ask(request).parts[0]!.confidence
      return decide({ ...model, calibration: { ...model.calibration, actAbove: confidence + more } }, request, options).outcome
    }
    expect([above('list the open issues', 0.04), above('list the open issues', 0.06)]).toEqual(['routed', 'ask'])
    expect([above('restart the api', -0.01), above('restart the api', 0.01)]).toEqual(['routed', 'ask'])
    expect(decide({ ...model, calibration: { ...model.calibration, actAbove: 0.5 } }, 'issues', options).outcome).not.toBe('routed')
  })

  it('[D3] is as sure of several parts as all of them are likely to be right', () => {
    const request = 'check the api, then deploy it to staging'
    const [first, second] = ask(request).parts.map(({ confidence }) => confidence)
    const withAct = (actAbove: number): Decided => decide({ ...model, calibration: { ...model.calibration, actAbove } }, request, options)
    expect(withAct(first! * second! - 0.001).outcome).toBe('routed')
    expect(withAct(Math.min(first!, second!) - 0.0001)).toMatchObject({ outcome: 'ask', asks: 'command' })
  })

  it('asks before it destroys what nobody asked to destroy', () => {
    for (const request of [
      'what happens if I destroy staging?',
      'how do I tear down production',
      'clean up the wording of the docs in staging',
    ])
      expect(ask(request).outcome, request).not.toBe('routed')
    expect(ask('destroy the staging environment of the api')).toMatchObject({
      outcome: 'routed',
      parts: [{ command: 'deploy.destroy', args: { env: { value: 'staging' } } }],
    })
    expect(ask('destroy it')).toMatchObject({ outcome: expect.stringMatching('ask|abstain') })
    expect(ask('destroy the deployment of the api')).toMatchObject({ outcome: 'ask', asks: 'arguments', parts: [{ missing: ['env'] }] })
  })

  it.each([
    ['destroy every environment except production', 'intent'],
    ['keep staging and destroy the other environment', 'intent'],
    ['destroy the staging environment if anna agrees', 'condition'],
    ['deploy the api to staging if anna agrees', 'condition'],
    ['roll back production and staging', 'intent'],
  ])('asks before it does more, or less, than is said: %s', (request, asks) => {
    expect(ask(request)).toMatchObject({ outcome: 'ask', asks })
  })

  it('asks the gravest of its doubts', () => {
    // The environment of the first part is missing, too.
    expect(ask('deploy the web, then destroy production if the moon is full')).toMatchObject({ outcome: 'ask', asks: 'condition' })
  })

  it('hangs both branches on what was checked', () => {
    const { parts } = ask('check the health of the api, if it is down restart it, otherwise deploy the web to staging')
    expect(parts.map(({ when }) => when?.includes('steps.part1.'))).toEqual([undefined, true, true])
  })

  it('asks for what is missing, naming what there is', () => {
    expect(ask('deploy the api')).toMatchObject({ outcome: 'ask', asks: 'arguments', question: 'What is the env (staging, production)?' })
  })

  it('asks what a condition is about that nothing before it tells', () => {
    expect(ask('check the disk, and if the temperature is above 90 restart the api')).toMatchObject({ outcome: 'ask', asks: 'condition' })
  })

  it('asks whether a condition that it cannot read means what it guesses', () => {
    expect(ask('check the disk, and if it sounds like trouble, restart the api')).toMatchObject({
      outcome: 'ask',
      asks: 'condition',
      question: 'Does "it sounds like trouble" mean that ready of 1 is false?',
      parts: [{ command: 'ops.host.check' }, { command: 'ops.service.restart', when: 'steps.part1.output.ready == false' }],
    })
  })

  it('[D6] asks what a look was good for where its result does not say, and does not take its success for an answer', () => {
    const open = 'Does "all is well" mean that 1 succeeds?'
    expect(ask('show the logs of the api, and if all is well deploy the web to staging')).toMatchObject({
      asks: 'condition',
      question: open,
    })
    expect(ask('show the logs of the api, otherwise restart it')).toMatchObject({ asks: 'condition' })
    expect(ask('if the last check of the api succeeded deploy the web to staging').outcome).toBe('ask')
    expect(ask('show the logs of the api, and if that fails restart the api').outcome).toBe('routed')
  })

  it('[D6] takes problems for what a verdict that is not good means', () => {
    expect(show(ask('check the health of the api, and if there are problems restart it')).at(-1)).toContain("status != 'HEALTHY'")
    expect(show(ask('cut a patch release, and if there are problems restart the api')).at(-1)).toContain("state == 'failed'")
    // What fails returns nothing: its verdict alone would never be read.
    expect(show(ask('roll out the web to staging, and if that fails open an issue called broken')).at(-1)).toContain(
      "when steps.part1.state == 'failed' || steps.part1.output.ok == false",
    )
  })

  it('takes nothing that is pointed at for a title', () => {
    expect(ask('restart the worker and then open an issue about it')).toMatchObject({
      outcome: 'ask',
      asks: 'arguments',
      question: 'What is the title?',
    })
  })

  it('gets through whatever is typed', () => {
    for (const request of [
      '',
      '   ',
      '\u0000\u0007',
      '💥 💥',
      'if if if then then',
      'and',
      '"',
      `${'check the api and '.repeat(20_000)}`,
      'deploy '.repeat(5_000),
    ])
      expect(['routed', 'ask', 'abstain']).toContain(ask(request).outcome)
  })
})
