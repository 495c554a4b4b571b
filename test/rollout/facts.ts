import type {Entrance, IngressFacts} from '../../src/lib/rollout/entrance.ts'
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
  strategy: {kind: 'RollingUpdate', maxSurge: '25%', maxUnavailable: 0},
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
  route: undefined,
  ...changes,
})

/** The same with the label by which their service tells its Pods from those of a canary. */
export const led = (tag: string): PodTemplate => ({
  ...template(tag),
  metadata: {labels: {'app.kubernetes.io/name': 'auth', 'pixelpulse.io/track': 'stable'}},
})

export const ingress = (changes: Partial<IngressFacts> = {}): IngressFacts => ({
  name: 'auth',
  isCanary: false,
  className: 'pixelpulse',
  defaultService: undefined,
  rules: [
    {
      http: {
        paths: [{path: '/', pathType: 'Prefix', backend: {service: {name: 'auth', port: {name: 'http'}}}}],
      },
    },
  ],
  ...changes,
})

/** An Ingress that leads to it, by a controller that can be told a weight. */
export const entrance = (changes: Partial<Entrance> = {}): Entrance => ({
  services: [
    {
      name: 'auth',
      selector: {'app.kubernetes.io/name': 'auth', 'pixelpulse.io/track': 'stable'},
      ports: [{name: 'http', port: 80, targetPort: 'http'}],
    },
  ],
  ingresses: [ingress()],
  controllers: {pixelpulse: 'k8s.io/ingress-nginx'},
  ...changes,
})
