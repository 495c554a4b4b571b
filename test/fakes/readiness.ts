import type {
  Condition, ContainerState, DeploymentState, EventState, NodeState, PodState, Readiness,
} from '../../src/lib/workload/why/types.ts' // prettier-ignore
import {app, node, pod} from './workload.ts'

/** When the looks of these tests are made. */
export const now = new Date('2026-11-27T12:00:00Z')
export const ago = (seconds: number): string => new Date(now.getTime() - seconds * 1000).toISOString()

export const condition = (type: string, status: string, more: Partial<Condition> = {}): Condition => ({
  type,
  status,
  reason: '',
  message: '',
  since: ago(60),
  ...more,
})

export const container = (changes: Partial<ContainerState> = {}): ContainerState => ({
  name: 'render',
  isInit: false,
  image: 'pixelpulse/render:1',
  isReady: false,
  restarts: 0,
  waiting: undefined,
  runningSince: undefined,
  ended: undefined,
  before: undefined,
  lastLines: [],
  ...changes,
})

export const waiting = (
  reason: string,
  message = '',
  changes: Partial<ContainerState> = {},
): ContainerState => container({waiting: {reason, message}, ...changes})

export const ended = (exitCode: number, reason = 'Error', message = '') => ({
  exitCode,
  reason,
  message,
  at: ago(20),
})

/** One that has a node and is not ready. */
export const podState = (name: string, changes: Partial<PodState> = {}): PodState => ({
  ...pod('node1', {name, isReady: false}),
  createdAt: ago(120),
  deletedAt: undefined,
  phase: 'Pending',
  reason: '',
  message: '',
  owner: 'render-new',
  conditions: [],
  containers: [],
  ...changes,
})

export const unplaced = (name: string, message: string, changes: Partial<PodState> = {}): PodState =>
  podState(name, {
    node: undefined,
    conditions: [condition('PodScheduled', 'False', {reason: 'Unschedulable', message})],
    ...changes,
  })

export const nodeState = (name: string, changes: Partial<NodeState> = {}): NodeState => ({
  ...node(name, 4),
  conditions: [condition('Ready', 'True')],
  ...changes,
})

export const deploymentState = (changes: Partial<DeploymentState> = {}): DeploymentState => ({
  name: 'render',
  generation: 2,
  observedGeneration: 2,
  wanted: 3,
  ready: 0,
  updated: 3,
  isPaused: false,
  selector: app,
  conditions: [],
  ...changes,
})

export const event = (
  object: string,
  reason: string,
  message: string,
  changes: Partial<EventState> = {},
): EventState => ({
  object,
  reason,
  message,
  count: 1,
  firstSeen: ago(100),
  lastSeen: ago(5),
  ...changes,
})

export const readiness = (changes: Partial<Readiness> = {}): Readiness => ({
  cluster: 'rack',
  site: 'rack',
  namespace: 'pixelpulse',
  service: 'render',
  name: 'render',
  deployment: deploymentState(),
  replicaSets: [],
  pods: [],
  events: [],
  nodes: [nodeState('node1'), nodeState('node2')],
  room: {},
  budgets: [],
  autoscalers: [],
  ...changes,
})
