import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { ISSUE_LABELS, RECORD_TABLES } from './tables.ts'

/** One project with a health check, an issue that it found, and an execution. */
function opened(): DatabaseSync {
  const db = new DatabaseSync(':memory:')
  db.exec(RECORD_TABLES)
  db.exec(ISSUE_LABELS)
  db.exec(`
    INSERT INTO ops_project VALUES (1, 'demo', 'other', '/demo', NULL, '', '[]', 0, 0, 0, 0, '{}', 0, 0);
    INSERT INTO ops_health_check (id, project_id, status, score, confidence, checks, summary, created_ms) VALUES (1, 1, 'pass', 90, 100, '[]', '', 0);
    INSERT INTO ops_issue (id, uid, project_id, health_check_id, title, description, status, priority, category, source, evidence, created_ms, updated_ms)
      VALUES (1, 'u', 1, 1, 'One', '', 'open', 'low', 'bug', 'manual', '[]', 0, 0);
    INSERT INTO ops_issue_event VALUES (1, 1, 0, 'created', '', '{}');
    INSERT INTO ops_issue_link VALUES (1, 1, 'github.com/a/b', 4, 'u', 'h');
    INSERT INTO ops_runbook_run (id, project_id, runbook, kind, status, steps_completed, total_steps, log, started_ms) VALUES (1, 1, 'x', 'manual', 'running', 0, 1, '[]', 0);
  `)
  return db
}

const count = (db: DatabaseSync, table: string): unknown => db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n

describe('the tables of records', () => {
  it('let go of all that belongs to a project when it goes', () => {
    using db = opened()
    db.exec('DELETE FROM ops_project')
    for (const table of ['ops_health_check', 'ops_issue', 'ops_issue_event', 'ops_issue_link', 'ops_runbook_run'])
      expect(count(db, table), table).toBe(0)
  })

  it('keep an issue whose health check goes', () => {
    using db = opened()
    db.exec('DELETE FROM ops_health_check')
    expect(db.prepare('SELECT health_check_id FROM ops_issue').get()).toEqual({ health_check_id: null })
  })

  it('let nobody change a health check, but for where its report was written', () => {
    using db = opened()
    expect(() => db.exec('UPDATE ops_health_check SET score = 100')).toThrow('health checks are never changed')
    expect(() => db.exec(`UPDATE ops_health_check SET checks = '[1]'`)).toThrow('health checks are never changed')
    db.exec(`UPDATE ops_health_check SET published_ms = 1, file_path = 'a.md'`)
    expect(count(db, 'ops_health_check')).toBe(1)
  })

  it.for([
    [`UPDATE ops_project SET has_mcp = 42`],
    [`UPDATE ops_project SET name = ''`],
    [`UPDATE ops_project SET metadata = '[]'`],
    [`UPDATE ops_project SET type = 'skill'`],
    [`INSERT INTO ops_project SELECT 2, name, type, path, version, description, kinds, 0, 0, 0, 0, metadata, 0, 0 FROM ops_project`],
    [
      `INSERT INTO ops_health_check (project_id, status, score, confidence, checks, summary, created_ms) VALUES (1, 'pass', 9999, 100, '[]', '', 0)`,
    ],
    [
      `INSERT INTO ops_health_check (project_id, status, score, confidence, checks, summary, created_ms) VALUES (1, 'pass', 12.5, 100, '[]', '', 0)`,
    ],
    [
      `INSERT INTO ops_health_check (project_id, status, score, confidence, checks, summary, created_ms) VALUES (7, 'pass', 1, 100, '[]', '', 0)`,
    ],
    [`UPDATE ops_issue SET status = 'closed'`],
    [`UPDATE ops_issue SET status = 'closed', closed_ms = 1`],
    [`UPDATE ops_issue SET resolution = ''`],
    [`UPDATE ops_issue SET priority = 'urgent'`],
    [`UPDATE ops_issue SET labels = '{}'`],
    [`UPDATE ops_runbook_run SET steps_completed = 2`],
    [`UPDATE ops_runbook_run SET total_steps = -3`],
    [`UPDATE ops_runbook_run SET status = 'completed'`],
  ])('refuse %s', ([sql]) => {
    using db = opened()
    expect(() => db.exec(String(sql))).toThrow(/constraint failed|cannot store/)
  })
})
