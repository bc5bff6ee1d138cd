import type { TestFile } from '@switchyard/testkit'

/** A stack for which a rule holds, and one for which it does not: `◆` in its files stands where the rule must point. */
export interface RuleFixture {
  readonly pass: Readonly<Record<string, TestFile>>
  readonly wrong: Readonly<Record<string, TestFile>>
  /** Each note, in the order of the marks. */
  readonly notes: readonly string[]
  readonly env?: string
}

const service = (...lines: readonly string[]): string => `services:\n  web:\n${lines.map((line) => `    ${line}\n`).join('')}`
const compose = (text: string): Record<string, string> => ({ 'compose.yaml': text })
const web = (...lines: readonly string[]): Record<string, string> => compose(service('image: app:1.0', ...lines))
const caddy = (text: string): Record<string, string> => ({ Caddyfile: text })
const unit = (text: string): Record<string, string> => ({ 'api.service': text })
const GOOD_UNIT =
  '[Unit]\nDescription=API\n\n[Service]\nExecStart=/usr/bin/api\nUser=api\nRestart=on-failure\n\n[Install]\nWantedBy=multi-user.target\n'
const token = ['ghp', '0123456789abcdefABCDEF0123456789abcdef'].join('_')

export const FIXTURES: Readonly<Record<string, RuleFixture>> = {
  'compose.syntax': {
    pass: web('environment:', '  A: "1"'),
    wrong: web('restart: always', '◆restart: "no"'),
    notes: ['the key "restart" stands twice in one map'],
  },
  'compose.schema': {
    pass: web('ports:', '  - target: 80', '    published: "8080"'),
    wrong: web('◆restrat: always', '◆privileged: [1]', 'ports: ◆80'),
    notes: [
      'services.web.restrat is no key that Compose knows here',
      'services.web.privileged must be true or false or text',
      'services.web.ports must be a list',
    ],
  },
  'compose.interpolation': {
    pass: web('command: echo $$HOME ${A:-${B-c}}'),
    wrong: web('command: echo ◆$ 5', 'user: "◆${1}"'),
    notes: ['a lone $ must be written $$', 'a lone $ must be written $$'],
  },
  'compose.file-missing': {
    pass: {
      ...compose('include:\n  - db/compose.part.yaml\nservices: {}\n'),
      'db/compose.part.yaml': 'services:\n  db:\n    image: db:1\n',
    },
    wrong: compose('include:\n  - ◆db/other.yaml\nservices:\n  web:\n    extends:\n      file: ◆base.yaml\n      service: base\n'),
    notes: ['db/other.yaml is named here and is not there', 'base.yaml is named here and is not there'],
  },
  'compose.extends': {
    pass: compose('services:\n  base:\n    image: app:1\n  web:\n    extends: base\n'),
    wrong: compose('services:\n  a:\n    extends: ◆b\n  b:\n    extends: ◆a\n  c:\n    extends: ◆nobody\n'),
    notes: ['extends "b", which extends it again', 'extends "a", which extends it again', 'service c extends "nobody", which is not there'],
  },
  'compose.version-obsolete': {
    pass: web(),
    wrong: compose(`# ours\n◆version: "3.8"\n${service('image: app:1.0')}`),
    notes: ['the key "version" is obsolete'],
  },
  'compose.image-tag': {
    pass: compose('services:\n  a:\n    image: host:5000/app:1.0\n  b:\n    build: .\n    image: mine\n  c:\n    image: app@sha256:0123\n'),
    wrong: compose('services:\n  a:\n    image: ◆host:5000/app\n  b:\n    image: ◆"app:latest"\n'),
    notes: ['service a: image host:5000/app has no tag, which means latest', 'service b: image app:latest is pinned to no version'],
  },
  'compose.image-or-build': {
    pass: web(),
    wrong: compose('services:\n  ◆web:\n    restart: always\n'),
    notes: ['service web has neither an image nor a build'],
  },
  'compose.healthcheck': {
    pass: {
      ...compose('services:\n  a:\n    image: a:1\n    healthcheck:\n      test: ["CMD", "true"]\n  b:\n    build: .\n'),
      Dockerfile: 'FROM scratch\nHEALTHCHECK CMD true\n',
    },
    wrong: compose('services:\n  ◆a:\n    image: a:1\n  b:\n    image: b:1\n    ◆healthcheck:\n      disable: true\n'),
    notes: ['service a has no healthcheck', 'service b turns its healthcheck off'],
  },
  'compose.restart': {
    pass: compose(
      'services:\n  a:\n    image: a:1\n    restart: unless-stopped\n    depends_on:\n      job:\n        condition: service_completed_successfully\n  job:\n    image: job:1\n',
    ),
    wrong: compose(
      'services:\n  # ours\n  ◆a:\n    image: a:1 # pinned\n  ◆b: { image: "b:1" }\n  c:\n    image: c:1\n    restart: ◆"no"\n',
    ),
    notes: ['service a has no restart policy', 'service b has no restart policy', 'service c is never restarted'],
  },
  'compose.limits': {
    pass: compose(
      'services:\n  a:\n    image: a:1\n    deploy:\n      resources:\n        limits: { memory: 64M, cpus: "1" }\n  b:\n    image: b:1\n    mem_limit: 64m\n    cpus: 1\n',
    ),
    wrong: compose('services:\n  ◆a:\n    image: a:1\n    mem_limit: 64m\n'),
    notes: ['service a has no limit of processors'],
  },
  'compose.port-invalid': {
    pass: web('ports:', '  - "127.0.0.1:80:80/tcp"', '  - "[::1]:81:80"', '  - "8000-8002:9000-9002"', '  - "${P:-80}:80"'),
    wrong: web('ports:', '  - ◆"99999:80"', '  - ◆"1:2:3:4:5"', '  - ◆"80-90:80-81"', '  - ◆"80:80/icmp"', '  - target: ◆http'),
    notes: [
      'service web: the port its host port must be 65535 at most',
      'service web: the port has more parts than [IP:]HOST:CONTAINER',
      'service web: the port has ranges of different lengths',
      'service web: the port names a protocol that is none of tcp, udp and sctp',
      'service web: the port its target is no number',
    ],
  },
  'compose.port-quotes': {
    pass: web('ports:', '  - "22:22"', '  - 8080:80'),
    wrong: web('ports:', '  - ◆2222:22 # ssh', '  - "80:80"'),
    notes: ['service web: the port 2222:22 stands without quotes'],
  },
  'compose.port-conflict': {
    pass: compose(
      'services:\n  a:\n    image: a:1\n    ports: ["127.0.0.1:80:80", "53:53/udp", "9000-9001:80"]\n  b:\n    image: b:1\n    ports: ["10.0.0.1:80:80", "53:53/tcp", "9000:80"]\n  c:\n    image: c:1\n    profiles: [x]\n    ports: ["10.0.0.1:81:80"]\n  d:\n    image: d:1\n    profiles: [y]\n    ports: ["10.0.0.1:81:80"]\n',
    ),
    wrong: {
      ...compose(
        'services:\n  a:\n    image: a:1\n    ports: ["${PORT}:80", "9000-9005:9000-9005"]\n  b:\n    image: b:1\n    ports:\n      - ◆8080:80\n      - target: 80\n        published: ◆"9003"\n        host_ip: 127.0.0.1\n',
      ),
      '.env': 'PORT=8080\n',
    },
    notes: ['service b publishes 8080/tcp, as a does at compose.yaml:4', 'service b publishes 9003/tcp, as a does at compose.yaml:4'],
  },
  'compose.published-twice': {
    pass: web('ports: ["80:80", "127.0.0.1:81:80"]'),
    wrong: web('ports: ["80:80", ◆"81:80"]'),
    notes: ['service web publishes its port 80/tcp twice'],
  },
  'compose.only-proxy-publishes': {
    pass: compose(
      'services:\n  caddy:\n    image: caddy:2.8\n    ports: ["80:80"]\n  api:\n    image: api:1\n    ports: ["127.0.0.1:8080:80"]\n',
    ),
    wrong: compose('services:\n  caddy:\n    image: caddy:2.8\n    ports: ["80:80"]\n  api:\n    image: api:1\n    ports: [◆"8080:80"]\n'),
    notes: ['service api publishes 8080 to everybody, past the proxy'],
  },
  'compose.depends-unknown': {
    pass: compose('services:\n  a:\n    image: a:1\n    depends_on: [b]\n  b:\n    image: b:1\n'),
    wrong: compose(
      'services:\n  a:\n    image: a:1\n    depends_on: [◆c]\n  b:\n    image: b:1\n    depends_on:\n      ◆d:\n        condition: service_started\n',
    ),
    notes: ['service a depends on c, which is not there', 'service b depends on d, which is not there'],
  },
  'compose.depends-cycle': {
    pass: compose(
      'services:\n  a:\n    image: a:1\n    depends_on: [b, c]\n  b:\n    image: b:1\n    depends_on: [c]\n  c:\n    image: c:1\n',
    ),
    wrong: compose(
      'services:\n  a:\n    image: a:1\n    depends_on: [b]\n  b:\n    image: b:1\n    depends_on: [c]\n  c:\n    image: c:1\n    depends_on: [◆a]\n',
    ),
    notes: ['services depend on one another in a circle: a → b → c → a'],
  },
  'compose.depends-healthy': {
    pass: compose(
      'services:\n  a:\n    image: a:1\n    depends_on:\n      b:\n        condition: service_healthy\n  b:\n    image: b:1\n    healthcheck:\n      test: ["CMD", "true"]\n',
    ),
    wrong: compose(
      'services:\n  a:\n    image: a:1\n    depends_on: [◆b]\n  b:\n    image: b:1\n    healthcheck:\n      test: ["CMD", "true"]\n',
    ),
    notes: ['service a does not wait until b is well'],
  },
  'compose.depends-healthless': {
    pass: compose(
      'services:\n  a:\n    image: a:1\n    depends_on:\n      b:\n        condition: service_healthy\n  b:\n    image: b:1\n    healthcheck:\n      test: ["CMD", "true"]\n',
    ),
    wrong: compose(
      'services:\n  a:\n    image: a:1\n    depends_on:\n      ◆b:\n        condition: service_healthy\n  b:\n    image: b:1\n',
    ),
    notes: ['service a waits until b is well, which has no healthcheck'],
  },
  'compose.names': {
    pass: compose('name: shop\nservices:\n  web-1:\n    image: a:1\n    container_name: shop-web\n'),
    wrong: compose('name: shop\nservices:\n  ◆Web_1:\n    image: a:1\n    container_name: ◆web\n'),
    notes: ['the service Web_1 is not named in lower-case words joined by "-"', 'the container name web does not begin with shop-'],
  },
  'compose.container-name': {
    pass: compose('services:\n  a:\n    image: a:1\n    container_name: a\n  b:\n    image: b:1\n    container_name: b\n'),
    wrong: compose(
      'services:\n  a:\n    image: a:1\n    container_name: x\n  b:\n    image: b:1\n    container_name: ◆x\n  c:\n    image: c:1\n    container_name: ◆c\n    deploy:\n      replicas: 2\n',
    ),
    notes: ['services a and b have the same container name, x', 'service c runs 2 times under one container name'],
  },
  'compose.mount-mode': {
    pass: web('volumes:', '  - ./a:/a:ro', '  - data:/b', '  - type: bind', '    source: ./c', '    target: /c', '    read_only: true'),
    wrong: web('volumes:', '  - ◆./a:/a # config', '  - ◆"/srv:/srv"'),
    notes: [
      'service web: the mount at /a does not say whether it may be written',
      'service web: the mount at /srv does not say whether it may be written',
    ],
  },
  'compose.mount-conflict': {
    pass: web('volumes: ["a:/a", "b:/b"]'),
    wrong: web('volumes: ["a:/a", ◆"b:/a/"]'),
    notes: ['service web mounts two things at /a/'],
  },
  'compose.bind-missing': {
    pass: { ...web('volumes: ["./conf/a.yml:/a:ro", "/etc/b:/b:ro"]'), 'conf/a.yml': 'a' },
    wrong: web('volumes: [◆"./conf/a.yml:/a:ro"]'),
    notes: ['service web mounts ./conf/a.yml, which is not there'],
  },
  'compose.data-volume': {
    pass: compose(
      'services:\n  db:\n    image: postgres:17\n    volumes: ["data:/var/lib/postgresql/data", "./init:/docker-entrypoint-initdb.d:ro"]\n',
    ),
    wrong: compose('services:\n  db:\n    image: postgres:17\n    volumes: [◆"./data:/var/lib/postgresql/data:rw"]\n'),
    notes: ['service db keeps the data of PostgreSQL in a folder of the host'],
  },
  'compose.data-lost': {
    pass: compose(
      'services:\n  db:\n    image: postgres:17\n    volumes: ["data:/var/lib/postgresql/data"]\n  cache:\n    image: redis:7\n  other:\n    image: mariadb:11\n    volumes: ["all:/var/lib"]\n',
    ),
    wrong: compose('services:\n  ◆db:\n    image: ghcr.io/x/postgres:17\n    volumes: ["data:/data"]\n'),
    notes: ['service db keeps the data of PostgreSQL in its container'],
  },
  'compose.volume-shared': {
    pass: compose(
      'services:\n  a:\n    image: postgres:17\n    volumes: ["data:/var/lib/postgresql/data"]\n  backup:\n    image: backup:1\n    volumes: ["data:/in:ro"]\n',
    ),
    wrong: compose(
      'services:\n  a:\n    image: postgres:17\n    volumes: ["data:/var/lib/postgresql/data"]\n  b:\n    image: postgres:17\n    volumes: [◆"data:/var/lib/postgresql/data"]\n',
    ),
    notes: ['services a and b both write the data in the volume data'],
  },
  'compose.volume-undeclared': {
    pass: { ...web('volumes: ["data:/a", "./x:/x:ro"]'), 'compose.override.yaml': 'volumes:\n  data: {}\n' },
    wrong: web('volumes:', '  - ◆data:/a'),
    notes: ['service web mounts the volume data, which is not declared'],
  },
  'compose.network-undeclared': {
    pass: compose(
      'services:\n  a:\n    image: a:1\n    networks: [back]\n  b:\n    image: b:1\n    network_mode: service:a\nnetworks:\n  back:\n',
    ),
    wrong: compose(
      'services:\n  a:\n    image: a:1\n    networks:\n      ◆back:\n        aliases: [x]\n  b:\n    image: b:1\n    network_mode: ◆service:c\n',
    ),
    notes: ['service a joins the network back, which is not declared', 'service b takes the network of c, which is not there'],
  },
  'compose.secret-undeclared': {
    pass: compose(
      'services:\n  a:\n    image: a:1\n    secrets: [key]\n    configs:\n      - source: conf\nsecrets:\n  key:\n    file: key\nconfigs:\n  conf:\n    file: conf\n',
    ),
    wrong: compose('services:\n  a:\n    image: a:1\n    secrets: [◆key]\n    configs:\n      - source: ◆conf\n'),
    notes: ['service a is given the secret key, which is not declared', 'service a is given the config conf, which is not declared'],
  },
  'compose.unused': {
    pass: compose(
      'services:\n  a:\n    image: a:1\n    networks: [back]\n    volumes: ["data:/a"]\nvolumes:\n  data:\nnetworks:\n  back:\n',
    ),
    wrong: compose('services:\n  a:\n    image: a:1\nvolumes:\n  ◆data:\nnetworks:\n  ◆back: {}\nsecrets:\n  ◆key:\n    file: key\n'),
    notes: ['nothing uses the volume data', 'nothing uses the network back', 'nothing uses the secret key'],
  },
  'compose.own-network': {
    pass: compose('services:\n  a: { image: "a:1", networks: [x] }\n  b: { image: "b:1" }\n  c: { image: "c:1" }\nnetworks:\n  x:\n'),
    wrong: compose('services:\n  ◆a: { image: "a:1" }\n  b: { image: "b:1" }\n  c: { image: "c:1" }\n'),
    notes: ['all 3 services share the default network'],
  },
  'compose.env-file-missing': {
    pass: { ...web('env_file:', '  - web.env', '  - path: local.env', '    required: false'), 'web.env': 'A=1\n' },
    wrong: web('env_file: ◆web.env'),
    notes: ['service web reads web.env, which is not there'],
  },
  'compose.literal-secret': {
    pass: web(
      'environment:',
      '  DB_PASSWORD: ${DB_PASSWORD}',
      '  DB_PASSWORD_FILE: /run/secrets/db',
      '  DATABASE_URL: postgres://app@db/app',
      '  SECRET_KEY: change-me',
      '  TOKEN:',
    ),
    wrong: web(
      'environment:',
      '  - ◆POSTGRES_PASSWORD=hunter2hunter2',
      '  - LOG=info',
      `command: ◆serve --key ${token}`,
      'labels:',
      '  url: ◆https://joe:s3cr3tpass@example.com',
    ),
    notes: [
      'service web: POSTGRES_PASSWORD holds what looks like a secret',
      'service web: command holds what looks like a secret (GitHub token)',
      'service web: labels holds what looks like a secret (password in a URL)',
    ],
  },
  'compose.privileged': {
    pass: web('privileged: false'),
    wrong: web('◆privileged: true'),
    notes: ['service web runs privileged'],
  },
  'compose.engine-socket': {
    pass: web('volumes: ["/run/app.sock:/run/app.sock:rw"]'),
    wrong: web('volumes:', '  - ◆/var/run/docker.sock:/var/run/docker.sock:ro'),
    notes: ["service web has the engine's socket"],
  },
  'compose.host-folder': {
    pass: web('volumes: ["/etc:/host/etc:ro", "/srv/data:/data:rw"]'),
    wrong: web('volumes:', '  - ◆/:/host'),
    notes: ['service web may write / of the host'],
  },
  'compose.database-port': {
    pass: compose('services:\n  db:\n    image: postgres:17\n    ports: ["127.0.0.1:5432:5432"]\n'),
    wrong: compose('services:\n  db:\n    image: postgres:17\n    ports: [◆"15432:5432"]\n'),
    notes: ['service db publishes PostgreSQL on port 15432 to everybody'],
  },
  'compose.host-network': {
    pass: web('network_mode: bridge'),
    wrong: web('network_mode: ◆host'),
    notes: ['service web is on the network of the host'],
  },
  'compose.host-namespace': {
    pass: web('pid: "service:db"', 'ipc: private'),
    wrong: web('pid: ◆host', 'ipc: ◆host'),
    notes: ['service web shares pid with the host', 'service web shares ipc with the host'],
  },
  'compose.capabilities': {
    pass: web('cap_add: [NET_BIND_SERVICE]'),
    wrong: web('cap_add: [CHOWN, ◆SYS_ADMIN]'),
    notes: ['service web is given SYS_ADMIN'],
  },
  'compose.security-options': {
    pass: web('security_opt: ["no-new-privileges:true"]'),
    wrong: web('security_opt: [◆"seccomp:unconfined", ◆"no-new-privileges:false"]'),
    notes: ['service web turns off seccomp', 'service web turns off no-new-privileges'],
  },
  'compose.root-user': {
    pass: {
      ...compose('services:\n  a:\n    build: .\n  b:\n    image: b:1\n    user: "1000"\n'),
      Dockerfile: 'FROM a AS one\nUSER root\nFROM b\nUSER app\n',
    },
    wrong: { ...compose('services:\n  a:\n    build: ◆.\n  b:\n    image: b:1\n    user: ◆"0:0"\n'), Dockerfile: 'FROM a\n' },
    notes: ['service a: its Dockerfile names no user but root', 'service b runs as root'],
  },

  'caddy.syntax': {
    pass: caddy('example.com {\n\trespond "a { b" 200\n}\n'),
    wrong: caddy('example.com ◆{\n\trespond ok\n'),
    notes: ['opens a block that is never closed'],
  },
  'caddy.import': {
    pass: {
      ...caddy('(common) {\n\tencode gzip\n}\nimport sites/*.caddy\nexample.com {\n\timport common\n\timport more.conf\n}\n'),
      'more.conf': 'respond ok\n',
    },
    wrong: caddy('example.com {\n\timport ◆nothing\n}\n'),
    notes: ['imports nothing, which is neither a snippet nor a file'],
  },
  'caddy.directive-unknown': {
    pass: caddy(
      '{\n\torder rate_limit before basicauth\n}\nexample.com {\n\t@x path /a\n\thandle @x {\n\t\treverse_proxy api:80 {\n\t\t\tlb_policy first\n\t\t}\n\t}\n\trate_limit 5r/s\n}\n',
    ),
    wrong: caddy('example.com {\n\t◆rate_limit 5r/s\n\troute {\n\t\t◆reverse_prox api:80\n\t}\n}\n'),
    notes: [
      'the directive rate_limit is not in the standard build of Caddy',
      'the directive reverse_prox is not in the standard build of Caddy',
    ],
  },
  'caddy.duplicate-site': {
    pass: caddy('a.example.com {\n\trespond a\n}\nhttp://a.example.com {\n\trespond b\n}\n'),
    wrong: caddy('a.example.com, b.example.com {\n\trespond a\n}\n◆https://A.example.com:443, ◆b.example.com {\n\trespond b\n}\n'),
    notes: [
      'the address https://A.example.com:443 belongs to a site in line 1 too',
      'the address b.example.com belongs to a site in line 1 too',
    ],
  },
  'caddy.duplicate-route': {
    pass: caddy(
      'a.example.com {\n\thandle /a/* {\n\t\trespond a\n\t}\n\thandle /b/* {\n\t\trespond b\n\t}\n\thandle {\n\t\tfile_server\n\t}\n}\n',
    ),
    wrong: caddy(
      'a.example.com {\n\thandle /a/* {\n\t\trespond a\n\t}\n\t◆handle_path /a/* {\n\t\trespond b\n\t}\n\treverse_proxy a:1\n\t◆reverse_proxy b:1\n}\n',
    ),
    notes: ['handle_path for /a/* stands here a second time', 'reverse_proxy for every request stands here a second time'],
  },
  'caddy.port-mixed': {
    pass: caddy('http://a.example.com {\n\trespond a\n}\nhttps://b.example.com {\n\trespond b\n}\n'),
    wrong: caddy('http://a.example.com:8443 {\n\trespond a\n}\n◆https://b.example.com:8443 {\n\trespond b\n}\n'),
    notes: ['https://b.example.com:8443 serves https on port 8443, where http://a.example.com:8443 serves http'],
  },
  'caddy.upstream-invalid': {
    pass: caddy(
      'a.example.com {\n\treverse_proxy /a http://api:80\n\treverse_proxy /b unix//run/x.sock\n\treverse_proxy api:82 {$UP:api:81} {\n\t\tto [::1]:80\n\t}\n}\n',
    ),
    wrong: caddy('a.example.com {\n\treverse_proxy ◆app:notaport {\n\t\tto ◆{$UP}\n\t}\n}\n'),
    notes: [
      'the upstream app:notaport has a port that is no number from 1 to 65535',
      'the upstream is empty, as its variable has no value',
    ],
  },
  'caddy.local-host': {
    pass: caddy('http://nas.local {\n\trespond a\n}\ndb.lan {\n\ttls internal\n\trespond b\n}\nlocalhost {\n\trespond c\n}\n'),
    wrong: caddy('# the one in the cellar\n◆nas.local {\n\trespond a\n}\nmyapp.example.com, ◆hotport {\n\trespond b\n}\n'),
    notes: [
      'nas.local is a name of the local network and would ask a public authority for a certificate',
      'hotport is a name of the local network and would ask a public authority for a certificate',
    ],
  },
  'caddy.https': {
    pass: caddy(
      'a.example.com {\n\trespond a\n}\nhttp://b.example.com {\n\tredir https://b.example.com{uri}\n}\n:8080 {\n\trespond c\n}\n',
    ),
    wrong: caddy('{\n\t◆auto_https off\n}\n◆http://a.example.com {\n\trespond a\n}\n◆b.example.com:80 {\n\trespond b\n}\n'),
    notes: [
      'automatic HTTPS is turned off for every site',
      'http://a.example.com is served without TLS',
      'b.example.com:80 is served without TLS',
    ],
  },
  'caddy.security-headers': {
    pass: caddy(
      '(safe) {\n\theader {\n\t\tStrict-Transport-Security max-age=31536000\n\t\t+X-Content-Type-Options nosniff\n\t\tX-Frame-Options DENY\n\t\t?Referrer-Policy no-referrer\n\t\tContent-Security-Policy "default-src \'self\'"\n\t\t-Server\n\t}\n}\na.example.com {\n\timport safe\n\trespond a\n}\n',
    ),
    wrong: caddy('◆a.example.com {\n\theader X-Frame-Options DENY\n\trespond a\n}\n'),
    notes: [
      'a.example.com does not set Strict-Transport-Security, X-Content-Type-Options, Referrer-Policy, Content-Security-Policy, -Server',
    ],
  },
  'caddy.admin-open': {
    pass: caddy('{\n\tadmin localhost:2019\n}\na.example.com {\n\trespond a\n}\n'),
    wrong: caddy('{\n\tadmin ◆0.0.0.0:2019\n}\na.example.com {\n\trespond a\n}\n'),
    notes: ['the admin API listens on 0.0.0.0:2019'],
  },
  'caddy.literal-secret': {
    pass: caddy('a.example.com {\n\ttls {\n\t\tdns cloudflare {env.CF_TOKEN}\n\t}\n\theader_up Authorization "Bearer {$TOKEN}"\n}\n'),
    wrong: caddy(
      `a.example.com {\n\treverse_proxy api:80 {\n\t\theader_up Authorization ◆"Bearer ${token}"\n\t}\n\tforward {\n\t\tapi_token ◆hunter2hunter2\n\t}\n}\n`,
    ),
    notes: ['header_up holds what looks like a secret (GitHub token)', 'api_token holds what looks like a secret'],
  },
  'caddy.upstream-unknown': {
    pass: {
      ...compose(
        'services:\n  caddy: { image: "caddy:2.8" }\n  api:\n    image: api:1\n    networks:\n      default:\n        aliases: [backend]\n',
      ),
      ...caddy('a.example.com {\n\treverse_proxy api:80 backend:80 10.0.0.5:80 other.example.com:80\n}\n'),
    },
    wrong: {
      ...compose('services:\n  caddy: { image: "caddy:2.8" }\n  api: { image: "api:1" }\n'),
      ...caddy('a.example.com {\n\treverse_proxy ◆apo:80\n}\nb.example.com {\n\treverse_proxy /x ◆localhost:8080\n}\n'),
    },
    notes: ['no service of the stack is called apo', 'the upstream localhost:8080 is Caddy’s own container, where nothing else listens'],
  },
  'caddy.upstream-port': {
    pass: {
      ...compose('services:\n  api: { image: "api:1", expose: ["8080"] }\n  web: { build: . }\n  x: { image: "x:1" }\n'),
      Dockerfile: 'FROM a\nEXPOSE 3000\n',
      ...caddy('a.example.com {\n\treverse_proxy api:8080 web:3000 x:1\n}\n'),
    },
    wrong: {
      ...compose('services:\n  api: { image: "api:1", ports: ["8080:80"] }\n'),
      ...caddy('a.example.com {\n\treverse_proxy ◆api:8080\n}\n'),
    },
    notes: ['the upstream api:8080 means port 8080, and api listens on 80'],
  },
  'caddy.upstream-network': {
    pass: {
      ...compose(
        'services:\n  caddy: { image: "caddy:2.8", networks: [front] }\n  api: { image: "api:1", networks: [front, back] }\nnetworks:\n  front:\n  back:\n',
      ),
      ...caddy('a.example.com {\n\treverse_proxy api:80\n}\n'),
    },
    wrong: {
      ...compose(
        'services:\n  caddy: { image: "caddy:2.8", networks: [front] }\n  api: { image: "api:1", networks: [back] }\nnetworks:\n  front:\n  back:\n',
      ),
      ...caddy('a.example.com {\n\treverse_proxy ◆api:80\n}\n'),
    },
    notes: ['caddy and api, which the upstream api:80 means, share no network'],
  },
  'caddy.port-published': {
    pass: {
      ...compose('services:\n  caddy: { image: "caddy:2.8", ports: ["80:80", "443:443"] }\n'),
      ...caddy('a.example.com {\n\trespond a\n}\n'),
    },
    wrong: {
      ...compose('services:\n  caddy: { image: "caddy:2.8", ports: ["80:80"] }\n'),
      ...caddy('◆a.example.com {\n\trespond a\n}\n◆http://b.example.com:8080 {\n\trespond b\n}\n'),
    },
    notes: [
      'a.example.com listens on port 443, which caddy does not publish',
      'http://b.example.com:8080 listens on port 8080, which caddy does not publish',
    ],
  },

  'systemd.syntax': {
    pass: unit(`# ours\n${GOOD_UNIT}`),
    wrong: unit('◆User=x\n[Service]\nExecStart=/bin/a \\\n  --b\n◆not a line\n'),
    notes: ['stands before any [Section]', 'is neither a [Section] nor a Key=value line'],
  },
  'systemd.unknown-key': {
    pass: unit(`${GOOD_UNIT}[X-Ours]\nA=1\n`),
    wrong: unit('[Service]\nExecStart=/bin/a\n# twice\n◆Restrt=always\n◆Nonsense=1\n◆[Sevice]\nUser=x\n'),
    notes: ['[Service] has no key Restrt; Restart was meant', '[Service] has no key Nonsense', 'there is no section [Sevice]'],
  },
  'systemd.value': {
    pass: unit('[Service]\nType=notify\nRestartSec=1min 30s\nMemoryMax=512M\nNoNewPrivileges=yes\n'),
    wrong: unit('[Service]\nType=◆daemon\nRestartSec=◆soon\nMemoryMax=◆512MB\nNoNewPrivileges=◆perhaps\n'),
    notes: [
      'Type= must be one of simple, exec, forking, oneshot, dbus, notify, notify-reload, idle',
      'RestartSec= must be a time such as 30s or 5min',
      'MemoryMax= must be a size such as 512M',
      'NoNewPrivileges= must be yes or no',
    ],
  },
  'systemd.exec': {
    pass: unit('[Service]\nType=oneshot\nExecStart=-/bin/a\nExecStart=/bin/b\n'),
    wrong: {
      'api.service': '[Service]\nExecStart=◆./api\n◆ExecStart=/bin/b\n',
      'b.service': '[Unit]\nDescription=b\n◆[Service]\nUser=b\n',
    },
    notes: [
      'ExecStart= names ./api, which is no absolute path',
      'api.service has more than one ExecStart=',
      'b.service runs nothing: it has no ExecStart=',
    ],
  },
  'systemd.user': {
    pass: { ...unit(GOOD_UNIT), 'b.service': '[Service]\nExecStart=/bin/a\nDynamicUser=yes\n' },
    wrong: { 'api.service': '◆[Service]\nExecStart=/bin/a\n', 'b.service': '[Service]\nExecStart=/bin/a\n◆User=root\n' },
    notes: ['api.service runs as root: it has no User=', 'b.service runs as root'],
  },
  'systemd.restart': {
    pass: { ...unit(GOOD_UNIT), 'job.service': '[Service]\nType=oneshot\nExecStart=/bin/a\n' },
    wrong: unit('[Unit]\nDescription=x\n\n◆[Service]\n# ours\nExecStart=/bin/a\n\n[Install]\nWantedBy=multi-user.target\n'),
    notes: ['api.service has no Restart='],
  },
  'systemd.network-online': {
    pass: unit('[Unit]\nAfter=network-online.target\nWants=network-online.target\n'),
    wrong: unit('[Unit]\n◆After=a.service network-online.target\n\n[Service]\nExecStart=/bin/a\n'),
    notes: ['api.service waits for network-online.target and does not ask for it'],
  },
  'systemd.requires-after': {
    pass: unit('[Unit]\nRequires=a.service\nAfter=a.service\n'),
    wrong: unit('[Unit]\n◆Requires=a.service\n'),
    notes: ['api.service requires a.service and does not wait for it'],
  },
  'systemd.order-cycle': {
    pass: { 'a.service': '[Unit]\nAfter=b.service\n', 'b.service': '[Unit]\nBefore=a.service\n' },
    wrong: { 'a.service': '[Unit]\nAfter=b.service\n', 'b.service': '[Unit]\n◆After=a.service\n' },
    notes: ['units wait for one another in a circle: a.service → b.service → a.service'],
  },
  'systemd.unit-name': {
    pass: unit('[Unit]\nAfter=postgresql.service foo@%i.service\n'),
    wrong: unit('[Unit]\n◆After=network.target postgresql\n'),
    notes: ['After= names postgresql, which is no name of a unit'],
  },
  'systemd.engine-order': {
    pass: unit('[Unit]\nRequires=docker.service\nAfter=docker.service\n[Service]\nExecStart=/usr/bin/docker compose up\n'),
    wrong: unit('[Unit]\nDescription=x\n[Service]\n◆ExecStart=/usr/bin/docker compose up\n'),
    notes: ['api.service runs docker without Requires= and After=docker.service'],
  },
  'systemd.environment-file': {
    pass: {
      ...unit(
        '[Service]\nWorkingDirectory=/opt/api\nEnvironmentFile=/opt/api/.env\nEnvironmentFile=-/opt/api/local.env\nEnvironmentFile=/etc/api\n',
      ),
      '.env': 'A=1\n',
    },
    wrong: unit('[Service]\nWorkingDirectory=/opt/api\nEnvironmentFile=◆/opt/api/.env\nEnvironmentFile=◆api.env\n'),
    notes: [
      'EnvironmentFile= names /opt/api/.env, and the project has no .env',
      'EnvironmentFile= names api.env, which is no absolute path',
    ],
  },
  'systemd.install': {
    pass: {
      ...unit(GOOD_UNIT),
      'job.service': '[Service]\nExecStart=/bin/a\n',
      'job.timer': '[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n',
    },
    wrong: unit('◆[Service]\nExecStart=/bin/a\n'),
    notes: ['api.service cannot be enabled: it has no [Install]'],
  },
  'systemd.timer': {
    pass: { 'a.timer': '[Timer]\nOnCalendar=daily\n', 'a.service': '[Service]\nExecStart=/bin/a\n' },
    wrong: { 'a.timer': '◆[Timer]\nPersistent=true\n', 'a.service': '', 'b.timer': '◆[Timer]\nOnBootSec=5min\n' },
    notes: ['a.timer never goes off: it says no time', 'b.timer starts b.service, which is not there'],
  },
  'systemd.hardening': {
    pass: {
      ...unit('[Service]\nNoNewPrivileges=yes\nProtectSystem=strict\nProtectHome=yes\nPrivateTmp=yes\n'),
      'b.service': '[Service]\nDynamicUser=yes\n',
    },
    wrong: unit('◆[Service]\nNoNewPrivileges=yes\nProtectHome=no\n'),
    notes: ['api.service does not set ProtectSystem, ProtectHome, PrivateTmp'],
  },
  'systemd.literal-secret': {
    pass: unit('[Service]\nEnvironment=PORT=80 "DB_PASSWORD_FILE=/run/x"\n'),
    wrong: unit(`[Service]\nEnvironment=◆PORT=80 "DB_PASSWORD=hunter2 hunter2"\nExecStart=◆/bin/a --token ${token}\n`),
    notes: ['DB_PASSWORD holds what looks like a secret', 'ExecStart= holds what looks like a secret (GitHub token)'],
  },

  'env.syntax': {
    pass: { '.env': '# a\nexport A=1\nB="x y"\n' },
    wrong: { '.env': 'A=1\n◆= 5\nB=◆"x\n' },
    notes: ['a variable must begin with its name: letters, digits, "_", "." or "-"', 'the quote (") is never closed'],
  },
  'env.duplicate': {
    pass: { '.env': 'A=1\nB=2\n' },
    wrong: { '.env': 'A=1\nB=2\n◆A=3\n' },
    notes: ['A stands in line 1 already; this one wins'],
  },
  'env.unset': {
    pass: { ...web('user: "${A}${B:-1}${C-2}${D:+3}${E?say}"'), '.env': 'A=1\nE=2\n' },
    wrong: {
      ...web('user: "◆${A}${B:-◆${C}}◆${D:?say it}"'),
      '.env': 'D=\n',
      ...caddy('a.example.com {\n\trespond ◆{$GREETING} {$X:x}\n}\n'),
    },
    notes: [
      '${GREETING} has no value in .env, and no default',
      '${A} has no value in .env, and no default',
      '${C} has no value in .env, and no default',
      '${D} has no value in .env, and no default',
    ],
  },
  'env.example-missing': {
    pass: { ...web('user: "${A:-1}"'), '.env.example': 'A=1\n' },
    wrong: web('user: "◆${A:-1}"'),
    notes: ['variables are asked for here, and no .env.example names them'],
  },
  'env.example-incomplete': {
    pass: { ...web('user: "${A:-1}"'), '.env.example': 'A=\n' },
    wrong: { ...web('user: "${B:-1}${A:-1}"'), '.env.example': '◆# ours\nC=1' },
    notes: ['does not name A, B'],
  },
  'env.example-secret': {
    pass: { '.env.example': `DB_PASSWORD=<required>\nAPI_KEY=\nURL=postgres://app:${'postgres'}@db/app\nPOSTGRES_PASSWORD=postgres\n` },
    wrong: { '.env.example': `TOKEN=◆${token}\nDB_PASSWORD=◆"hunter2hunter2"\n` },
    notes: ['TOKEN holds what looks like a secret (GitHub token)', 'DB_PASSWORD holds what looks like a secret'],
  },
  'env.placeholder': {
    pass: { '.env.production': 'DB_PASSWORD=q9w8e7r6t5\nNAME=x\n', '.env.development': 'DB_PASSWORD=changeme\n' },
    wrong: { '.env.production': 'DB_PASSWORD=◆changeme\nHOST=◆your-host-here\n◆API_KEY=\n' },
    notes: ['DB_PASSWORD still holds a placeholder', 'HOST still holds a placeholder', 'API_KEY is empty'],
  },
  'env.debug': {
    pass: { '.env.production': 'DEBUG=false\nNODE_ENV=production\n', '.env.development': 'DEBUG=true\n' },
    wrong: { '.env.production': 'APP_DEBUG=◆true\nNODE_ENV=◆development\n' },
    notes: ['APP_DEBUG is set for development', 'NODE_ENV is set for development'],
  },
  'env.shared-secret': {
    pass: { '.env.production': 'API_TOKEN=one-one-one\nNAME=x\n', '.env.staging': 'API_TOKEN=two-two-two\nNAME=x\n' },
    wrong: { '.env.production': 'API_TOKEN=◆one-one-one\n', '.env.staging': 'API_TOKEN=one-one-one\n' },
    notes: ['API_TOKEN has the same value in .env.staging'],
  },
  'env.shared-database': {
    pass: { '.env.production': 'DB_HOST=db\n', '.env.staging': 'DB_HOST=db\n' },
    wrong: { '.env.production': 'DB_HOST=◆db.example.com\n', '.env.staging': 'DB_HOST=db.example.com\n' },
    notes: ['DB_HOST is the same in .env.staging'],
  },
  'env.gitignore': {
    pass: { '.gitignore': '.env*\n!.env.example\n', '.env': 'A=1\n', '.env.production': 'A=1\n', '.env.example': 'A=\n' },
    wrong: { '.gitignore': '# env\n.env\n', '.env': 'A=1\n', '.env.production': '◆A=1\n' },
    notes: ['is not ignored by git'],
  },
  'env.keys-differ': {
    pass: { '.env.production': 'A=1\n', '.env.staging': 'A=2\n' },
    wrong: { '.env.production': 'A=1\nB=2\n', '.env.staging': '◆A=2\n' },
    notes: ['does not name B, as other environments do'],
  },
  'env.unused': {
    pass: { ...web('user: "${A}"', 'environment: [B]'), '.env': 'A=${C}\nB=1\nC=1\nCOMPOSE_PROJECT_NAME=x\n' },
    wrong: { ...web('user: "${A}"'), '.env': 'A=1\n◆B=2\n' },
    notes: ['nothing asks for B'],
  },

  'stack.path-escape': {
    pass: { ...compose('include: [part.yaml]\nservices: {}\n'), 'part.yaml': 'services: {}\n' },
    wrong: compose('include: [◆../../outside.yaml]\nservices: {}\n'),
    notes: ['../../outside.yaml leads out of the project, so it was not read'],
  },
  'stack.unreadable': {
    pass: web(),
    wrong: { 'compose.yaml': '◆services: {}\n\0\n' },
    notes: ['was not read: it is not UTF-8 text'],
  },
  'stack.port-conflict': {
    pass: {
      ...compose('services:\n  web: { image: "a:1", ports: ["127.0.0.1:8080:80"] }\n'),
      ...caddy('a.example.com {\n\trespond a\n}\n'),
    },
    wrong: {
      ...compose('services:\n  web: { image: "a:1", ports: ["80:80"] }\n'),
      ...caddy('◆a.example.com {\n\trespond a\n}\n'),
      'x.socket': '[Socket]\nListenStream=◆127.0.0.1:80\n',
    },
    notes: [
      'Caddy listens on port 80, as service web does at compose.yaml:2',
      'x.socket listens on port 80, as service web does at compose.yaml:2',
    ],
  },
  'stack.suppression': {
    pass: {
      ...web('# switchyard:allow compose.limits until 2999-01-01: it is small by nature', 'restart: always'),
      'switchyard.validate.json': '{ "suppress": [] }\n',
    },
    wrong: {
      ...web('◆# switchyard:allow compose.limits', 'restart: always ◆# switchyard:allow compose.nothing: for no reason at all'),
      'switchyard.validate.json':
        '{ "suppress": [\n  { "rule": "compose.limits", "reason": ◆"short" },\n  { "rule": "compose.limits", "reason": "long enough for it", "until": ◆"soon" }\n] }\n',
    },
    notes: [
      'an allowance must read "switchyard:allow RULE until DAY: REASON", with a reason of ten characters at least',
      'there is no rule compose.nothing',
      'suppress.0.reason: must be given in ten characters at least',
      'suppress.1.until: must be a day such as 2027-01-31',
    ],
  },
}
