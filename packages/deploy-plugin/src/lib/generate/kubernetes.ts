import { BACKINGS } from '../setup/detect/needs.ts'
import type { Blueprint, MadeFile, Planned } from './blueprint.ts'
import { probe } from './compose.ts'
import { HEAD } from './head.ts'
import { flow, map, writeYaml, type Yaml, type YamlMap } from './yaml.ts'

/** Where the manifests go. */
const KUBERNETES_FOLDER = 'deploy/kubernetes'

/** Manifests of every service that runs in a container, one file each, with a kustomization that names them all. */
export function kubernetesFiles(blueprint: Blueprint): MadeFile[] {
  const services = blueprint.services.filter(({ handler }) => handler === 'compose')
  if (services.length === 0) return []
  const files = services.map((service) => ({
    path: `${KUBERNETES_FOLDER}/${service.name}.yaml`,
    text: documents(blueprint, service),
    service: service.name,
  }))
  const kustomization = map({
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace: blueprint.stack,
    resources: services.map(({ name }) => `${name}.yaml`),
    labels: [map({ pairs: map({ 'app.kubernetes.io/part-of': blueprint.stack }) })],
    ...(blueprint.variables.length > 0 && {
      secretGenerator: [map({ name: secretName(blueprint), envs: ['.env'] })],
    }),
  })
  const head = `${HEAD}\nApply with: kubectl apply -k ${KUBERNETES_FOLDER}${blueprint.variables.length > 0 ? `\nIts secrets come from ${KUBERNETES_FOLDER}/.env, which is never committed.` : ''}`
  return [...files, { path: `${KUBERNETES_FOLDER}/kustomization.yaml`, text: writeYaml(kustomization, head) }]
}

const secretName = ({ stack }: Blueprint): string => `${stack}-env`

function documents(blueprint: Blueprint, service: Planned): string {
  const parts = [
    workload(blueprint, service),
    ...(service.port === undefined ? [] : [clusterService(service)]),
    ...(service.hostname === undefined || service.port === undefined ? [] : [ingress(service)]),
  ]
  return parts.map((part, index) => (index === 0 ? writeYaml(part, HEAD) : `---\n${writeYaml(part, '').replace(/^#\n\n?/, '')}`)).join('')
}

const labels = (name: string): YamlMap => map({ 'app.kubernetes.io/name': name })

/** What keeps data has a set with a claim of its own, so that it comes back to the same disk. */
function workload(blueprint: Blueprint, service: Planned): YamlMap {
  const { name, volume, dependsOn } = service
  const template = map({ metadata: map({ labels: labels(name) }), spec: podSpec(blueprint, service) })
  const selector = map({ matchLabels: labels(name) })
  const metadata = map({
    name,
    labels: labels(name),
    ...(dependsOn.length > 0 && { annotations: map({ 'switchyard/depends-on': dependsOn.join(',') }) }),
  })
  if (volume === undefined)
    return map({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: map(
        {
          replicas: 1,
          selector,
          strategy: map({ type: 'RollingUpdate', rollingUpdate: map({ maxUnavailable: 0, maxSurge: 1 }) }),
          template,
        },
        { strategy: 'The next one must be ready before this one goes.' },
      ),
    })
  const claim = map({
    metadata: map({ name: volume.name }),
    spec: map({ accessModes: ['ReadWriteOnce'], resources: map({ requests: map({ storage: '5Gi' }) }) }),
  })
  return map({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata,
    spec: map({ serviceName: name, replicas: 1, selector, template, volumeClaimTemplates: [claim] }),
  })
}

