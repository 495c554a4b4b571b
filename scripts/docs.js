// Writes what docs/ has from the sources: the command reference and the JSON Schemas of the fleet file and of drills.
// With --check it writes nothing and ends with 1 when a file is out of date.
import {Config} from '@oclif/core/config'
import {settings} from '@oclif/core/settings'
import {readFileSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'

import {drillJsonSchema} from '../src/lib/drill/format/json-schema.ts'
import {fleetJsonSchema} from '../src/lib/fleet/json-schema.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
settings.enableAutoTranspile = false
process.env.FORCE_COLOR = '0'
process.env.COLUMNS = '80'

const pages = {
  'docs/commands.md': await commandReference(),
  'docs/fleet.schema.json': `${JSON.stringify(fleetJsonSchema(), undefined, 2)}\n`,
  'docs/drill.schema.json': `${JSON.stringify(drillJsonSchema(), undefined, 2)}\n`,
}
for (const [file, text] of Object.entries(pages)) {
  const at = path.join(root, file)
  if (!process.argv.includes('--check')) writeFileSync(at, text)
  else if (read(at) !== text) {
    console.error(`${file} is out of date. Try: npm run docs`)
    process.exitCode = 1
  }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** From the sources, so that no build is needed. */
async function commandReference() {
  const pjson = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
  pjson.oclif = {...pjson.oclif, commands: './src/commands', hooks: {}}
  const config = new Config({root, pjson, isRoot: true, ignoreManifest: true, errorOnManifestCreate: true})
  await config.load()
  const {default: PpHelp} = await import('../src/help.ts')
  const help = new PpHelp(config, {...pjson.oclif.helpOptions, stripAnsi: true, respectNoCacheDefault: true})
  const commands = config.commands.filter(({hidden}) => !hidden).toSorted((a, b) => a.id.localeCompare(b.id))
  const name = ({id}) => `pp ${id.replaceAll(':', ' ')}`
  const anchor = (command) => name(command).replaceAll(' ', '-')
  return [
    '# Commands',
    'Written by `npm run docs` from the commands themselves; `pp COMMAND --help` prints the same.',
    commands
      .map((command) => `- [\`${name(command)}\`](#${anchor(command)}) ${command.summary ?? ''}`)
      .join('\n'),
    ...commands.flatMap((command) => [
      `## ${name(command)}`,
      `\`\`\`\n${help.formatCommand(command).replaceAll(/ +$/gm, '').trim()}\n\`\`\``,
    ]),
    '',
  ].join('\n\n')
}
