import {expect, test} from '@jest/globals'
import {existsSync} from 'node:fs'
import {join} from 'node:path'

import {
  allPrograms,
  moduleFolder,
  pinnedVersion,
  programsName,
} from '../../../src/lib/lab/cluster/programs.ts'

test('every program has its version from the go.mod of its module', () => {
  const versions = Object.fromEntries(allPrograms.map((program) => [program.name, pinnedVersion(program)]))
  expect(versions).toEqual({
    etcd: '3.6.16',
    'kube-apiserver': '1.35.4',
    'kube-controller-manager': '1.35.4',
    'kube-scheduler': '1.35.4',
    'kube-proxy': '1.35.4',
    kubelet: '1.35.4',
    kubectl: '1.35.4',
    coredns: '1.14.7',
    'metrics-server': '0.9.0',
    hello: '1.0.0',
    versitygw: '1.8.0',
    keda: '2.20.2',
    'keda-adapter': '2.20.2',
    traefik: '3.7.13',
  })
  expect(programsName()).toMatch(/^kubernetes-1\.35\.4-[0-9a-f]{12}$/)
})

test('what others have written is checked by pinned hashes', () => {
  for (const {module, name} of allPrograms)
    expect({name, isPinned: existsSync(join(moduleFolder(module), 'go.sum'))}).toEqual({
      name,
      isPinned: module !== 'hello',
    })
})
