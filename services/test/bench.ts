// npm run bench:services: all benchmarks of the services, one after the other. Ends with 1 when one of them could not be run.
import {spawnSync} from 'node:child_process'
import {fileURLToPath} from 'node:url'

const services = fileURLToPath(new URL('..', import.meta.url))
const files = [
  'render/bench/draw.ts',
  'render/bench/instances.ts',
  'gateway/bench/gateway.ts',
  'auth/bench/verify.ts',
  'collab/bench/edits.ts',
]
for (const file of files) {
  const {status} = spawnSync(process.execPath, [services + file], {stdio: 'inherit'})
  if (status !== 0) process.exitCode = 1
}
