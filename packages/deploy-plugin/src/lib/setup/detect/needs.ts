/** Services that apps keep their data in, or talk through. */
const NEEDS = ['mongodb', 'mysql', 'postgres', 'rabbitmq', 'redis'] as const
export type Need = (typeof NEEDS)[number]

const DEPENDENCIES: Readonly<Record<Need, readonly string[]>> = {
  postgres: [
    'pg',
    'postgres',
    'pg-promise',
    'slonik',
    'psycopg',
    'psycopg2',
    'psycopg2-binary',
    'asyncpg',
    'pg8000',
    'github.com/lib/pq',
    'github.com/jackc/pgx',
    'tokio-postgres',
    'postgrex',
    'postgresql',
    'npgsql',
  ],
  mysql: [
    'mysql',
    'mysql2',
    'mariadb',
    'pymysql',
    'mysqlclient',
    'aiomysql',
    'github.com/go-sql-driver/mysql',
    'mysql_async',
    'mysql-connector-j',
  ],
  mongodb: ['mongodb', 'mongoose', 'pymongo', 'motor', 'mongoengine', 'go.mongodb.org/mongo-driver', 'mongoid'],
  redis: [
    'redis',
    'ioredis',
    'bull',
    'bullmq',
    'aioredis',
    'django-redis',
    'sidekiq',
    'github.com/redis/go-redis',
    'github.com/go-redis/redis',
    'jedis',
    'lettuce-core',
  ],
  rabbitmq: ['amqplib', 'amqp-connection-manager', 'pika', 'aio-pika', 'bunny', 'github.com/rabbitmq/amqp091-go', 'lapin'],
}

/** By the libraries that an app brings along; a module's major version in its path does not matter. */
export function needsOfDependencies(dependencies: readonly string[]): Need[] {
  const names = new Set(dependencies.map((name) => name.replace(/\/v\d+$/, '')))
  return NEEDS.filter((need) => DEPENDENCIES[need].some((name) => names.has(name)))
}

const VARIABLES: Readonly<Record<Need, RegExp>> = {
  postgres: /^(POSTGRES(QL)?|PG)_?(URL|URI|HOST|USER|PASSWORD|DATABASE|DB)$|^PG(HOST|USER|PASSWORD|DATABASE)$/,
  mysql: /^(MYSQL|MARIADB)_/,
  mongodb: /^MONGO(DB)?_/,
  redis: /^REDIS_/,
  rabbitmq: /^(RABBITMQ|AMQP)_/,
}
const SCHEMES: Readonly<Record<string, Need>> = {
  postgres: 'postgres',
  postgresql: 'postgres',
  mysql: 'mysql',
  mongodb: 'mongodb',
  redis: 'redis',
  amqp: 'rabbitmq',
}

