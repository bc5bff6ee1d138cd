/** Short forms of the trade that mean exactly their long form, in manifests and requests alike. What is ambiguous belongs in `synonyms.ts`. */
const TABLE = `
k8s kubernetes
kube kubernetes
db database
dbs databases
auth authentication
authn authentication
authz authorization
repo repository
repos repositories
env environment
envs environments
config configuration
configs configurations
cfg configuration
prod production
preprod staging
dev development
infra infrastructure
perf performance
dep dependency
deps dependencies
docs documentation
cert certificate
certs certificates
creds credentials
svc service
msg message
msgs messages
pkg package
pkgs packages
pr pull request
prs pull requests
mongo mongodb
pg postgres
postgresql postgres
js javascript
gql graphql
a11y accessibility
i18n internationalization
l10n localization
`

/** The words a short form stands for. */
export const ALIASES: ReadonlyMap<string, readonly string[]> = new Map(
  TABLE.trim()
    .split('\n')
    .map((line) => line.split(' '))
    .map(([short, ...long]) => [short!, long]),
)
