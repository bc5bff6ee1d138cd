import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { recordTables } from './tables.ts'

it('recordTables keep what a workspace recorded before they grew, and let a rehearsal run beside a deployment', () => {
  const db = new DatabaseSync(':memory:')
  db.exec('PRAGMA foreign_keys = ON')
  const migrate = (steps: readonly string[]): void => {
    for (const step of steps) db.exec(`BEGIN; ${step}; COMMIT`)
  }
  migrate(recordTables.slice(0, 2))
  const begin = (kind: string, state: string): void => {
    db.prepare(
      `INSERT INTO deploy_deployment (run, kind, stack, env, target, service, handler, who, why, state, created_ms, finished_ms)
         VALUES (1, ?, 'shop', 'staging', 'here', 'web', 'process', 'ada', 'asked', ?, 1, ?)`,
    ).run(kind, state, state === 'running' ? null : 2)
  }
  begin('rollback', 'done')
  db.exec(`INSERT INTO deploy_note (deployment_id, step, state, at_ms, data) VALUES (1, 'begin', 'done', 1, '{}');
    INSERT INTO deploy_release VALUES ('shop', 'staging', 'web', 'sha256:a', NULL, NULL, 1, '{}', 1, NULL)`)

  migrate(recordTables.slice(2))
  expect({ ...db.prepare('SELECT kind, state FROM deploy_deployment').get() }).toEqual({ kind: 'rollback', state: 'done' })
  expect(db.prepare('SELECT step FROM deploy_note').all()).toHaveLength(1)
  expect({ ...db.prepare('SELECT release, settings FROM deploy_release').get() }).toEqual({ release: 'sha256:a', settings: '' })
  expect(db.prepare('PRAGMA foreign_key_check').all()).toEqual([])
  begin('rehearsal', 'running')
  begin('scale', 'running')
  for (const kind of ['apply', 'rehearsal']) expect(() => begin(kind, 'running')).toThrow('UNIQUE')
  expect(() => begin('dance', 'done')).toThrow('CHECK')
  db.close()
})
