import {runProgram, tryProgram, type Argv} from '../drivers/machine/program.ts'
import {basePath} from './base.ts'
import {namespaceFile, switchNamespace} from './names.ts'

/** nft of the hosts' own root, in the switch: the machine itself needs none. */
const nft = (lab: string, args: readonly string[]): Argv => [
  'nsenter',
  `--net=${namespaceFile(switchNamespace(lab))}`,
  'chroot',
  basePath(),
  '/usr/sbin/nft',
  ...args,
]

/**
 * Rules by which the switch drops what goes between a host and others. They lie in the switch, where the host cannot see
 * them, and look at frames, not connections: what is established falls silent too.
 *
 * @param from ports of the switch; empty for all of them.
 */
export function dropRules(table: string, host: string, from: readonly string[], oneWay: boolean): string {
  const others = from.length > 0 ? from.map((port) => `"${port}"`) : [undefined]
  const rules = others.flatMap((other) => [
    `iifname "${host}"${other === undefined ? '' : ` oifname ${other}`} counter drop`,
    ...(oneWay ? [] : [`${other === undefined ? '' : `iifname ${other} `}oifname "${host}" counter drop`]),
  ])
  const hook = 'type filter hook forward priority 0; policy accept;'
  // Named and deleted first, so that the rules replace older ones in the same transaction.
  return [
    `table bridge ${table}`,
    `delete table bridge ${table}`,
    `table bridge ${table} {`,
    'chain forward {',
    ...[hook, ...rules],
    '}',
    '}',
    '',
  ].join('\n')
}

/** Takes effect as a whole or not at all; replaces a table of the same name. */
export async function cutCable(lab: string, table: string, rules: string): Promise<void> {
  await runProgram(nft(lab, ['-f', '-']), {input: rules})
  if ((await droppedFrames(lab, table)) === undefined) throw new Error(`rules ${table} are not in the switch`)
}

export async function mendCable(lab: string, table: string): Promise<void> {
  await tryProgram(nft(lab, ['delete', 'table', 'bridge', table]))
}

/** Frames that the rules have dropped; undefined when there are none of that name. */
export async function droppedFrames(lab: string, table: string): Promise<number | undefined> {
  const shown = await tryProgram(nft(lab, ['list', 'table', 'bridge', table]))
  if (shown.status !== 0) return undefined
  return [...shown.stdout.matchAll(/packets (\d+)/g)].reduce((sum, [, packets]) => sum + Number(packets), 0)
}
