import type Docker from 'dockerode'
import { asked } from './engine.ts'

type Labels = Readonly<Record<string, string>>

const filterOf = (labels: Labels): { label: string[] } => ({ label: Object.entries(labels).map(([key, value]) => `${key}=${value}`) })

/** Whether a thing has all of some labels. Podman lists volumes and networks that have one of them. */
const hasAll = (of: Labels | null | undefined, labels: Labels): boolean =>
  Object.entries(labels).every(([key, value]) => of?.[key] === value)

/** Containers that have all of some labels, those that ended among them. */
export async function containersOf(engine: Docker, labels: Labels): Promise<Docker.ContainerInfo[]> {
  const found = await asked('list the containers', () => engine.listContainers({ all: true, filters: filterOf(labels) }))
  return found.filter((one) => hasAll(one.Labels, labels))
}

export async function networksOf(engine: Docker, labels: Labels): Promise<Docker.NetworkInspectInfo[]> {
  const found = await asked('list the networks', () => engine.listNetworks({ filters: filterOf(labels) }))
  return found.filter((one) => hasAll(one.Labels, labels))
}

export async function volumesOf(engine: Docker, labels: Labels): Promise<Docker.VolumeInspectInfo[]> {
  const { Volumes: found } = await asked('list the volumes', () => engine.listVolumes({ filters: filterOf(labels) }))
  return (found ?? []).filter((one) => hasAll(one.Labels, labels))
}
