/** What was released. A list that only grows: each text is one step of a migration. */
export const recordTables: readonly string[] = [
  `CREATE TABLE release_record (
     id INTEGER PRIMARY KEY,
     project TEXT NOT NULL,
     package TEXT NOT NULL DEFAULT '',
     version TEXT NOT NULL,
     sort_key TEXT NOT NULL,
     type TEXT NOT NULL CHECK (type IN ('major', 'minor', 'patch', 'prerelease')),
     changelog TEXT NOT NULL DEFAULT '',
     files_bumped TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(files_bumped)),
     git_tag TEXT,
     commit_sha TEXT,
     created_ms INTEGER NOT NULL,
     published_ms INTEGER,
     file_path TEXT,
     UNIQUE (project, package, version)
   ) STRICT;
   CREATE INDEX release_record_order ON release_record (project, package, sort_key);
   CREATE TABLE release_file_before (
     sha256 TEXT PRIMARY KEY,
     text TEXT NOT NULL
   ) STRICT, WITHOUT ROWID`,
]
