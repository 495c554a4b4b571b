import {execa} from 'execa'
import {join} from 'node:path'

import {packageRoot} from '../src/lib/package-root.ts'

export interface PpResult {
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string
  readonly json: () => unknown
}

interface PpOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly input?: string
}

/** Runs the built pp as an operator's script would: no terminal, no colour, whatever this test's own variables are. */
export async function runPp(
  argv: readonly string[],
  {env = {}, ...options}: PpOptions = {},
): Promise<PpResult> {
  const {exitCode, stdout, stderr} = await execa(
    process.execPath,
    [join(packageRoot, 'bin/run.js'), ...argv],
    {
      reject: false,
      stdin: 'ignore',
      env: {NODE_OPTIONS: '', FORCE_COLOR: '0', PP_ENV: '', PP_FLEET: '', PP_LAB: '', ...env},
      ...options,
    },
  )
  return {exitCode, stdout, stderr, json: () => JSON.parse(stdout) as unknown}
}
