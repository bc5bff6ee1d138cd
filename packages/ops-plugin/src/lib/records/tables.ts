/**
 * Projects, health checks, issues, runbook executions, and the journal of changes that makes each write undoable.
 * Times are milliseconds since 1970; JSON is text that SQLite checks. Releases are the release plugin's.
 */
export const RECORD_TABLES = `
CREATE TABLE ops_project (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL CHECK (name <> ''),
  type TEXT NOT NULL CHECK (type IN ('skill-only', 'mcp', 'full', 'other')),
  path TEXT UNIQUE,
  version TEXT,
  description TEXT NOT NULL,
  kinds TEXT NOT NULL CHECK (json_type(kinds) = 'array'),
  has_skills INTEGER NOT NULL CHECK (has_skills IN (0, 1)),
  has_mcp INTEGER NOT NULL CHECK (has_mcp IN (0, 1)),
  has_hooks INTEGER NOT NULL CHECK (has_hooks IN (0, 1)),
  has_agents INTEGER NOT NULL CHECK (has_agents IN (0, 1)),
  metadata TEXT NOT NULL CHECK (json_type(metadata) = 'object'),
  created_ms INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX ops_project_by_name ON ops_project (name);

CREATE TABLE ops_health_check (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES ops_project ON DELETE CASCADE,
  status TEXT NOT NULL CHECK (status IN ('pass', 'warn', 'fail')),
  score INTEGER NOT NULL CHECK (score BETWEEN 0 AND 100),
  rubric INTEGER,
  confidence INTEGER NOT NULL CHECK (confidence BETWEEN 0 AND 100),
  checks TEXT NOT NULL CHECK (json_type(checks) = 'array'),
  summary TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  published_ms INTEGER,
  file_path TEXT
) STRICT;
CREATE INDEX ops_health_check_of_project ON ops_health_check (project_id, id);
CREATE TRIGGER ops_health_check_is_append_only
  BEFORE UPDATE OF id, project_id, status, score, rubric, confidence, checks, summary, created_ms ON ops_health_check
  BEGIN SELECT RAISE(ABORT, 'health checks are never changed'); END;

CREATE TABLE ops_issue (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uid TEXT NOT NULL UNIQUE,
  project_id INTEGER NOT NULL REFERENCES ops_project ON DELETE CASCADE,
  health_check_id INTEGER REFERENCES ops_health_check ON DELETE SET NULL,
  title TEXT NOT NULL CHECK (title <> ''),
  description TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'in_progress', 'closed')),
  priority TEXT NOT NULL CHECK (priority IN ('critical', 'high', 'medium', 'low')),
  category TEXT NOT NULL CHECK (category IN ('bug', 'dependency', 'quality', 'structure', 'feature', 'tech-debt')),
  source TEXT NOT NULL CHECK (source IN ('manual', 'health-scan', 'import')),
  resolution TEXT CHECK (resolution <> ''),
  closed_as TEXT CHECK (closed_as IN ('fixed', 'accepted', 'duplicate')),
  check_id TEXT,
  fingerprint TEXT,
  evidence TEXT NOT NULL CHECK (json_type(evidence) = 'array'),
  reopened INTEGER NOT NULL DEFAULT 0,
  created_ms INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL,
  closed_ms INTEGER,
  CHECK ((status = 'closed') = (closed_ms IS NOT NULL)),
  CHECK ((status = 'closed') = (closed_as IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX ops_issue_by_fingerprint ON ops_issue (project_id, fingerprint) WHERE fingerprint IS NOT NULL;
CREATE INDEX ops_issue_of_health_check ON ops_issue (health_check_id) WHERE health_check_id IS NOT NULL;
CREATE INDEX ops_issue_by_age ON ops_issue (status, priority, category, created_ms, id);
CREATE INDEX ops_issue_by_update ON ops_issue (status, priority, category, updated_ms, id);
CREATE INDEX ops_issue_of_project_by_age ON ops_issue (project_id, status, priority, category, created_ms, id);
CREATE INDEX ops_issue_of_project_by_update ON ops_issue (project_id, status, priority, category, updated_ms, id);

CREATE TABLE ops_issue_event (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  issue_id INTEGER NOT NULL REFERENCES ops_issue ON DELETE CASCADE,
  at_ms INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('created', 'changed', 'closed', 'reopened', 'refreshed', 'exported', 'imported')),
  note TEXT NOT NULL,
  data TEXT NOT NULL CHECK (json_type(data) = 'object')
) STRICT;
CREATE INDEX ops_issue_event_of_issue ON ops_issue_event (issue_id, id);

CREATE TABLE ops_issue_link (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  issue_id INTEGER NOT NULL REFERENCES ops_issue ON DELETE CASCADE,
  tracker TEXT NOT NULL,
  number INTEGER NOT NULL,
  url TEXT NOT NULL,
  sent_hash TEXT NOT NULL,
  UNIQUE (tracker, number)
) STRICT;
CREATE UNIQUE INDEX ops_issue_link_of_issue ON ops_issue_link (issue_id, tracker);

CREATE TABLE ops_runbook_run (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES ops_project ON DELETE CASCADE,
  runbook TEXT NOT NULL CHECK (runbook <> ''),
  kind TEXT NOT NULL CHECK (kind IN ('chain', 'markdown', 'manual')),
  status TEXT NOT NULL CHECK (status IN ('running', 'completed', 'failed')),
  steps_completed INTEGER NOT NULL CHECK (steps_completed BETWEEN 0 AND total_steps),
  total_steps INTEGER NOT NULL CHECK (total_steps > 0),
  log TEXT NOT NULL CHECK (json_type(log) = 'array'),
  definition TEXT CHECK (json_valid(definition)),
  chain_id TEXT,
  error TEXT,
  started_ms INTEGER NOT NULL,
  completed_ms INTEGER,
  CHECK ((status = 'running') = (completed_ms IS NULL))
) STRICT;
CREATE INDEX ops_runbook_run_of_project ON ops_runbook_run (project_id, id);

CREATE TABLE ops_change (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms INTEGER NOT NULL,
  doing TEXT NOT NULL,
  reverted INTEGER NOT NULL DEFAULT 0,
  key TEXT UNIQUE,
  result TEXT CHECK (json_valid(result))
) STRICT;
CREATE INDEX ops_change_by_time ON ops_change (at_ms);
CREATE TABLE ops_change_row (
  change_id INTEGER NOT NULL REFERENCES ops_change ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  place TEXT NOT NULL,
  item TEXT NOT NULL,
  before TEXT,
  after TEXT,
  PRIMARY KEY (change_id, seq)
) STRICT, WITHOUT ROWID;
`

/** Names by which trackers and people sort issues, such as "Component/Deploy". */
export const ISSUE_LABELS = `ALTER TABLE ops_issue ADD COLUMN labels TEXT NOT NULL DEFAULT '[]' CHECK (json_type(labels) = 'array')`
