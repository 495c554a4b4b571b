import {flush} from '@oclif/core/flush'
import type {Interfaces} from '@oclif/core'
import {run} from '@oclif/core/run'
import {settings} from '@oclif/core/settings'

import {packageRoot} from './lib/package-root.ts'
import {finishAfterReport} from './lib/output/after-report.ts'
import {reportFailure} from './lib/output/failure.ts'

/** Runs what was typed and leaves the exit status in `process.exitCode`; never rejects. */
export async function main(
  argv: readonly string[],
  options: Interfaces.LoadOptions = {root: packageRoot},
): Promise<void> {
  ignoreClosedPipes()
  settings.enableAutoTranspile = false // else oclif loads the TypeScript compiler when NODE_ENV is test
  try {
    await run([...argv], options)
    await flush()
  } catch (error) {
    reportFailure(error, argv)
  }
  await finishAfterReport()
}

// `pp op list | head -1` is no failure, and a reader that goes away must not stop an operation half-way.
function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}
