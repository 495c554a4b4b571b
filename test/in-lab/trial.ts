/* eslint-disable @typescript-eslint/no-explicit-any --
   documents of pp and of kubectl, as they come */
import {afterAll, afterEach, beforeAll, beforeEach, jest} from '@jest/globals'
import {execa} from 'execa'
import {rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'

import {programsPath} from '../../src/lib/lab/cluster/programs.ts'
import {labDown, labPaths, labUp} from '../../src/lib/lab/index.ts'
import {createProgress} from '../../src/lib/output/progress.ts'
import {fleetFile} from './fleet-file.ts'
import {lab as ordinaryLab} from './name.ts'
import {endStarted, startPp, type Ended, type PpOptions, type Started} from './pp.ts'

const minutes = 60_000
export const namespaces = ['trial', 'other'] as const
type Namespaces = readonly [trial: string, other: string]

/** A real cluster that plays two sites in two namespaces, with the Deployment `hello` in both. */
export class Trial {
  readonly lab: string
  readonly #namespaces: Namespaces
  #fleet = ''

  /**
   * Brings the cluster up for the tests of a file, and begins each of them with `hello` as it was.
   *
   * @param letter makes the lab's name the file's own. @param services lines of the fleet file.
   */
  constructor(letter: string, services: string, inNamespaces: Namespaces = namespaces) {
    this.lab = `${ordinaryLab}${letter}`
    this.#namespaces = inNamespaces
    const [first, second] = inNamespaces
    jest.setTimeout(3 * minutes)
    const progress = createProgress({stream: {write: () => true}})
    beforeAll(async () => {
      await labUp(this.lab, {progress, profile: 'rack'})
      this.#fleet = await fleetFile((yaml) =>
        below(
          'services',
          services,
          below(
            'clusters',
            `      trial: {site: rack, context: rack, namespace: ${first}}
      other: {site: aws, context: rack, namespace: ${second}}`,
            yaml,
          ),
        ),
      )
    }, 60 * minutes) // programs may have to be built first
    afterAll(async () => {
      await labDown(this.lab)
      await progress.end()
    })
    beforeEach(async () => {
      for (const name of inNamespaces)
        await this.apply({apiVersion: 'v1', kind: 'Namespace', metadata: {name}})
      for (const namespace of inNamespaces) await this.apply(deployment('hello', namespace, 1))
      for (const namespace of inNamespaces) await this.untilRolledOut('hello', namespace)
    })
    afterEach(async () => {
      await endStarted()
      for (const namespace of inNamespaces) {
        const kinds = [
          'scaledobject',
          'cronjob',
          'deployment',
          'service',
          'ingress',
          'job',
          'hpa',
          'lease',
          'configmap',
          'event',
          'pdb',
        ]
        await this.kubectl('delete', kinds.join(), '--all', '--namespace', namespace, '--wait=false')
        await this.kubectl('delete', 'pod', '--all', '--namespace', namespace, '--grace-period=0', '--force')
      }
      await rm(join(labPaths(this.lab).state, 'fleets'), {recursive: true, force: true})
    })
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return this.#kubectlWith(args, '')
  }

  apply(object: object): Promise<string> {
    return this.#kubectlWith(['apply', '--filename', '-'], JSON.stringify(object))
  }

  async get(kind: string, namespace: string, ...more: readonly string[]): Promise<any> {
    return JSON.parse(await this.kubectl('get', kind, '--namespace', namespace, '--output=json', ...more))
  }

  untilRolledOut(name: string, namespace: string): Promise<string> {
    return this.kubectl('rollout', 'status', `deployment/${name}`, '--namespace', namespace, '--timeout=60s')
  }

  start(argv: readonly string[], {env = {}, ...options}: PpOptions = {}): Started {
    return startPp(argv, {
      ...options,
      env: {PP_LAB: this.lab, PP_FLEET: this.#fleet, PP_VERIFY_SECONDS: '1', ...env},
    })
  }

  pp(argv: readonly string[], options?: PpOptions): Promise<Ended> {
    return this.start(argv, options).ended
  }

  /**
   * The same cluster from a machine that has nothing of the lab but a kubeconfig.
   *
   * @param home where that machine keeps its state. @returns variables for pp.
   */
  async fleetElsewhere(home: string, services: object): Promise<Record<string, string>> {
    const {kubeconfig} = labPaths(this.lab)
    const inventory = join(home, 'hosts.yaml')
    await writeFile(inventory, 'all: {}\n')
    const [trial, other] = this.#namespaces.map((namespace, n) => ({
      site: n === 0 ? 'rack' : 'aws',
      context: 'rack',
      namespace,
      kubeconfig,
    }))
    const timings = {leaseSeconds: 6, verifySeconds: 1}
    const environments = {elsewhere: {inventory, timings, clusters: {trial, other}, services}}
    const fleet = {name: 'pixelpulse', defaultEnvironment: 'elsewhere', databases: {}, environments}
    const file = await fleetFile(() => JSON.stringify(fleet))
    return {PP_FLEET: file, PP_ENV: 'elsewhere', XDG_STATE_HOME: home}
  }

  async #kubectlWith(args: readonly string[], input: string): Promise<string> {
    const {stdout} = await execa(
      join(programsPath(), 'bin/kubectl'),
      ['--kubeconfig', labPaths(this.lab).kubeconfig, '--context', 'rack', ...args],
      {input},
    )
    return stdout
  }
}

/** The fleet file with more lines in a part of its environment `lab`. */
function below(part: string, lines: string, yaml: string): string {
  const heading = new RegExp(`^ {4}${part}: #.*$`, 'm')
  if (!heading.test(yaml)) throw new Error(`fleet.yaml has no part ${part} with a remark`)
  return yaml.replace(heading, (line) => `${line}\n${lines}`)
}

/** The document that pp ended with, and its exit code. */
export function reportOf({stdout, stderr, exitCode}: Ended): any {
  try {
    return {exitCode, ...JSON.parse(stdout)}
  } catch {
    throw new Error(`pp ended with ${exitCode}: ${stdout}${stderr}`)
  }
}

/** @param more of its container. */
export const deployment = (name: string, namespace: string, replicas: number, more: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {name, namespace},
  spec: {
    replicas,
    selector: {matchLabels: {app: name}},
    template: {
      metadata: {labels: {app: name}},
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{name: 'hello', image: 'pp.lab/hello:1.0.0', args: ['serve'], ...more}],
      },
    },
  },
})
