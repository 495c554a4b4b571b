import type {PodTemplate, RolloutFacts} from '../../src/lib/rollout/facts.ts'

export const image = (tag: string): string => `docker.io/pixelpulse/auth:${tag}`

export const template = (tag: string, more: object = {}): PodTemplate => ({
  metadata: {labels: {'app.kubernetes.io/name': 'auth'}},
  spec: {containers: [{name: 'service', image: image(tag)}], ...more},
})

/** Three Pods of 1.0.0, all ready, with one revision before. */
export const facts = (changes: Partial<RolloutFacts> = {}): RolloutFacts => ({
  cluster: 'rack',
  site: 'rack',
  namespace: 'pixelpulse',
  deployment: 'auth',
  template: template('1.0.0'),
  selector: {'app.kubernetes.io/name': 'auth'},
  progress: {
    wanted: 3,
    updated: 3,
    total: 3,
    available: 3,
    isObserved: true,
    isPaused: false,
    stuck: undefined,
  },
  revisions: [
    {number: 2, replicaSet: 'auth-b', template: template('1.0.0'), createdAt: '', cause: undefined},
    {number: 1, replicaSet: 'auth-a', template: template('0.9.0'), createdAt: '', cause: undefined},
  ],
  canary: undefined,
  ...changes,
})
