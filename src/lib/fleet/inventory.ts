import {existsSync, statSync} from 'node:fs'
import {join} from 'node:path'

import {usageError, type PpError} from '../errors.ts'
import {expandRange} from './host-range.ts'
import {isMapping} from './layers.ts'
import type {Host} from './types.ts'
import {parseYamlFile, readYamlFile, showPlace, type Issue, type YamlFile} from '../yaml/yaml-file.ts'

interface Group {
  readonly hosts: Map<string, Record<string, unknown>>
  readonly children: Set<string>
  readonly vars: Record<string, unknown>
}

/**
 * Hosts and groups of a YAML inventory, read without starting Ansible (which would cost 0.4 s).
 *
 * Understood: `hosts`, `children`, `vars`, ranges such as `db[1:3]`, and the variables ansible_host, ansible_port and
 * site where they are plain values. Not read: INI and dynamic inventories, templates in those variables, group_vars and
 * host_vars.
 *
 * @throws PpError INVENTORY_UNREADABLE with every place that is not understood.
 */
export function readInventory(path: string): readonly Host[] {
  const file = inventoryFile(path)
  try {
    return inventoryHosts(readYamlFile(file))
  } catch (cause) {
    if (isSystemError(cause)) throw unreadable(`The inventory ${file} cannot be read: ${cause.message}.`)
    throw cause
  }
}

export function parseInventory(file: string, text: string): readonly Host[] {
  return inventoryHosts(parseYamlFile(file, text))
}

function inventoryFile(path: string): string {
  if (!existsSync(path) || !statSync(path).isDirectory()) return path
  const names = ['hosts.yaml', 'hosts.yml', 'inventory.yaml', 'inventory.yml']
  return names.map((name) => join(path, name)).find((file) => existsSync(file)) ?? join(path, 'hosts.yaml')
}

function inventoryHosts(yaml: YamlFile): readonly Host[] {
  const issues: Issue[] = [...yaml.issues]
  const groups = new Map<string, Group>()
  if (isMapping(yaml.value)) {
    for (const [name, content] of Object.entries(yaml.value))
      addGroup(groups, name, content, [name], yaml, issues)
  } else {
    issues.push({
      place: yaml.placeOf([]),
      message: 'not a YAML mapping of groups (INI inventories are not read)',
    })
  }
  const hosts = hostsOf(groups, issues, yaml)
  if (issues.length > 0) {
    const lines = issues.map(({place, message}) => `${showPlace(place)}  ${message}`)
    throw unreadable(lines.join('\n'))
  }
  return hosts
}

function addGroup(
  groups: Map<string, Group>,
  name: string,
  content: unknown,
  path: readonly string[],
  yaml: YamlFile,
  issues: Issue[],
): void {
  const group: Group = groups.get(name) ?? {hosts: new Map(), children: new Set(), vars: {}}
  groups.set(name, group)
  const section = (key: string) => mapping(content, key, path, yaml, issues)
  if (content !== null && !isMapping(content)) {
    issues.push({place: yaml.placeOf(path), message: `${name}: a group has hosts, children and vars`})
    return
  }
  for (const key of Object.keys(content ?? {})) {
    if (!['hosts', 'children', 'vars'].includes(key)) {
      issues.push({
        place: yaml.placeOf([...path, key]),
        message: `${name}.${key}: a group has hosts, children and vars`,
      })
    }
  }
  Object.assign(group.vars, section('vars'))
  for (const [pattern, vars] of Object.entries(section('hosts'))) {
    const own: Record<string, unknown> = isMapping(vars) ? vars : {}
    for (const host of expandRange(pattern)) group.hosts.set(host, {...group.hosts.get(host), ...own})
  }
  for (const [child, below] of Object.entries(section('children'))) {
    group.children.add(child)
    addGroup(groups, child, below, [...path, 'children', child], yaml, issues)
  }
}

function mapping(
  content: unknown,
  key: string,
  path: readonly string[],
  yaml: YamlFile,
  issues: Issue[],
): Record<string, unknown> {
  const value = isMapping(content) ? content[key] : undefined
  if (isMapping(value)) return value
  if (value !== undefined && value !== null) {
    issues.push({place: yaml.placeOf([...path, key]), message: `${key}: should be a mapping`})
  }
  return {}
}

function hostsOf(groups: ReadonlyMap<string, Group>, issues: Issue[], yaml: YamlFile): readonly Host[] {
  const names = new Set([...groups.values()].flatMap(({hosts}) => [...hosts.keys()]))
  const depth = new Map([...groups.keys()].map((name) => [name, depthOf(groups, name)]))
  return [...names].map((name) => {
    const member = [...groups.keys()]
      .filter((group) => group === 'all' || holds(groups, group, name))
      .toSorted((a, b) => (depth.get(a) ?? 0) - (depth.get(b) ?? 0) || a.localeCompare(b))
    const layers = [
      ...member.map((group) => groups.get(group)?.vars),
      ...member.map((group) => groups.get(group)?.hosts.get(name)),
    ]
    const vars = Object.fromEntries(layers.flatMap((layer) => Object.entries(layer ?? {})))
    return hostOf(
      name,
      vars,
      member.filter((group) => group !== 'all'),
      issues,
      yaml,
    )
  })
}

// A child's variables win over its parents', so groups are laid over one another from the top down.
function depthOf(groups: ReadonlyMap<string, Group>, name: string, seen: readonly string[] = []): number {
  if (name === 'all' || seen.includes(name)) return 0
  const parents = [...groups].filter(([, {children}]) => children.has(name)).map(([parent]) => parent)
  return 1 + Math.max(0, ...parents.map((parent) => depthOf(groups, parent, [...seen, name])))
}

function holds(
  groups: ReadonlyMap<string, Group>,
  name: string,
  host: string,
  seen: readonly string[] = [],
): boolean {
  const group = groups.get(name)
  if (!group || seen.includes(name)) return false
  return (
    group.hosts.has(host) || [...group.children].some((child) => holds(groups, child, host, [...seen, name]))
  )
}

function hostOf(
  name: string,
  vars: Readonly<Record<string, unknown>>,
  groups: readonly string[],
  issues: Issue[],
  yaml: YamlFile,
): Host {
  const plain = (key: string): string | undefined => {
    const value = vars[key]
    if (value === undefined || value === null) return undefined
    if ((typeof value === 'string' || typeof value === 'number') && !String(value).includes('{{'))
      return String(value)
    issues.push({place: yaml.placeOf([]), message: `${name}: ${key} should be a plain value, not a template`})
    return undefined
  }
  const address = plain('ansible_host') ?? name
  const port = plain('ansible_port')
  for (const text of [name, address]) {
    if (!isSafeHost(text))
      issues.push({place: yaml.placeOf([]), message: `${JSON.stringify(text)}: no name of a host`})
  }
  if (port !== undefined && !/^[1-9]\d{0,4}$/.test(port)) {
    issues.push({place: yaml.placeOf([]), message: `${name}: ansible_port ${port} is no port`})
  }
  return {
    name,
    address,
    port: port === undefined ? undefined : Number(port),
    site: plain('site') ?? 'rack',
    groups,
  }
}

// Host names reach argument lists, file names and configuration files.
function isSafeHost(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._:-]{0,252}$/.test(name)
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}

function unreadable(message: string): PpError {
  return usageError('INVENTORY_UNREADABLE', {
    message,
    hint: 'Compare it with: ansible-inventory --list -i FILE',
  })
}