/** By the variables that an app reads, and the addresses that its example gives them. */
export function needsOfVariables(variables: readonly string[], example: string): Need[] {
  const named = NEEDS.filter((need) => variables.some((name) => VARIABLES[need].test(name)))
  const addressed = [...example.matchAll(/=\s*["']?([a-z]{4,10}):\/\//g)].flatMap(([, scheme = '']) => SCHEMES[scheme] ?? [])
  return [...new Set([...named, ...addressed])].sort()
}

/** How each is run: which image, where it listens and keeps its data, and how it says that it is well. */
export interface Backing {
  /** What the service is called in a stack. */
  readonly service: string
  readonly image: string
  readonly port: number
  readonly volume: { readonly name: string; readonly path: string }
  readonly health: readonly string[]
  readonly memory: string
  /** Variables of its own: a text, or the name of the variable that holds the secret. */
  readonly environment: (stack: string) => Readonly<Record<string, string>>
  readonly secret: string | undefined
  /** Addresses that apps usually ask for, with the secret as compose puts it in. */
  readonly addresses: (stack: string, host: string) => Readonly<Record<string, string>>
}

const USER = 'app'

export const BACKINGS: Readonly<Record<Need, Backing>> = {
  postgres: {
    service: 'db',
    image: 'postgres:17.6-alpine3.22',
    port: 5432,
    volume: { name: 'db-data', path: '/var/lib/postgresql/data' },
    health: ['pg_isready', '-q', '-U', USER],
    memory: '512M',
    secret: 'POSTGRES_PASSWORD',
    environment: (stack) => ({ POSTGRES_DB: stack, POSTGRES_USER: USER }),
    addresses: (stack, host) => ({
      DATABASE_URL: `postgres://${USER}:\${POSTGRES_PASSWORD}@${host}:5432/${stack}`,
      POSTGRES_URL: `postgres://${USER}:\${POSTGRES_PASSWORD}@${host}:5432/${stack}`,
      PGHOST: host,
      POSTGRES_HOST: host,
      PGUSER: USER,
      PGDATABASE: stack,
      PGPASSWORD: '${POSTGRES_PASSWORD}',
    }),
  },
  mysql: {
    service: 'db',
    image: 'mariadb:11.8.3-noble',
    port: 3306,
    volume: { name: 'db-data', path: '/var/lib/mysql' },
    health: ['healthcheck.sh', '--connect', '--innodb_initialized'],
    memory: '512M',
    secret: 'MARIADB_PASSWORD',
    environment: (stack) => ({ MARIADB_DATABASE: stack, MARIADB_USER: USER, MARIADB_RANDOM_ROOT_PASSWORD: 'yes' }),
    addresses: (stack, host) => ({
      DATABASE_URL: `mysql://${USER}:\${MARIADB_PASSWORD}@${host}:3306/${stack}`,
      MYSQL_HOST: host,
      MYSQL_USER: USER,
      MYSQL_DATABASE: stack,
      MYSQL_PASSWORD: '${MARIADB_PASSWORD}',
    }),
  },
  mongodb: {
    service: 'mongo',
    image: 'mongo:8.0.13-noble',
    port: 27017,
    volume: { name: 'mongo-data', path: '/data/db' },
    health: ['mongosh', '--quiet', '--eval', 'db.adminCommand("ping").ok'],
    memory: '512M',
    secret: 'MONGO_INITDB_ROOT_PASSWORD',
    environment: () => ({ MONGO_INITDB_ROOT_USERNAME: USER }),
    addresses: (stack, host) => ({
      MONGO_URL: `mongodb://${USER}:\${MONGO_INITDB_ROOT_PASSWORD}@${host}:27017/${stack}?authSource=admin`,
      MONGODB_URI: `mongodb://${USER}:\${MONGO_INITDB_ROOT_PASSWORD}@${host}:27017/${stack}?authSource=admin`,
    }),
  },
  redis: {
    service: 'cache',
    image: 'redis:8.2.1-alpine3.22',
    port: 6379,
    volume: { name: 'cache-data', path: '/data' },
    health: ['redis-cli', 'ping'],
    memory: '256M',
    secret: undefined,
    environment: () => ({}),
    addresses: (_, host) => ({ REDIS_URL: `redis://${host}:6379`, REDIS_HOST: host, REDIS_PORT: '6379' }),
  },
  rabbitmq: {
    service: 'queue',
    image: 'rabbitmq:4.1.4-alpine',
    port: 5672,
    volume: { name: 'queue-data', path: '/var/lib/rabbitmq' },
    health: ['rabbitmq-diagnostics', '-q', 'ping'],
    memory: '512M',
    secret: 'RABBITMQ_DEFAULT_PASS',
    environment: () => ({ RABBITMQ_DEFAULT_USER: USER }),
    addresses: (_, host) => ({
      AMQP_URL: `amqp://${USER}:\${RABBITMQ_DEFAULT_PASS}@${host}:5672`,
      RABBITMQ_URL: `amqp://${USER}:\${RABBITMQ_DEFAULT_PASS}@${host}:5672`,
    }),
  },
}

/** Which of them an image is, by its name. */
export function needOfImage(image: string): Need | undefined {
  const name =
    image
      .replace(/[:@].*$/, '')
      .split('/')
      .at(-1) ?? ''
  if (/^(postgres|postgis|timescaledb|pgvector)$/.test(name)) return 'postgres'
  if (/^(mariadb|mysql)$/.test(name)) return 'mysql'
  if (name === 'mongo' || name === 'mongodb') return 'mongodb'
  if (/^(redis|valkey|keydb)$/.test(name)) return 'redis'
  return name === 'rabbitmq' ? 'rabbitmq' : undefined
}
