/**
 * What services, projects and machines are mostly called: programs that everybody runs, and the parts that most systems have. A word of these
 * is a name sooner than another one; no workspace has to have any of them.
 */
const NAMES = `
api web app www site worker workers gateway proxy frontend backend ui server edge ingress router balancer cdn db database cache queue broker bus
redis postgres postgresql mysql mariadb mongo mongodb sqlite elastic elasticsearch opensearch kafka rabbitmq nats memcached nginx caddy traefik
haproxy envoy varnish apache minio vault consul etcd keycloak grafana prometheus loki jaeger sentry jenkins gitea gitlab registry nexus harbor
postfix dovecot bind unbound samba nfs sshd cron crond systemd cassandra clickhouse influx influxdb zookeeper mosquitto node rails django
auth login accounts account identity sso users user profile profiles session sessions billing payments payment pay checkout cart basket orders
order catalog catalogue inventory stock pricing shipping invoices invoicing invoice subscriptions ledger wallet refunds tax search indexer
recommender recommendations feed timeline notifications notifier notification mailer mail mails email newsletter sms push webhooks webhook
scheduler jobs sidekiq celery importer exporter crawler scraper uploader uploads media images thumbnailer transcoder render renderer pdf reports
reporting reporter analytics metrics events tracking tracker telemetry audit admin dashboard portal console backoffice crm erp cms blog docs wiki
forum chat support helpdesk tickets shop store webshop storefront marketplace warehouse fulfilment logistics fleet dispatch booking bookings
reservations maps geo location weather translator streaming stream video audio player game lobby matchmaking bot chatbot assistant agent
sandbox demo legacy monolith core platform infra tools website landing homepage mobile ios android desktop client clients sdk cli widgets
library design-system theme phoenix atlas apollo titan falcon hermes zeus mercury orion nova aurora pegasus hydra bakery
`

export const USUAL_NAMES: ReadonlySet<string> = new Set(NAMES.trim().split(/\s+/))
