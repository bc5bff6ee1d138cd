/** A failure that its own words give away. */
export interface Signature {
  readonly id: string
  /** What it says about the cause; `$1` is what the pattern caught. */
  readonly cause: string
  readonly matches: RegExp
  /** How sure the words alone make us, from 0 to 1. A symptom, such as a timeout, says less than a cause. */
  readonly weight: number
  readonly next: string
}

/** Causes before symptoms; repetitions are bounded. */
export const SIGNATURES: readonly Signature[] = [
  {
    id: 'disk-full',
    cause: 'a file system is full',
    matches: /ENOSPC|no space left on device|disk (?:is )?full|SQLITE_FULL|could not extend file/i,
    weight: 0.75,
    next: 'look for what fills the disk: df -h, then du -xh --max-depth=1',
  },
  {
    id: 'out-of-memory',
    cause: 'memory ran out',
    matches: /out of memory|oom-?kill|OOMKilled|heap out of memory|OutOfMemoryError|Cannot allocate memory|ENOMEM|MemoryError\b/i,
    weight: 0.75,
    next: 'compare the memory it uses with its limit, and look for what grew',
  },
  {
    id: 'certificate-expired',
    cause: 'a certificate has expired',
    matches: /CERT_HAS_EXPIRED|certificate (?:has )?expired|x509: certificate has expired|certificate is not yet valid/i,
    weight: 0.8,
    next: 'renew the certificate and reload what serves it',
  },
  {
    id: 'certificate-untrusted',
    cause: 'a certificate is not trusted',
    matches:
      /SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF|unable to get (?:local )?issuer|x509: certificate signed by unknown authority|ERR_TLS_CERT_ALTNAME_INVALID/i,
    weight: 0.7,
    next: 'check the chain and the names of the certificate',
  },
  {
    id: 'address-in-use',
    cause: 'its port is taken by another process',
    matches: /EADDRINUSE|address already in use|bind: .{0,60}in use/i,
    weight: 0.75,
    next: 'find the holder of the port: ss -ltnp',
  },
  {
    id: 'open-files',
    cause: 'it may open no more files',
    matches: /EMFILE|ENFILE|too many open files/i,
    weight: 0.7,
    next: 'raise the limit, and look for what is opened and never closed',
  },
  {
    id: 'dns',
    cause: 'a name cannot be resolved ($1)',
    matches:
      /(?:ENOTFOUND|EAI_AGAIN)\s{1,3}([\w.-]{1,100})|could not resolve host(?:name)?:?\s{0,3}([\w.-]{1,100})|no such host|name or service not known/i,
    weight: 0.65,
    next: 'check the name and the name server that the service uses',
  },
  {
    id: 'dependency-refused',
    cause: 'what it depends on takes no connections ($1)',
    matches: /ECONNREFUSED\s{0,3}([\w.:[\]-]{3,100})?|connection refused|could not connect to server|connect: connection refused/i,
    weight: 0.6,
    next: 'check whether that service runs, and on this address',
  },
  {
    id: 'database-schema',
    cause: 'the database has not the shape that the code expects',
    matches:
      /no such (?:table|column)|relation "[^"]{1,100}" does not exist|column "?[\w.]{1,100}"? does not exist|Unknown column|doesn't exist in table/i,
    weight: 0.7,
    next: 'check whether the migrations of this version ran',
  },
  {
    id: 'credentials',
    cause: 'credentials are refused',
    matches:
      /password authentication failed|access denied for user|invalid credentials|authentication failed|NOAUTH|WRONGPASS|invalid (?:api[- ]key|token)/i,
    weight: 0.65,
    next: 'check whether a secret was changed on one side only',
  },
  {
    id: 'configuration',
    cause: 'its configuration is not complete or not right',
    matches:
      /missing (?:required )?(?:environment variable|env var|configuration)|(?:environment variable|env var)\s.{1,80}(?:is )?(?:not set|missing|undefined)|invalid config(?:uration)?/i,
    weight: 0.7,
    next: 'compare the environment with the one that worked last',
  },
  {
    id: 'missing-code',
    cause: 'something that it loads is not there',
    matches:
      /Cannot find (?:module|package)|ERR_MODULE_NOT_FOUND|ModuleNotFoundError|No module named|ClassNotFoundException|error while loading shared libraries/i,
    weight: 0.7,
    next: 'compare what was installed with what this version needs',
  },
  {
    id: 'permission',
    cause: 'it may not do what it has to',
    matches: /EACCES|EPERM|permission denied|operation not permitted|read-only file system|EROFS/i,
    weight: 0.6,
    next: 'check owner and mode of what it wants to use',
  },
  {
    id: 'crash',
    cause: 'a process crashes',
    matches: /segmentation fault|SIGSEGV|core dumped|fatal error: runtime|panic: |double free|stack overflow/i,
    weight: 0.55,
    next: 'look at the first crash and what it came after',
  },
  {
    id: 'pool-exhausted',
    cause: 'all connections of a pool are in use',
    matches:
      /too many (?:connections|clients)|connection pool (?:is )?(?:exhausted|timeout)|remaining connection slots|ER_CON_COUNT|ResourceExhausted/i,
    weight: 0.65,
    next: 'look for long transactions and connections that are never given back',
  },
  {
    id: 'rate-limited',
    cause: 'somebody limits how often it may ask',
    matches: /\b429\b.{0,40}too many|too many requests|rate limit(?:ed| exceeded)|throttl(?:ed|ing)/i,
    weight: 0.5,
    next: 'ask less often, or ask for a higher limit',
  },
  {
    id: 'deadlock',
    cause: 'transactions wait for one another',
    matches: /deadlock (?:detected|found)|lock wait timeout|database is locked|SQLITE_BUSY|could not obtain lock/i,
    weight: 0.55,
    next: 'look for what holds the lock',
  },
  {
    id: 'timeout',
    cause: 'something it waits for is too slow',
    matches: /ETIMEDOUT|timed? ?out|deadline exceeded|upstream timed out/i,
    weight: 0.35,
    next: 'find out what it waited for',
  },
]
