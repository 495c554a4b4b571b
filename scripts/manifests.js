// Builds the kustomizations of the services, and has each object decoded strictly, as the API server does.
import {spawnSync} from 'node:child_process'
import {glob} from 'node:fs/promises'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {ensureProgram} from '../src/lib/lab/cluster/build.ts'
import {manifests} from '../src/lib/lab/cluster/programs.ts'
import {createProgress} from '../src/lib/output/progress.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const progress = createProgress()
const program = await ensureProgram(manifests, progress)
await progress.end()
// What is applied as it is; the others are parts of these.
const applied = 'services/{k8s/*,*/k8s/overlays/*,*/k8s/migrate}/kustomization.yaml'
const files = (await Array.fromAsync(glob(applied, {cwd: root}))).sort()
const folders = files
  .map((file) => path.dirname(file))
  .filter((folder) => !folder.startsWith('services/common/'))
process.exitCode = spawnSync(program, folders, {cwd: root, stdio: 'inherit'}).status ?? 1
