// npm run bench:drill [-- --runs 5 --lab NAME]: what `pp drill dr` adds to an outage, beside the same steps typed by hand,
// taking turns under the same load in a lab that is up; and what an act costs in `pp` and in Chaos Toolkit.
// Writes docs/benchmarks.md.
import {cpus, loadavg, release} from 'node:os'
import {parseArgs} from 'node:util'

import {resetLab} from '../../src/lib/lab/index.ts'
import {measureActs} from './drill/acts.ts'
import {measureOutages} from './drill/outages.ts'
import {renderDrill} from './drill/table.ts'
import {writeSection} from './section.ts'

const {values} = parseArgs({
  options: {
    runs: {type: 'string', default: '5'},
    lab: {type: 'string', default: process.env.PP_LAB ?? 'default'},
  },
})
const runs = Number(values.runs)
const date = new Date().toISOString().slice(0, 10)
const cores = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'CPU'}`
const before = `load average before ${loadavg()[0]?.toFixed(1) ?? '?'}`
const machine = `${date}, ${cores}, Linux ${release()}, Node ${process.version}; the lab's hosts on one machine, ${before}.`

const outages = await measureOutages(values.lab, runs)
await resetLab(values.lab)
const acts = await measureActs(values.lab, runs)
const markdown = renderDrill(outages, acts, machine)
writeSection('bench:drill', markdown)
console.log(markdown)
