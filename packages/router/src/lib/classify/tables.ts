/** What a word or a phrase says of a request. Words are compared whole, by their stems; a phrase has to stand as it is here. */
const DOMAINS = `
backend: backend, server, fastapi, flask, django, express, endpoint, route, microservice, full stack
frontend: frontend, front end, react, vue, nextjs, svelte, chakra, tailwind, web page, full stack
ui: ui, user interface, component, design system, accessibility, a11y, layout
api: api, rest, graphql, grpc, webhook, openapi, fastapi, endpoint
database: database, mongodb, postgres, mysql, sqlite, redis, schema, migration, sql, prisma
authentication: authentication, keycloak, jwt, oauth, sso, login, authorization, oidc
devops: devops, docker, kubernetes, deploy, deployment, ci cd, ci, pipeline, helm, rollout, compose
infrastructure: infrastructure, terraform, aws, azure, gcp, cloud, vault, pulumi, ansible, vpc, s3
testing: test, testing, e2e, unit test, coverage, playwright, vitest, regression test
documentation: documentation, readme, adr, changelog, tutorial, find documentation, create adr
security: security, vulnerability, devsecops, security scan, compliance, compliance audit, penetration test, secret scan
codebase: tech debt, refactor, architecture review, code review, dead code
orchestration: orchestration, orchestrate, workflow, saga, coordinate
automation: automation, automate, cron, scheduled job, bot
smart-home: living room, thermostat, lights, smart home, home assistant
visual: figma, figma convert, design to code, screenshot to code, mockup
`

/** Technologies, with what else they mean. */
const CONTEXTS = `
python: python, fastapi, flask, django, pydantic
javascript: javascript, nodejs, node js
typescript: typescript, tsx
react: react
jsx: jsx, react
vue: vue
nextjs: nextjs, next js
fastapi: fastapi
flask: flask
express: express
mongodb: mongodb
postgres: postgres
redis: redis
docker: docker, dockerfile, compose
kubernetes: kubernetes, helm
keycloak: keycloak
oauth: oauth
jwt: jwt, bearer token
rest: rest
graphql: graphql
websocket: websocket
terraform: terraform
aws: aws, s3, lambda
a11y: accessibility, a11y, wcag
tailwind: tailwind
`

const PATTERNS = `
rest-api: rest, rest api, endpoint, api
graphql-api: graphql
websocket: websocket, realtime, real time
jwt-auth: jwt, bearer token, keycloak, authentication token
oauth-flow: oauth, sso
component-generation: component
deployment: deploy, deployment, ci cd, rollout
migration: migrate, migration
`

/** Words that make a task larger than its domains say, and by how much. */
const WEIGHTY = `
2: architecture, design, refactor, migration, migrate, scale, optimize, optimise, performance, security, breaking change, accessibility, multi tenant
4: full stack, rewrite, from scratch, end to end, zero downtime
`

const URGENCY = `
10: outage, production is down, everything is down, site is down, emergency
9: critical, asap, immediately, right now, urgent, urgently
7: today, soon, quickly, important, high priority
3: when you have time, low priority, no hurry, not urgent, eventually
2: someday, whenever, nice to have
`

const parse = (text: string): ReadonlyMap<string, readonly string[]> =>
  new Map(
    text
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2).split(', ')]),
  )

export const DOMAIN_PHRASES = parse(DOMAINS)
export const CONTEXT_PHRASES = parse(CONTEXTS)
export const PATTERN_PHRASES = parse(PATTERNS)
export const WEIGHTY_PHRASES = parse(WEIGHTY)
export const URGENCY_PHRASES = parse(URGENCY)

/** What the files of a task say, by how their paths end or what they go through. */
export const FILE_SIGNALS: readonly (readonly [pattern: RegExp, domain: string, points: number])[] = [
  [/\.(?:test|spec)\.[a-z]+$|\/(?:tests?|e2e|__tests__)\//i, 'testing', 40],
  [/\.(?:tsx|jsx|css|scss|vue|svelte)$/i, 'frontend', 40],
  [/\.(?:ts|js|go|rs|java|rb|py)$/i, 'backend', 40],
  [/\.(?:prisma|sql)$/i, 'database', 40],
  [/\.(?:graphql|gql)$/i, 'api', 40],
  [/\.(?:tf|tfvars)$/i, 'infrastructure', 40],
  [/\.mdx?$/i, 'documentation', 40],
  [/(?:^|\/)(?:Dockerfile|compose\.ya?ml|docker-compose\.ya?ml)$/i, 'devops', 35],
  [/(?:^|\/)(?:k8s|helm|deployment)\//i, 'devops', 15],
  [/(?:^|\/)(?:components|pages|ui)\//i, 'frontend', 15],
  [/(?:^|\/)(?:api|server|services|controllers)\//i, 'backend', 15],
  [/(?:^|\/)(?:migrations|db|models)\//i, 'database', 15],
  [/(?:^|\/)(?:terraform|infra|ansible)\//i, 'infrastructure', 15],
  [/(?:^|\/)(?:docs|adr)\//i, 'documentation', 15],
]
