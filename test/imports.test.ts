import {expect, test} from '@jest/globals'
import {execa} from 'execa'
import {cp, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'

import {packageRoot} from '../src/lib/package-root.ts'

/** What scripts/imports.js says about sources made up for one test. */
async function complaints(files: Readonly<Record<string, string>>): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pp-imports-'))
  try {
    await cp(join(packageRoot, 'scripts/imports.js'), join(folder, 'scripts/imports.js'))
    await writeFile(join(folder, 'package.json'), '{"type": "module"}')
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, file)), {recursive: true})
      await writeFile(join(folder, file), text)
    }
    const {stderr} = await execa(process.execPath, [join(folder, 'scripts/imports.js')], {
      reject: false,
      env: {NODE_OPTIONS: ''},
    })
    return stderr === '' ? [] : stderr.split('\n')
  } finally {
    await rm(folder, {recursive: true})
  }
}

test.each([
  {
    name: 'a driver that imports a concept',
    files: {'src/lib/drivers/ssh.ts': "import {plan} from '../database/plan.ts'\n"},
    says: 'a driver knows no concept',
  },
  {
    name: 'operation/ that imports a concept, even a type, over several lines',
    files: {'src/lib/operation/run.ts': "import type {\n  Plan,\n} from '../database/plan.ts'\n"},
    says: 'operation/ knows no concept',
  },
  {
    name: 'a planner that reaches a file through another module',
    files: {
      'src/lib/database/plan.ts': "import {lsn} from './lsn.ts'\n",
      'src/lib/database/lsn.ts': "import {readFileSync} from 'node:fs'\n",
    },
    says: 'src/lib/database/plan.ts → src/lib/database/lsn.ts → node:fs: a planner must not reach the outside world',
  },
  {
    name: 'a planner that imports a driver lazily',
    files: {'src/lib/database/plan-back.ts': "const ssh = await import('../drivers/ssh.ts')\n"},
    says: 'a planner must not reach the outside world',
  },
  {
    name: 'a concept that imports drills',
    files: {'src/lib/database/execute.ts': "export {run} from '../drill/run.ts'\n"},
    says: 'no concept imports drills',
  },
  {
    name: 'a cycle by way of another file',
    files: {
      'src/lib/output/a.ts': "import {b} from './b.ts'\n",
      'src/lib/output/b.ts': "export const c = () => import('./c.ts')\n",
      'src/lib/output/c.ts': "export * from './a.ts'\n",
    },
    says: 'src/lib/output/a.ts → src/lib/output/b.ts → src/lib/output/c.ts → src/lib/output/a.ts: a cycle',
  },
])('$name is found', async ({files, says}) => {
  expect((await complaints(files)).join('\n')).toContain(says)
})

test('imports that point the right way are fine', async () => {
  const files = {
    'src/commands/status.ts': "import {observe} from '../lib/database/observe.ts'\n",
    'src/lib/database/observe.ts': "import {openSql} from '../drivers/postgres/open-sql.ts'\n",
    'src/lib/database/plan.ts': "import type {SqlSession} from '../drivers/postgres/types.ts'\n",
    'src/lib/output/a.ts': "import {b} from './b.ts'\n",
    'src/lib/output/b.ts': "import type {a} from './a.ts'\n",
  }
  expect(await complaints(files)).toEqual([])
})
