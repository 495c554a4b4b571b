import type {Site} from '../sites.ts'
import {clusterSites, type LabRecord} from '../state.ts'
import {nodeHosts} from './nodes.ts'

/** As services/k8s/lab has it. */
const port = 30080

/** Where a browser on this machine finds what a site serves of PixelPulse. */
export interface Page {
  readonly site: Site
  readonly url: string
}

/** The page of each site; none before the services have been set up, and none of a site without nodes. */
export function pagesOf(record: LabRecord): readonly Page[] {
  if (record.profile !== 'full' || record.setUp === null) return []
  return clusterSites(record)
    .filter((site) => nodeHosts(record, site).length > 0)
    .map((site) => ({site, url: pageUrl(record, site)}))
}

/** The port is the same on every node. */
export function pageUrl(record: LabRecord, site: Site = 'rack'): string {
  const [node] = nodeHosts(record, site)
  return `http://${node?.ip ?? ''}:${port}`
}
