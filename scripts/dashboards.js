// Writes the Grafana dashboard of each bundled service: what all of them show, and what only it has.
// With --check it writes nothing and ends with 1 when a file is out of date.
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'

import prettier from 'prettier'

const root = fileURLToPath(new URL('..', import.meta.url))
const datasource = {type: 'prometheus', uid: '$datasource'}
const columns = 24

/** What each has beside requests and its process. `of` stands for the label matchers of what is chosen above. */
const own = {
  gateway: (of) => [
    timeseries('Error budget burnt, times what 99.99 % allows', 'none', {
      '5 min {{site}}': 'site:http_errors:ratio_rate5m{service="gateway",site=~"$site"} / 0.0001',
      '1 h {{site}}': 'site:http_errors:ratio_rate1h{service="gateway",site=~"$site"} / 0.0001',
      '6 h {{site}}': 'site:http_errors:ratio_rate6h{service="gateway",site=~"$site"} / 0.0001',
      '3 d {{site}}': 'site:http_errors:ratio_rate3d{service="gateway",site=~"$site"} / 0.0001',
    }),
    timeseries('Requests over the limits (429)', 'reqps', {
      '{{route}}': perSecond('http_request_duration_seconds_count', `${of},status="429"`, 'route'),
    }),
  ],
  auth: (of) => [
    timeseries('Log-ins', 'ops', {'{{outcome}}': perSecond('auth_logins_total', of, 'outcome')}),
    timeseries('Hashing a password', 's', quantiles('auth_hash_seconds', of)),
  ],
  projects: (of) => [
    timeseries('Scenes saved', 'ops', {'{{outcome}}': perSecond('projects_saves_total', of, 'outcome')}),
  ],
  render: (of) => [
    timeseries('Jobs that wait', 'none', {'{{site}}': `max by (site) (render_queue_depth{${of}})`}),
    timeseries('Age of the oldest job that waits', 's', {
      '{{site}}': `max by (site) (render_queue_oldest_age_seconds{${of}})`,
    }),
    timeseries('Jobs that ended', 'ops', {'{{outcome}}': perSecond('render_jobs_total', of, 'outcome')}),
    timeseries('Drawing a picture', 's', quantiles('render_seconds', of)),
  ],
  collab: (of) => [
    timeseries('Age of the oldest edit that is not committed', 's', {
      '{{instance}}': `collab_unsaved_seconds{${of}}`,
    }),
    timeseries('From an edit to its commit', 's', quantiles('collab_saved_lag_seconds', of)),
    timeseries('The database takes no edits', 'bool_yes_no', {'{{instance}}': `collab_outage{${of}}`}),
    timeseries('Edits', 'ops', {'{{site}}': perSecond('collab_edits_total', of, 'site')}),
    timeseries('Designs that are open', 'none', {'{{instance}}': `collab_rooms{${of}}`}),
    timeseries('Sockets', 'none', {'{{instance}}': `collab_sockets{${of}}`}),
  ],
  thumbnails: (of) => [
    timeseries('Tries', 'ops', {'{{outcome}}': perSecond('thumbnails_events_total', of, 'outcome')}),
    timeseries('Duration of a try', 's', quantiles('thumbnails_seconds', of)),
    timeseries('Events that wait', 'none', {'{{instance}}': `thumbnails_waiting{${of}}`}),
    timeseries('Age of the oldest event that is not done', 's', {
      '{{instance}}': `thumbnails_oldest_age_seconds{${of}}`,
    }),
  ],
}

for (const name of Object.keys(own)) {
  const file = `services/${name}/dashboards/${name}.json`
  const at = path.join(root, file)
  const style = await prettier.resolveConfig(at)
  const text = await prettier.format(JSON.stringify(dashboard(name)), {...style, parser: 'json'})
  if (!process.argv.includes('--check')) write(at, text)
  else if (read(at) !== text) {
    console.error(`${file} is out of date. Try: npm run dashboards`)
    process.exitCode = 1
  }
}

