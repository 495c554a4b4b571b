import {describe, expect, test} from '@jest/globals'

import {causesOf} from '../../../src/lib/workload/why/causes.ts'
import type {Cause, Readiness} from '../../../src/lib/workload/why/types.ts'
import {
  ago, condition, container, deploymentState, ended, event, nodeState, now, podState, readiness, unplaced, waiting,
} from '../../fakes/readiness.ts' // prettier-ignore
import {app} from '../../fakes/workload.ts'

const show = (causes: readonly Cause[]) =>
  causes.map(({kind, pods, objects, next}) => `${kind} ${pods} ${objects.join(',')} | ${next.join(' ')}`)

const inPool = {'pixelpulse.io/pool': 'render'}
const pull = 'failed to resolve reference "docker.io/pixelpulse/render:nope": not found'

const rows: readonly {name: string; seen: Partial<Readiness>; causes: readonly string[]; says?: string}[] = [
  {
    name: 'nothing while all is ready',
    seen: {pods: [podState('a', {isReady: true, phase: 'Running'})]},
    causes: [],
  },
  {
    name: 'a Deployment that is not there',
    seen: {deployment: undefined},
    causes: ['deployment-missing 0 deployment/render | kubectl get deployments'],
    says: 'rack has no Deployment render in the namespace pixelpulse',
  },
  {
    name: 'an image that cannot be pulled, by the failure and not the back-off after it',
    seen: {
      pods: ['a', 'b'].map((name) =>
        podState(name, {
          containers: [waiting('ImagePullBackOff', 'Back-off pulling image "x"', {image: 'x'})],
        }),
      ),
      events: [event('pod/a', 'Failed', `Failed to pull image "x": ${pull}`)],
    },
    causes: ['image 2 pod/a,pod/b | kubectl rollout history deployment/render'],
    says: `x: Failed to pull image "x": ${pull}`,
  },
  {
    name: 'two images are two causes',
    seen: {
      pods: [
        podState('a', {containers: [waiting('ErrImagePull', pull, {image: 'x'})]}),
        podState('b', {containers: [waiting('InvalidImageName', 'no', {image: 'y:'})]}),
      ],
    },
    causes: [
      'image 1 pod/a | kubectl rollout history deployment/render',
      'image 1 pod/b | kubectl rollout history deployment/render',
    ],
  },
  {
    name: 'a crash loop with its exit code, how often, and what it wrote last',
    seen: {
      pods: [
        podState('a', {
          containers: [
            waiting('CrashLoopBackOff', '', {
              before: ended(3),
              restarts: 4,
              lastLines: ['no database', 'bye'],
            }),
          ],
        }),
      ],
    },
    causes: ['crash 1 pod/a | pp logs render --previous'],
    says: 'container render ends with exit code 3, started again 4 times\nno database\nbye',
  },
  {
    name: 'a container that has just crashed and runs again',
    seen: {
      pods: [podState('a', {containers: [container({runningSince: ago(2), before: ended(1), restarts: 1})]})],
    },
    causes: ['crash 1 pod/a | pp logs render --previous'],
  },
  {
    name: 'a crash of long ago is not why its probe fails now',
    seen: {
      pods: [
        podState('a', {containers: [container({runningSince: ago(4000), before: ended(1), restarts: 1})]}),
      ],
      events: [
        event('pod/a', 'Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503', {
          count: 9,
        }),
      ],
    },
    causes: ['probe 1 pod/a | pp logs render'],
    says: 'container render: Readiness probe failed: HTTP probe failed with statuscode: 503 (9 times)',
  },
  {
    name: 'a container that takes too much memory',
    seen: {
      pods: [
        podState('a', {
          containers: [waiting('CrashLoopBackOff', '', {before: ended(137, 'OOMKilled'), restarts: 2})],
        }),
      ],
    },
    causes: ['memory-limit 1 pod/a | pp logs render --previous'],
  },
  {
    name: 'a container that its liveness probe kills is no crash',
    seen: {
      pods: [
        podState('a', {containers: [waiting('CrashLoopBackOff', '', {before: ended(137), restarts: 2})]}),
      ],
      events: [
        event('pod/a', 'Killing', 'Container render failed liveness probe, will be restarted'),
        event('pod/a', 'Unhealthy', 'Liveness probe failed: timeout', {count: 6}),
      ],
    },
    causes: ['probe 1 pod/a | pp logs render'],
    says: 'Container render failed liveness probe, will be restarted; started again 2 times\nLiveness probe failed: timeout (6 times)',
  },
  {
    name: 'a probe that failed before the container was started again counts no more',
    seen: {
      pods: [podState('a', {containers: [container({runningSince: ago(3)})]})],
      events: [event('pod/a', 'Unhealthy', 'Readiness probe failed', {lastSeen: ago(50)})],
    },
    causes: ['starting 1 pod/a | pp logs render'],
    says: 'container render: runs, and no probe has failed',
  },
  {
    name: 'a startup probe that fails is a start that goes on',
    seen: {
      pods: [podState('a', {containers: [container({runningSince: ago(9)})]})],
      events: [event('pod/a', 'Unhealthy', 'Startup probe failed: connection refused', {count: 3})],
    },
    causes: ['starting 1 pod/a | pp logs render'],
    says: 'container render: Startup probe failed: connection refused (3 times)',
  },
  {
    name: 'a secret that is missing',
    seen: {
      pods: [
        podState('a', {containers: [waiting('CreateContainerConfigError', 'secret "render" not found')]}),
      ],
    },
    causes: ['config 1 pod/a | kubectl get secrets,configmaps'],
    says: 'container render: secret "render" not found',
  },
  {
    name: 'a secret that is to be mounted and is missing',
    seen: {
      pods: [podState('a', {containers: [waiting('ContainerCreating')]})],
      events: [
        event('pod/a', 'FailedMount', 'MountVolume.SetUp failed for volume "keys" : secret "keys" not found'),
      ],
    },
    causes: ['config 1 pod/a | kubectl get secrets,configmaps'],
  },
  {
    name: 'a volume that cannot be mounted, and a sandbox that cannot be made',
    seen: {
      pods: ['a', 'b'].map((name) => podState(name, {containers: [waiting('ContainerCreating')]})),
      events: [
        event('pod/a', 'FailedAttachVolume', 'AttachVolume.Attach failed for volume "disk": timed out'),
        event('pod/b', 'FailedCreatePodSandBox', 'Failed to create pod sandbox: plugin type="bridge" failed'),
      ],
    },
    causes: [
      'volume 1 pod/a | kubectl get persistentvolumeclaims',
      'sandbox 1 pod/b | kubectl describe node/node1',
    ],
  },
  {
    name: 'a program that is not in the image',
    seen: {
      pods: [
        podState('a', {
          containers: [
            waiting('CrashLoopBackOff', '', {
              before: ended(128, 'StartError', 'exec: "x": not found'),
              restarts: 2,
            }),
          ],
        }),
      ],
    },
    causes: ['start 1 pod/a | kubectl describe pod/a'],
    says: 'container render: exec: "x": not found',
  },
  {
    name: 'an init container that fails, and one that runs',
    seen: {
      pods: [
        podState('a', {
          containers: [
            waiting('CrashLoopBackOff', '', {name: 'migrate', isInit: true, before: ended(2), restarts: 1}),
            waiting('PodInitializing'),
          ],
        }),
        podState('b', {
          containers: [
            container({name: 'migrate', isInit: true, runningSince: ago(9)}),
            waiting('PodInitializing'),
          ],
        }),
      ],
    },
    causes: ['crash 1 pod/a | pp logs render --previous', 'init 1 pod/b | pp logs render'],
  },
  {
    name: 'two containers of one Pod may fail for different reasons',
    seen: {
      pods: [
        podState('a', {
          containers: [
            waiting('ImagePullBackOff', pull),
            waiting('CrashLoopBackOff', '', {name: 'proxy', before: ended(1), restarts: 9}),
          ],
        }),
      ],
    },
    causes: [
      'image 1 pod/a | kubectl rollout history deployment/render',
      'crash 1 pod/a | pp logs render --previous',
    ],
  },
  {
    name: 'Pods of a node that is not ready, whatever their containers were said to do last',
    seen: {
      pods: [podState('a', {containers: [container({isReady: true, runningSince: ago(500)})]})],
      nodes: [
        nodeState('node1', {
          isReady: false,
          conditions: [
            condition('Ready', 'Unknown', {
              reason: 'NodeStatusUnknown',
              message: 'Kubelet stopped posting node status.',
            }),
          ],
        }),
      ],
    },
    causes: ['node-not-ready 1 pod/a | kubectl describe node/node1'],
    says: 'node node1: NodeStatusUnknown: Kubelet stopped posting node status.',
  },
  {
    name: 'no room: what each takes and what is free on the nodes meant for it',
    seen: {
      pods: [
        unplaced(
          'a',
          "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.",
          {nodeSelector: inPool},
        ),
      ],
      nodes: [
        nodeState('node1'),
        nodeState('node2', {labels: inPool}),
        nodeState('ctl1', {taints: [{key: 'control-plane', value: '', effect: 'NoSchedule'}]}),
      ],
      room: {node1: {cpu: 3000}, node2: {cpu: 400}},
    },
    causes: ['resources 1 pod/a | pp scale render 3 --plan'],
    says: "each takes 1 cpu\nfree: node2 400m cpu\n0/3 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint(s)",
  },
  {
    name: 'a taint on the only nodes that are meant for it, though others match its selector even less',
    seen: {
      pods: [
        unplaced(
          'a',
          "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint {maintenance: }. preemption: none.",
          {nodeSelector: inPool},
        ),
      ],
      nodes: [
        nodeState('node1'),
        nodeState('node2', {labels: inPool, taints: [{key: 'maintenance', value: '', effect: 'NoSchedule'}]}),
      ],
    },
    causes: ['taint 1 pod/a | kubectl describe node/node2'],
  },
  {
    name: 'a selector that no node matches',
    seen: {
      pods: [
        unplaced(
          'a',
          "0/2 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) didn't match Pod's node affinity/selector.",
          {nodeSelector: inPool},
        ),
      ],
    },
    causes: ['selector 1 pod/a | kubectl get nodes --show-labels'],
  },
  {
    name: 'nodes that are off or cordoned are told besides what the others lack',
    seen: {
      pods: [
        unplaced(
          'a',
          '0/3 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable.',
        ),
      ],
      nodes: [
        nodeState('node1', {
          isReady: false,
          taints: [{key: 'node.kubernetes.io/unreachable', value: '', effect: 'NoSchedule'}],
        }),
        nodeState('node2', {isUnschedulable: true}),
        nodeState('node3'),
      ],
    },
    causes: [
      'node-not-ready 1 pod/a | kubectl describe node/node1',
      'resources 1 pod/a | pp scale render 3 --plan',
      'cordon 1 pod/a | kubectl uncordon node2',
    ],
  },
  {
    name: 'a cordoned node, and not the taint of another pool',
    seen: {
      pods: [
        unplaced(
          'a',
          '0/2 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable.',
        ),
      ],
      nodes: [
        nodeState('node1', {isUnschedulable: true}),
        nodeState('node2', {taints: [{key: 'pixelpulse.io/pool', value: 'render', effect: 'NoSchedule'}]}),
      ],
    },
    causes: ['cordon 1 pod/a | kubectl uncordon node1'],
    says: 'node node1 is cordoned\n0/2 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable.',
  },
  {
    name: 'the scheduler’s other rules',
    seen: {
      pods: [
        unplaced('a', "0/2 nodes are available: 2 node(s) didn't match pod topology spread constraints."),
        unplaced('b', "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules."),
        unplaced(
          'c',
          "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports.",
        ),
        unplaced(
          'd',
          '0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/2 nodes …',
        ),
        unplaced('e', 'persistentvolumeclaim "data" not found'),
        unplaced('f', '0/2 nodes are available: 2 cannot allocate all claims.'),
      ],
    },
    causes: [
      'volume 2 pod/d,pod/e | kubectl get persistentvolumeclaims',
      'affinity 1 pod/b | kubectl describe deployment/render',
      'spread 1 pod/a | kubectl describe deployment/render',
      'ports 1 pod/c | kubectl describe deployment/render',
      'unschedulable 1 pod/f | kubectl describe pod/f',
    ],
  },
  {
    name: 'a Pod that a gate holds, and one that the scheduler has not looked at',
    seen: {
      pods: [
        podState('a', {
          node: undefined,
          conditions: [
            condition('PodScheduled', 'False', {reason: 'SchedulingGated', message: 'Scheduling is blocked'}),
          ],
        }),
        podState('b', {node: undefined}),
      ],
    },
    causes: [
      'gate 1 pod/a | kubectl describe pod/a',
      'not-scheduled-yet 1 pod/b | kubectl get leases --namespace kube-system',
    ],
  },
  {
    name: 'Pods over a quota, that are not made at all',
    seen: {
      replicaSets: [
        {
          name: 'render-new',
          createdAt: ago(100),
          wanted: 3,
          made: 1,
          conditions: [
            condition('ReplicaFailure', 'True', {
              reason: 'FailedCreate',
              message:
                'pods "render-new-x2" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1',
            }),
          ],
        },
      ],
    },
    causes: ['quota 2 replicaset/render-new | kubectl describe resourcequotas'],
    says: 'exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1',
  },
  {
    name: 'Pods that an admission controller refuses, known by the event alone',
    seen: {
      replicaSets: [{name: 'render-new', createdAt: ago(100), wanted: 3, made: 0, conditions: []}],
      events: [
        event(
          'replicaset/render-new',
          'FailedCreate',
          'Error creating: pods "render-new-x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot',
        ),
      ],
    },
    causes: ['admission 3 replicaset/render-new | kubectl describe replicaset/render-new'],
    says: 'violates PodSecurity "restricted:latest": runAsNonRoot',
  },
  {
    name: 'controllers that have not acted yet',
    seen: {replicaSets: [{name: 'render-new', createdAt: ago(1), wanted: 3, made: 0, conditions: []}]},
    causes: ['not-observed-yet 3 replicaset/render-new | kubectl get leases --namespace kube-system'],
  },
  {
    name: 'a change that its controller has not seen',
    seen: {deployment: deploymentState({generation: 3})},
    causes: ['not-observed-yet 0 deployment/render | kubectl get leases --namespace kube-system'],
    says: 'generation 3 is declared, 2 was observed by its controller',
  },
  {
    name: 'a rollout that is paused, and no replica wanted',
    seen: {deployment: deploymentState({isPaused: true, wanted: 0, updated: 0})},
    causes: [
      'paused 0 deployment/render | kubectl rollout resume deployment/render',
      'none-wanted 0 deployment/render | pp scale render 1 --plan',
    ],
  },
  {
    name: 'what follows from a cause comes after it: the deadline, the budget, the autoscaler',
    seen: {
      deployment: deploymentState({
        conditions: [
          condition('Progressing', 'False', {
            reason: 'ProgressDeadlineExceeded',
            message: 'timed out progressing',
          }),
        ],
      }),
      pods: [podState('a', {containers: [waiting('ErrImagePull', pull)]})],
      budgets: [
        {
          name: 'render',
          selector: app,
          minAvailable: 1,
          allowed: 0,
          healthy: 0,
          wantedHealthy: 1,
          expected: 1,
        },
      ],
      autoscalers: [
        {
          object: 'horizontalpodautoscaler/render',
          conditions: [
            condition('ScalingActive', 'False', {reason: 'FailedGetResourceMetric', message: 'no metrics'}),
            condition('AbleToScale', 'True'),
          ],
        },
      ],
    },
    causes: [
      'image 1 pod/a | kubectl rollout history deployment/render',
      'autoscaler 0 horizontalpodautoscaler/render | kubectl describe horizontalpodautoscaler/render',
      'rollout 0 deployment/render | kubectl describe deployment/render',
      'budget 0 poddisruptionbudget/render | kubectl describe poddisruptionbudget/render',
    ],
  },
  {
    name: 'a budget keeps a cordoned node from being emptied though all is ready',
    seen: {
      deployment: deploymentState({ready: 3}),
      pods: [podState('a', {isReady: true, phase: 'Running'})],
      nodes: [nodeState('node1', {isUnschedulable: true})],
      budgets: [
        {
          name: 'render',
          selector: app,
          minAvailable: 3,
          allowed: 0,
          healthy: 3,
          wantedHealthy: 3,
          expected: 3,
        },
      ],
    },
    causes: ['budget 0 poddisruptionbudget/render | kubectl describe poddisruptionbudget/render'],
    says: '3 of 3 Pods are healthy, and 3 have to stay',
  },
  {
    name: 'Pods that were evicted, and one that does not go away',
    seen: {
      pods: [
        podState('a', {phase: 'Failed', reason: 'Evicted', message: 'The node was low on memory.'}),
        podState('b', {isTerminating: true, deletedAt: ago(300)}),
        podState('c', {isTerminating: true, deletedAt: ago(3)}),
      ],
    },
    causes: ['deleting 0 pod/b | kubectl describe pod/b', 'failed-pods 0 pod/a | kubectl describe pod/a'],
  },
]