function podSpec(blueprint: Blueprint, service: Planned): YamlMap {
  const { name, need, image, port, environment, volume, app, config } = service
  const memory = (need === undefined ? '256M' : BACKINGS[need].memory).replace(/M$/, 'Mi')
  const health = healthProbe(service)
  const known = new Set(blueprint.variables.map((variable) => variable.name))
  // What is put together from secrets has to come after them.
  const parts = [
    ...new Set(environment.flatMap(({ text }) => [...text.matchAll(/\$\{(\w+)\}/g)].map(([, variable = '']) => variable))),
  ].filter((variable) => known.has(variable))
  const own = new Set(environment.flatMap(({ name: key, text }) => (text === `\${${key}}` ? [key] : [])))
  const env: Yaml[] = [
    ...parts.map((variable) =>
      map({ name: variable, valueFrom: map({ secretKeyRef: map({ name: secretName(blueprint), key: variable }) }) }),
    ),
    ...environment
      .filter(({ name: key }) => !own.has(key))
      .map(({ name: key, text }) => map({ name: key, value: text.replace(/\$\{(\w+)\}/g, '$($1)') })),
    // A folder below the mount, as disks may come with one of their own.
    ...(need === 'postgres' && volume !== undefined ? [map({ name: 'PGDATA', value: `${volume.path}/pgdata` })] : []),
  ]
  const container = map(
    {
      name,
      image: image ?? `${blueprint.stack}-${name}:latest-built`,
      imagePullPolicy: 'IfNotPresent',
      ports: port === undefined ? undefined : [map({ name: 'main', containerPort: port })],
      env: env.length === 0 ? undefined : env,
      startupProbe: health && map({ ...health, periodSeconds: 2, failureThreshold: Math.max(5, Math.ceil(config.startForSeconds / 2)) }),
      readinessProbe: health && map({ ...health, periodSeconds: 5 }),
      livenessProbe: health && map({ ...health, periodSeconds: 15, failureThreshold: 4 }),
      resources: map({
        requests: map({ cpu: '100m', memory: `${Math.floor(Number.parseInt(memory, 10) / 2)}Mi` }),
        limits: map({ memory }),
      }),
      securityContext: map({
        allowPrivilegeEscalation: false,
        ...(need === undefined && { runAsNonRoot: true, capabilities: map({ drop: flow(['ALL']) }) }),
      }),
      volumeMounts: volume === undefined ? undefined : [map({ name: volume.name, mountPath: volume.path })],
    },
    {
      image: image === undefined ? `Build and push it, then name it here or with: kustomize edit set image` : undefined,
      securityContext:
        app?.image !== undefined && app.image.user === undefined
          ? 'The Dockerfile must end as a USER with a number: root is refused.'
          : undefined,
    },
  )
  return map({
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: Math.max(10, Math.ceil(config.drainSeconds) + 5),
    securityContext: map({ seccompProfile: map({ type: 'RuntimeDefault' }) }),
    containers: [container],
  })
}

function healthProbe(service: Planned): Record<string, Yaml> | undefined {
  const { need, port, config, app, image } = service
  const { health } = config
  if (health !== undefined && 'http' in health && port !== undefined)
    return { httpGet: map({ path: health.http, port: 'main' }), timeoutSeconds: 5 }
  if (health !== undefined && 'command' in health)
    return { exec: map({ command: flow(probe(health, port, app?.language, image)?.slice(1) ?? []) }), timeoutSeconds: 5 }
  if (need !== undefined && health === undefined) return { exec: map({ command: flow(BACKINGS[need].health) }), timeoutSeconds: 5 }
  const asked = health !== undefined && 'tcp' in health ? health.tcp : port
  return asked === undefined ? undefined : { tcpSocket: map({ port: asked }), timeoutSeconds: 5 }
}

const clusterService = ({ name, port }: Planned): YamlMap =>
  map({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: map({ name, labels: labels(name) }),
    spec: map({ selector: labels(name), ports: [map({ name: 'main', port: port ?? 80, targetPort: 'main' })] }),
  })

const ingress = ({ name, hostname = '' }: Planned): YamlMap =>
  map({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: map({ name, labels: labels(name) }),
    spec: map({
      rules: [
        map({
          host: hostname,
          http: map({
            paths: [map({ path: '/', pathType: 'Prefix', backend: map({ service: map({ name, port: map({ name: 'main' }) }) }) })],
          }),
        }),
      ],
      tls: [map({ hosts: [hostname], secretName: `${name}-tls` })],
    }),
  })
