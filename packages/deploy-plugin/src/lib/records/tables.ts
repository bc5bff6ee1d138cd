/**
 * Deployments, the steps they were made in, the releases that can be returned to, and what exists because of them. Times are
 * milliseconds since 1970; JSON is text that SQLite checks. A list that only grows: each text is one step of a migration.
 */
export const recordTables: readonly string[] = [
  `CREATE TABLE deploy_deployment (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     run INTEGER NOT NULL,
     kind TEXT NOT NULL CHECK (kind IN ('apply', 'rollback', 'destroy')),
     stack TEXT NOT NULL CHECK (stack <> ''),
     env TEXT NOT NULL CHECK (env <> ''),
     target TEXT NOT NULL CHECK (target <> ''),
     service TEXT NOT NULL CHECK (service <> ''),
     handler TEXT NOT NULL CHECK (handler <> ''),
     from_release TEXT,
     to_release TEXT,
     version TEXT,
     tag TEXT,
     who TEXT NOT NULL,
     why TEXT NOT NULL,
     state TEXT NOT NULL CHECK (state IN ('planned', 'running', 'done', 'failed', 'returned', 'rolled-back')),
     plan TEXT,
     key TEXT,
     runner TEXT,
     evidence TEXT NOT NULL DEFAULT '{}' CHECK (json_type(evidence) = 'object'),
     error TEXT CHECK (json_valid(error)),
     created_ms INTEGER NOT NULL,
     started_ms INTEGER,
     finished_ms INTEGER,
     CHECK ((state IN ('planned', 'running')) = (finished_ms IS NULL))
   ) STRICT;
   CREATE UNIQUE INDEX deploy_deployment_one_at_a_time ON deploy_deployment (stack, env, service) WHERE state = 'running';
   CREATE UNIQUE INDEX deploy_deployment_by_key ON deploy_deployment (key, env, service) WHERE key IS NOT NULL;
   CREATE INDEX deploy_deployment_of_service ON deploy_deployment (stack, env, service, id);
   CREATE INDEX deploy_deployment_of_run ON deploy_deployment (run);

   CREATE TABLE deploy_note (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     deployment_id INTEGER NOT NULL REFERENCES deploy_deployment ON DELETE CASCADE,
     step TEXT NOT NULL CHECK (step <> ''),
     state TEXT NOT NULL CHECK (state IN ('begun', 'done', 'failed', 'undone', 'skipped')),
     at_ms INTEGER NOT NULL,
     data TEXT NOT NULL CHECK (json_type(data) = 'object')
   ) STRICT;
   CREATE INDEX deploy_note_of_deployment ON deploy_note (deployment_id, id);

   CREATE TABLE deploy_release (
     stack TEXT NOT NULL,
     env TEXT NOT NULL,
     service TEXT NOT NULL,
     release TEXT NOT NULL CHECK (release <> ''),
     version TEXT,
     tag TEXT,
     deployment_id INTEGER NOT NULL REFERENCES deploy_deployment ON DELETE CASCADE,
     data TEXT NOT NULL CHECK (json_type(data) = 'object'),
     kept_ms INTEGER NOT NULL,
     gone_ms INTEGER,
     PRIMARY KEY (stack, env, service, release)
   ) STRICT, WITHOUT ROWID;

   CREATE TABLE deploy_resource (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     stack TEXT NOT NULL,
     env TEXT NOT NULL,
     target TEXT NOT NULL,
     service TEXT,
     kind TEXT NOT NULL,
     name TEXT NOT NULL CHECK (name <> ''),
     release TEXT,
     deployment_id INTEGER NOT NULL REFERENCES deploy_deployment,
     who TEXT NOT NULL,
     why TEXT NOT NULL,
     data TEXT NOT NULL CHECK (json_type(data) = 'object'),
     created_ms INTEGER NOT NULL,
     updated_ms INTEGER NOT NULL,
     removed_ms INTEGER,
     removed_by INTEGER REFERENCES deploy_deployment
   ) STRICT;
   CREATE UNIQUE INDEX deploy_resource_that_exists ON deploy_resource (target, kind, name) WHERE removed_ms IS NULL;
   CREATE INDEX deploy_resource_of_env ON deploy_resource (stack, env, id)`,
  `CREATE TABLE deploy_disk_look (
     host TEXT NOT NULL,
     mount TEXT NOT NULL,
     at_ms INTEGER NOT NULL,
     used_kb INTEGER NOT NULL,
     PRIMARY KEY (host, mount, at_ms)
   ) STRICT, WITHOUT ROWID;

   CREATE TABLE deploy_watch (
     deployment_id INTEGER PRIMARY KEY REFERENCES deploy_deployment ON DELETE CASCADE,
     state TEXT NOT NULL CHECK (state IN ('watching', 'healthy', 'unhealthy', 'rolled-back', 'stopped')),
     rollback INTEGER NOT NULL CHECK (rollback IN (0, 1)),
     began_ms INTEGER NOT NULL,
     until_ms INTEGER NOT NULL,
     ended_ms INTEGER,
     looks INTEGER NOT NULL DEFAULT 0,
     failures INTEGER NOT NULL DEFAULT 0,
     reason TEXT
   ) STRICT`,
  // SQLite changes no check of a column: a new one takes its place.
  `ALTER TABLE deploy_deployment ADD COLUMN kind_now TEXT NOT NULL DEFAULT 'apply'
     CHECK (kind_now IN ('apply', 'rollback', 'scale', 'rehearsal', 'destroy'));
   UPDATE deploy_deployment SET kind_now = kind;
   ALTER TABLE deploy_deployment DROP COLUMN kind;
   ALTER TABLE deploy_deployment RENAME COLUMN kind_now TO kind;

   DROP INDEX deploy_deployment_one_at_a_time;
   CREATE UNIQUE INDEX deploy_deployment_one_at_a_time ON deploy_deployment (stack, env, service, kind = 'rehearsal')
     WHERE state = 'running';

   ALTER TABLE deploy_release RENAME TO deploy_release_before;
   CREATE TABLE deploy_release (
     stack TEXT NOT NULL,
     env TEXT NOT NULL,
     service TEXT NOT NULL,
     release TEXT NOT NULL CHECK (release <> ''),
     settings TEXT NOT NULL,
     version TEXT,
     tag TEXT,
     deployment_id INTEGER NOT NULL REFERENCES deploy_deployment ON DELETE CASCADE,
     data TEXT NOT NULL CHECK (json_type(data) = 'object'),
     kept_ms INTEGER NOT NULL,
     gone_ms INTEGER,
     PRIMARY KEY (stack, env, service, release, settings)
   ) STRICT, WITHOUT ROWID;
   INSERT INTO deploy_release
     SELECT stack, env, service, release, '', version, tag, deployment_id, data, kept_ms, gone_ms FROM deploy_release_before;
   DROP TABLE deploy_release_before`,
]