test.each(rows)('$name', ({seen, causes, says}) => {
  const found = causesOf(readiness(seen), now)
  expect(show(found)).toEqual(causes)
  if (says !== undefined) expect(found[0]?.evidence.join('\n')).toBe(says)
})

describe('three causes at once', () => {
  const seen = readiness({
    deployment: deploymentState({wanted: 7}),
    pods: [
      ...['a', 'b', 'c'].map((name) => unplaced(name, '0/2 nodes are available: 2 Insufficient cpu.')),
      ...['d', 'e'].map((name) =>
        podState(name, {containers: [waiting('CrashLoopBackOff', '', {before: ended(1), restarts: 3})]}),
      ),
      podState('f', {containers: [waiting('ImagePullBackOff', pull)], createdAt: ago(900)}),
      podState('g', {isReady: true, phase: 'Running'}),
    ],
    events: [event('pod/f', 'Failed', `Failed to pull image: ${pull}`, {firstSeen: ago(890)})],
  })

  test('each has its own Pods, the one with the most comes first', () => {
    expect(show(causesOf(seen, now))).toEqual([
      'resources 3 pod/a,pod/b,pod/c | pp scale render 7 --plan',
      'crash 2 pod/d,pod/e | pp logs render --previous',
      'image 1 pod/f | kubectl rollout history deployment/render',
    ])
  })

  test('each says since when', () => {
    expect(causesOf(seen, now).map(({firstSeen}) => firstSeen)).toEqual([ago(60), ago(20), ago(890)])
  })

  test('the order in which Pods are listed does not matter', () => {
    expect(show(causesOf({...seen, pods: seen.pods.toReversed()}, now))).toEqual(show(causesOf(seen, now)))
  })
})
