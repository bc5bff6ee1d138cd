import { explain, route, trainRouter, withNames } from '@switchyard/router'
import { describe, expect, test } from 'vitest'
import { WORKSPACE } from './workspace.ts'

const model = trainRouter(WORKSPACE)
const first = (text: string) => route(model, text).ranked[0]?.id

describe('a request worded unlike any example', () => {
  test.each([
    ['could you see if the web servers are still alive', 'ops.health.scan'],
    ['any errors in what billing wrote during the last two hours?', 'ops.logs.search'],
    ['please snapshot the db before I go home', 'ops.backup.create'],
    ['get our data back from the dump of last friday', 'ops.backup.restore'],
    ['the worker is stuck, restart it', 'ops.service.restart'],
    ['are we running out of disk on the api host', 'ops.disk.usage'],
    ['renew the ssl cert of the web before it expires', 'ops.cert.renew'],
    ['get 2.3.1 out to staging', 'deploy.apply'],
    ['the last deployment was a mistake, undo it', 'deploy.rollback'],
    ['what version of billing is on production at the moment', 'deploy.status'],
    ['what would change if we applied the terraform', 'deploy.infra.plan'],
    ['run the unit tests for the web', 'test.run'],
    ['cut a patch release', 'release.cut'],
    ['draft release notes for 2.4', 'release.notes'],
    ['file a bug: the search is broken', 'release.issue.open'],
    ['build me a react component for the profile page', 'ui.component.create'],
    ['run the db migrations on test', 'database.migrate'],
    ['Add JWT to API', 'auth.provider.add'],
    ['save the context of my session', 'session.save'],
    ['write a handover for whoever is on call next', 'session.handover'],
  ])('%s -> %s', (text, id) => {
    expect(first(text)).toBe(id)
    expect(route(model, text).outcome).not.toBe('abstain')
  })
})

describe('[R17] what no command does is never acted on', () => {
  test.each([
    'What is the weather',
    'turn on the living room lights',
    'who won the world cup in 1998',
    'I feel a bit sad today',
    'sing me something about the sea',
    'how do I cook risotto for six people',
    'translate good morning into spanish',
    'order a pizza with mushrooms',
  ])('%s', (text) => {
    expect(route(model, text).outcome).toBe('abstain')
  })
})

describe('[R18] a word inside another word is not that word', () => {
  test.each([
    ['Give feedback to the customer about the guide', ['database.migrate', 'ui.component.create']],
    ['build', ['ui.component.create']],
    ['rapid', ['auth.provider.add']],
    ['author', ['auth.provider.add']],
    ['the building has a sandbox', ['ui.component.create', 'ops.disk.usage']],
  ])('%s is acted on as none of %j', (text, never) => {
    const { outcome, ranked } = route(model, text)
    if (outcome === 'act') expect(never).not.toContain(ranked[0]?.id)
    for (const id of never) {
      const seen = explain(model, text, id)!
        .evidence.filter(({ view }) => view !== 'letters')
        .map((one) => one.seen)
      for (const word of ['ui', 'databas', 'authent', 'authentic', 'api', '~db', '~auth']) expect(seen).not.toContain(word)
    }
  })

  test('restore is not read as rest', () => {
    expect(first('restore the database')).toBe('ops.backup.restore')
  })
})

describe('[R19] short words count', () => {
  test.each([
    ['Add JWT to API', 'auth.provider.add'],
    ['sso please', 'auth.provider.add'],
    ['db backup', 'ops.backup.create'],
    ['ui', 'ui.component.create'],
    ['migrate db', 'database.migrate'],
  ])('%s -> %s', (text, id) => {
    expect(first(text)).toBe(id)
  })
})

describe('aliases', () => {
  test('meet examples that spell the word out', () => {
    const aliased = trainRouter([
      { id: 'mail.send', summary: 'Send a mail', examples: ['send a mail to bob', 'mail the report to anna'] },
      {
        id: 'cluster.scale',
        summary: 'Scale a deployment',
        examples: ['scale kubernetes to five nodes', 'add nodes to the kubernetes cluster'],
      },
      { id: 'login.add', summary: 'Add login', examples: ['add authentication to the site', 'protect the pages with authentication'] },
    ])
    for (const [text, id] of [
      ['our k8s', 'cluster.scale'],
      ['we need auth', 'login.add'],
    ] as const) {
      expect(route(aliased, text)).toMatchObject({ outcome: expect.not.stringMatching('abstain') })
      expect(route(aliased, text).ranked[0]?.id).toBe(id)
    }
  })
})

describe('values are not verbs', () => {
  test('a value after a preposition is masked, the same word as a verb is not', () => {
    expect(first('deploy the worker to test')).toBe('deploy.apply')
    expect(first('test the worker')).toBe('test.run')
    expect(first('deploy infrastructure to test')).not.toBe('test.run')
  })

  test('a value that commands describe themselves with is a word first', () => {
    const typed = trainRouter(WORKSPACE.map((one) => ({ ...one, masks: { ...one.masks, what: ['database', 'files', 'certificates'] } })))
    expect(route(typed, 'migrate the database').ranked[0]?.id).toBe('database.migrate')
    expect(route(typed, 'renew the certificates').ranked[0]?.id).toBe('ops.cert.renew')
  })

  test('names the workspace knows are masked too', () => {
    const named = withNames(model, { service: ['release notes viewer'] })
    expect(explain(named, 'restart the release notes viewer', 'ops.service.restart')?.reread).toMatchObject([
      { text: 'release notes viewer', as: 'a service' },
    ])
    expect(route(named, 'restart the release notes viewer').ranked[0]?.id).toBe('ops.service.restart')
  })
})

describe('typing', () => {
  test.each([
    ['restrat the api', 'ops.service.restart'],
    ['bakcup the databse', 'ops.backup.create'],
    ['rol back the web', 'deploy.rollback'],
    ['renew the certificats', 'ops.cert.renew'],
    ['RUN THE TESTS!!!', 'test.run'],
    ['runTheTests', 'test.run'],
    ['deploy-status', 'deploy.status'],
  ])('%s -> %s', (text, id) => {
    expect(first(text)).toBe(id)
  })
})
