import {describe, expect, test} from '@jest/globals'

import type {Entrance} from '../../src/lib/rollout/entrance.ts'
import {shareOf} from '../../src/lib/rollout/share.ts'
import {entrance, facts, ingress, led} from './facts.ts'

const here = facts({template: led('1.0.0')})
const [service] = entrance().services
const anotherPath = {
  path: '/admin',
  pathType: 'Prefix',
  backend: {service: {name: 'admin', port: {number: 80}}},
}

test('by the weight of an Ingress that leads where the other one does', () => {
  expect(shareOf(here, entrance())).toEqual({
    kind: 'weight',
    ingress: 'auth',
    className: 'pixelpulse',
    rules: ingress().rules,
    serviceSelector: service?.selector,
    ports: service?.ports,
    track: 'pixelpulse.io/track',
  })
})

test('what the Ingress leads elsewhere stays with it', () => {
  const [rule] = ingress().rules
  const paths = [anotherPath, ...(rule?.http?.paths ?? [])]
  const both = ingress({
    rules: [
      {host: 'a.example', http: {paths}},
      {host: 'b.example', http: {paths: [anotherPath]}},
    ],
  })
  expect(shareOf(here, entrance({ingresses: [both]}))).toMatchObject({
    kind: 'weight',
    rules: [{host: 'a.example', http: {paths: rule?.http?.paths}}],
  })
})

describe('by replicas, with the reason', () => {
  const withController = (controller: string) => entrance({controllers: {pixelpulse: controller}})
  const withIngress = (...changes: Parameters<typeof ingress>[0][]) =>
    entrance({ingresses: changes.map((one) => ingress(one))})

  test.each<[string, Entrance | undefined, RegExp]>([
    ['Ingresses may not be read', undefined, /may not be read/],
    ['there is no Ingress', entrance({ingresses: []}), /no Ingress leads to it/],
    ['an Ingress leads elsewhere', entrance({services: []}), /no Ingress leads to it/],
    ['two lead to it', withIngress({}, {name: 'second'}), /auth and ingress\/second lead to it/],
    ['it is what no rule is for', withIngress({defaultService: 'auth'}), /default backend/],
    ['no class is named', withIngress({className: undefined}), /names no class/],
    ['the class is not there', entrance({controllers: {}}), /no IngressClass pixelpulse/],
    ['it is a load balancer of AWS', withController('ingress.k8s.aws/alb'), /AWS weighs by an annotation/],
    ['the controller is another one', withController('haproxy.org/ingress'), /haproxy\.org\/ingress/],
    [
      'there is a canary',
      withIngress({}, {name: 'mine', isCanary: true}),
      /ingress\/mine is a canary already/,
    ],
    [
      'the name is taken',
      entrance({services: [...entrance().services, {name: 'auth-canary', selector: {}, ports: []}]}),
      /service\/auth-canary is somebody else's/,
    ],
    [
      'the service could not tell them apart',
      entrance({services: [{name: 'auth', selector: here.selector, ports: []}]}),
      /service\/auth selects by no label beside those of the Deployment/,
    ],
  ])('%s', (_, seen, because) => {
    expect(shareOf(here, seen)).toEqual({kind: 'replicas', because: expect.stringMatching(because)})
  })
})
