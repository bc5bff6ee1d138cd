/** The room's migrations; they only ever grow. */
export const STATE_TABLES: readonly string[] = [
  `
  CREATE TABLE state_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE state_node (node TEXT PRIMARY KEY, held INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE state_namespace (
    namespace TEXT PRIMARY KEY, access TEXT NOT NULL, readers TEXT NOT NULL, shared INTEGER NOT NULL,
    version INTEGER NOT NULL, fields TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE state_frame (
    id INTEGER PRIMARY KEY AUTOINCREMENT, namespace TEXT NOT NULL, node TEXT NOT NULL, seq INTEGER NOT NULL,
    stamp INTEGER NOT NULL, checksum INTEGER NOT NULL, parts BLOB NOT NULL
  );
  CREATE INDEX state_frame_of ON state_frame (namespace, id);
  CREATE TABLE state_head (
    namespace TEXT NOT NULL, node TEXT NOT NULL, seq INTEGER NOT NULL, stamp INTEGER NOT NULL, PRIMARY KEY (namespace, node)
  ) WITHOUT ROWID;
  CREATE TABLE state_snapshot (
    namespace TEXT NOT NULL, shard INTEGER NOT NULL, epoch TEXT NOT NULL, upto INTEGER NOT NULL,
    checksum INTEGER NOT NULL, data BLOB NOT NULL, UNIQUE (namespace, shard)
  );
  CREATE TABLE state_record (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, namespace TEXT NOT NULL, at_ms INTEGER NOT NULL, who TEXT NOT NULL,
    node TEXT NOT NULL, correlation_id TEXT, body TEXT NOT NULL, once TEXT UNIQUE, hash TEXT NOT NULL
  );
  CREATE INDEX state_record_of ON state_record (namespace, id);
  CREATE TABLE state_base (namespace TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, content TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE state_lock (
    name TEXT NOT NULL, holder TEXT NOT NULL, mode TEXT NOT NULL, token INTEGER NOT NULL, depth INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL, PRIMARY KEY (name, holder)
  ) WITHOUT ROWID;
  CREATE TABLE state_token (token INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL);
  `,
]
