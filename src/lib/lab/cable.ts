import {runProgram, tryProgram, type Argv} from '../drivers/machine/program.ts'
import {basePath} from './base.ts'
import {namespaceFile} from './names.ts'

/** nft of the hosts' own root, in the namespace of a switch: the machine itself needs none. */
const nft = (space: string, args: readonly string[]): Argv => [
  'nsenter',
  `--net=${namespaceFile(space)}`,
  'chroot',
  basePath(),
  '/usr/sbin/nft',
  ...args,
]

/** Rules are looked at frame by frame in a switch, and packet by packet where a site's router is. */
type Family = 'bridge' | 'ip'

/**
 * Rules by which the switch drops what goes between a host and others. They lie in the switch, where the host cannot see
 * them, and look at frames, not connections: what is established falls silent too.
 *
 * @param from ports of the switch, or addresses beyond it; empty for all of them.
 */
export function dropRules(table: string, host: string, from: readonly string[], oneWay: boolean): string {
  const others = from.length > 0 ? from.map(endOf) : [{to: '', of: ''}]
  return dropTable(
    'bridge',
    table,
    others.flatMap(({to, of}) => [`iifname "${host}"${to}`, ...(oneWay ? [] : [`${of}oifname "${host}"`])]),
  )
}

const endOf = (other: string): {to: string; of: string} =>
  other.includes('.')
    ? {to: ` ip daddr ${other}`, of: `ip saddr ${other} `}
    : {to: ` oifname "${other}"`, of: `iifname "${other}" `}

/** Rules that drop and count what is forwarded and matches one of these. */
export const dropTable = (family: Family, table: string, matches: readonly string[]): string =>
  // Named and deleted first, so that the rules replace older ones in the same transaction.
  [
    `table ${family} ${table}`,
    `delete table ${family} ${table}`,
    `table ${family} ${table} {`,
    'chain forward {',
    'type filter hook forward priority 0; policy accept;',
    ...matches.map((match) => `${match} counter drop`),
    '}',
    '}',
    '',
  ].join('\n')

/** A set of rules in the namespace of a switch. */
export interface Rules {
  readonly space: string
  readonly family: Family
  readonly table: string
}

/** Takes effect as a whole or not at all; replaces a table of the same name. */
export async function cutCable(rules: Rules, text: string): Promise<void> {
  await runProgram(nft(rules.space, ['-f', '-']), {input: text})
  if ((await droppedFrames(rules)) === undefined)
    throw new Error(`rules ${rules.table} are not in the switch`)
}

export async function mendCable({space, family, table}: Rules): Promise<void> {
  await tryProgram(nft(space, ['delete', 'table', family, table]))
}

/** Frames that the rules have dropped; undefined when there are none of that name. */
export async function droppedFrames({space, family, table}: Rules): Promise<number | undefined> {
  const shown = await tryProgram(nft(space, ['list', 'table', family, table]))
  if (shown.status !== 0) return undefined
  return [...shown.stdout.matchAll(/packets (\d+)/g)].reduce((sum, [, packets]) => sum + Number(packets), 0)
}
