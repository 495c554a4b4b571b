import {existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'

import {unavailableError} from '../errors.ts'
import {stateFolder} from '../folders.ts'
import type {Database, Fleet} from './types.ts'

/** Folder of everything a lab keeps on this machine. */
export const labFolder = (lab: string): string => join(stateFolder(), 'labs', lab)

/** @throws PpError LAB_DOWN, exit 5, when the fleet is played by a lab that is not up. */
export function assertLabUp(fleet: Fleet): void {
  if (fleet.lab === undefined || existsSync(join(labFolder(fleet.lab), 'ssh_config'))) return
  throw unavailableError('LAB_DOWN', {
    message: `${fleet.name}/${fleet.environment} is played by the lab ${fleet.lab}, which is not up on this machine.`,
    hint: fleet.lab === 'default' ? 'pp lab up' : `PP_LAB=${fleet.lab} pp lab up`,
  })
}

/** @throws PpError LAB_WITHOUT_CLUSTER, exit 5, when the fleet is played by a lab that has no cluster. */
export function assertLabCluster(fleet: Fleet): void {
  if (fleet.lab === undefined || existsSync(labKubeconfig(fleet.lab))) return
  throw unavailableError('LAB_WITHOUT_CLUSTER', {
    message: `The lab ${fleet.lab}, which plays ${fleet.name}/${fleet.environment}, has no Kubernetes cluster.`,
    hint: 'pp lab down, then: pp lab up cluster',
  })
}

/** @throws PpError LAB_WITHOUT_DATABASE, exit 5, when the fleet is played by a lab that has no host of this database. */
export function assertLabDatabase(fleet: Fleet, database: Database): void {
  if (isDatabaseThere(fleet, database)) return
  throw unavailableError('LAB_WITHOUT_DATABASE', {
    message: `The lab ${fleet.lab ?? ''}, which plays ${fleet.name}/${fleet.environment}, has no host of the database ${database.name}.`,
    hint: 'pp lab down, then: pp lab up full',
  })
}

/** Those that have hosts to be asked; a lab may have been made without. */
export const databasesThere = (fleet: Fleet): Fleet['databases'] =>
  fleet.databases.filter((database) => isDatabaseThere(fleet, database))

/** A lab that is not up is taken to have them all. */
function isDatabaseThere({lab}: Fleet, {members}: Database): boolean {
  const hosts = lab === undefined ? undefined : readIfThere(join(labFolder(lab), 'ssh_config'))
  return hosts === undefined || members.some((member) => hosts.includes(`Host ${member}\n`))
}

/** Whether there are clusters to ask; a lab may have been made without one. */
export const hasClusters = ({lab, clusters}: Fleet): boolean =>
  clusters.length > 0 && (lab === undefined || existsSync(labKubeconfig(lab)))

/** Those that are there to be asked. */
export const clustersThere = (fleet: Fleet): Fleet['clusters'] => (hasClusters(fleet) ? fleet.clusters : [])

/** How to reach its clusters. */
export const labKubeconfig = (lab: string): string => join(labFolder(lab), 'kubeconfig')

/** Whether the lab has this cluster: not every lab has every site. One that is not up is taken to have them all. */
export function hasLabContext(lab: string, context: string): boolean {
  const text = readIfThere(labKubeconfig(lab))
  return text === undefined || text.includes(`"name": ${JSON.stringify(context)}`)
}

/** The image of pp that its nodes have; undefined: none. */
export const labImage = (lab: string): string | undefined => readIfThere(labImageFile(lab))?.trim()

export const labImageFile = (lab: string): string => join(labFolder(lab), 'pp-image')

/** Where the AWS of the lab answers; undefined: it has none. */
export const labAwsEndpoint = (lab: string): string | undefined =>
  readIfThere(labAwsEndpointFile(lab))?.trim()

export const labAwsEndpointFile = (lab: string): string => join(labFolder(lab), 'aws-endpoint')

/** Where the Prometheus of the lab answers; undefined: it has none. */
export const labPrometheus = (lab: string): string | undefined => readIfThere(labPrometheusFile(lab))?.trim()

export const labPrometheusFile = (lab: string): string => join(labFolder(lab), 'prometheus')

function readIfThere(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}
