/**
 * What is remembered of running services: samples, what each counts as, what a person trusted, events of other plugins, what was
 * done about it, and incidents. Times are milliseconds since 1970; JSON is text that SQLite checks.
 */
export const SERVICE_TABLES = `
CREATE TABLE ops_sample (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  service TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('HEALTHY', 'DEGRADED', 'UNHEALTHY', 'UNKNOWN')),
  checks TEXT NOT NULL CHECK (json_type(checks) = 'array')
) STRICT;
CREATE INDEX ops_sample_by_service ON ops_sample (service, at_ms);
CREATE INDEX ops_sample_by_age ON ops_sample (at_ms);

CREATE TABLE ops_service (
  name TEXT PRIMARY KEY,
  status TEXT NOT NULL CHECK (status IN ('HEALTHY', 'DEGRADED', 'UNHEALTHY', 'UNKNOWN')),
  since_ms INTEGER NOT NULL,
  pending TEXT CHECK (pending IS NULL OR json_type(pending) = 'object')
) STRICT, WITHOUT ROWID;

CREATE TABLE ops_service_trust (
  name TEXT PRIMARY KEY,
  hash TEXT NOT NULL,
  trusted_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE ops_event (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms INTEGER NOT NULL,
  topic TEXT NOT NULL,
  service TEXT,
  summary TEXT NOT NULL
) STRICT;
CREATE INDEX ops_event_by_time ON ops_event (at_ms);

CREATE TABLE ops_remediation (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms INTEGER NOT NULL,
  service TEXT NOT NULL,
  action TEXT NOT NULL CHECK (action IN ('restart', 'scale', 'rollback')),
  automatic INTEGER NOT NULL CHECK (automatic IN (0, 1)),
  target TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('started', 'verified', 'not-verified', 'failed')),
  detail TEXT NOT NULL,
  took_ms INTEGER
) STRICT;
CREATE INDEX ops_remediation_by_service ON ops_remediation (service, at_ms);

CREATE TABLE ops_incident (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  service TEXT,
  title TEXT NOT NULL CHECK (title <> ''),
  severity TEXT NOT NULL CHECK (severity IN ('critical', 'high', 'medium', 'low')),
  status TEXT NOT NULL CHECK (status IN ('open', 'resolved')),
  opened_ms INTEGER NOT NULL,
  resolved_ms INTEGER,
  cause TEXT,
  evidence TEXT NOT NULL CHECK (json_type(evidence) = 'array')
) STRICT;
CREATE INDEX ops_incident_by_status ON ops_incident (status, id);

CREATE TABLE ops_incident_entry (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  incident_id INTEGER NOT NULL REFERENCES ops_incident ON DELETE CASCADE,
  at_ms INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('opened', 'event', 'finding', 'action', 'note', 'resolved')),
  text TEXT NOT NULL
) STRICT;
CREATE INDEX ops_incident_entry_by_incident ON ops_incident_entry (incident_id, at_ms);
`

/** In which environment something happened: what was deployed elsewhere explains nothing here. */
export const EVENT_ENVIRONMENTS = 'ALTER TABLE ops_event ADD COLUMN env TEXT'
