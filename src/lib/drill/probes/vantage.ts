import type {Duplex} from 'node:stream'

import type {ClusterState} from '../../database/types.ts'
import type {Fleet} from '../../fleet/types.ts'

/** Where probes look from: a client host, and through it what clients reach. */
export interface Vantage {
  /** Name of the client host. */
  readonly host: string
  /** Whose clusters and Prometheus are asked, from where pp runs. */
  readonly fleet: Fleet
  /** A connection that the client host makes. @throws PpError when it cannot. */
  connect(host: string, port: number): Promise<Duplex>
  /** Poolers of the database as the client host reaches them. */
  readonly poolers: readonly {readonly host: string; readonly port: number}[]
  readonly database: string
  /** Login of the marker rows; to the poolers a client like any other. */
  login(): Promise<{readonly user: string; readonly password: string}>
  /** The database as pp sees it now. */
  observe(): Promise<ClusterState>
}

/** What one look at a claim has found. */
export interface Look {
  readonly state: 'good' | 'bad' | 'no-data'
  /** The measured value, or why there is none. */
  readonly said: string
}

export const good = (said: string): Look => ({state: 'good', said})
export const bad = (said: string): Look => ({state: 'bad', said})
export const noData = (said: string): Look => ({state: 'no-data', said})