function dashboard(name) {
  const of = `service="${name}",site=~"$site",instance=~"$instance"`
  const panels = [
    timeseries('Instances that answer', 'none', {
      '{{site}}': `sum by (site) (up{job="${name}",site=~"$site"})`,
    }),
    ...(name === 'thumbnails' ? [] : requests(of)),
    ...own[name](of),
    ...saturation(of),
  ]
  return {
    uid: `pixelpulse-${name}`,
    title: `PixelPulse ${name}`,
    tags: ['pixelpulse'],
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: {from: 'now-3h', to: 'now'},
    timezone: 'browser',
    templating: {
      list: [
        {name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus'},
        variable('site', 'Site', `label_values(up{job="${name}"}, site)`),
        variable('instance', 'Instance', `label_values(up{job="${name}",site=~"$site"}, instance)`),
      ],
    },
    panels: placed(panels),
  }
}

function requests(of) {
  // What Prometheus and health checks ask is no request of anybody.
  const asked = `${of},route!~"/(livez|readyz|metrics)"`
  const count = 'http_request_duration_seconds_count'
  const share = (some, all) => `sum by (site) (rate(${count}{${some}}[$__rate_interval]))
  / sum by (site) (rate(${count}{${all}}[$__rate_interval]))`
  return [
    timeseries('Requests', 'reqps', {'{{method}} {{route}}': perSecond(count, asked, 'method, route')}),
    timeseries('Requests answered 5xx', 'percentunit', {
      '{{site}}': share(`${asked},status=~"5.."`, asked),
    }),
    timeseries('Duration of requests', 's', quantiles('http_request_duration_seconds', asked)),
    timeseries('Questions for readiness answered 503', 'percentunit', {
      '{{site}}': share(`${of},route="/readyz",status="503"`, `${of},route="/readyz"`),
    }),
  ]
}

function saturation(of) {
  return [
    timeseries('CPU, cores', 'none', {
      '{{instance}}': `rate(process_cpu_seconds_total{${of}}[$__rate_interval])`,
    }),
    timeseries('Delay of the event loop, p99', 's', {
      '{{instance}}': `nodejs_eventloop_lag_p99_seconds{${of}}`,
    }),
    timeseries('Memory', 'bytes', {'{{instance}}': `process_resident_memory_bytes{${of}}`}),
  ]
}

function perSecond(metric, of, by) {
  return `sum by (${by}) (rate(${metric}{${of}}[$__rate_interval]))`
}

function quantiles(histogram, of) {
  const quantile = (q) =>
    `histogram_quantile(${q}, sum by (le) (rate(${histogram}_bucket{${of}}[$__rate_interval])))`
  return {p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99)}
}

/** @param queries by the legend of what they give. */
function timeseries(title, unit, queries) {
  return {
    type: 'timeseries',
    title,
    datasource,
    fieldConfig: {defaults: {unit, min: 0}, overrides: []},
    options: {legend: {displayMode: 'list', placement: 'bottom'}, tooltip: {mode: 'multi', sort: 'desc'}},
    targets: Object.entries(queries).map(([legendFormat, expr], index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      datasource,
      expr,
      legendFormat,
    })),
  }
}

/** All of them, where nobody chooses; `.*` also finds what has no such label. */
function variable(name, label, query) {
  return {
    name,
    label,
    type: 'query',
    datasource,
    query: {query, refId: name},
    definition: query,
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: {text: ['All'], value: ['$__all']},
  }
}

/** Three in a row. */
function placed(panels) {
  const [w, h] = [columns / 3, 8]
  return panels.map((panel, index) => ({
    id: index + 1,
    gridPos: {x: (index % 3) * w, y: Math.floor(index / 3) * h, w, h},
    ...panel,
  }))
}

function write(at, text) {
  mkdirSync(path.dirname(at), {recursive: true})
  writeFileSync(at, text)
}

function read(at) {
  try {
    return readFileSync(at, 'utf8')
  } catch {
    return undefined
  }
}
