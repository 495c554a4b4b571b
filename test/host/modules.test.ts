// The helper's modules are loaded when a verb needs them, so that what is wrong with one would show only then.
import {expect, test} from '@jest/globals'
import {spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, symlinkSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'

import {isolated, program, python} from './helper-process.ts'

function inPackage(script: string, ...args: readonly string[]): unknown {
  const start = `import json, sys\nsys.path.insert(0, sys.argv[1])\n`
  const {stdout, stderr, status} = spawnSync(
    python,
    [`${isolated}c`, start + script, dirname(program), ...args],
    {
      encoding: 'utf8',
    },
  )
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

test('what outlives a playbook is started by the path that the helper was started by, never by where that leads', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pp-host-test-'))
  const link = join(folder, 'pp-host')
  symlinkSync(program, link)
  const command = inPackage(
    `
import runpy
from pp_host import serving
serving.serve = lambda host: json.dump(host.command, sys.stdout)
link = sys.argv[2]
sys.argv = [link]
runpy.run_path(link, run_name='__main__')
`,
    link,
  )
  rmSync(folder, {recursive: true})
  expect(command).toEqual([link])
})

test('every verb of the table has its function', () => {
  const verbs = inPackage(`
from pp_host.verbs import VERBS, function_of
json.dump([verb for verb, (function, _) in VERBS.items() if not callable(function_of(function))], sys.stdout)
`)
  expect(verbs).toEqual([])
})

test('no module uses a name that it has not', () => {
  const missing = inPackage(`
import builtins, dis, importlib, pkgutil, types, pp_host

def codes(code):
    yield code
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from codes(inner)

missing = []
for found in pkgutil.iter_modules(pp_host.__path__, 'pp_host.'):
    module = importlib.import_module(found.name)
    whole = module.__loader__.get_code(found.name)
    names = {step.argval for code in codes(whole) for step in dis.get_instructions(code) if step.opname == 'LOAD_GLOBAL'}
    missing += [f'{found.name}: {name}' for name in names if not hasattr(module, name) and not hasattr(builtins, name)]
json.dump(missing, sys.stdout)
`)
  expect(missing).toEqual([])
})

test('imports go one way', () => {
  const cycle = inPackage(`
import ast, graphlib, os
folder = f'{sys.argv[1]}/pp_host'
graph = {}
for file in os.listdir(folder):
    if file.endswith('.py'):
        with open(f'{folder}/{file}', encoding='utf-8') as source:
            nodes = ast.walk(ast.parse(source.read()))
        within = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.level]
        graph[file[:-3]] = {name for node in within for name in ([node.module] if node.module else [one.name for one in node.names])}
try:
    graphlib.TopologicalSorter(graph).prepare()
    cycle = []
except graphlib.CycleError as error:
    cycle = error.args[1]
json.dump(cycle, sys.stdout)
`)
  expect(cycle).toEqual([])
})

test('a start loads no module of a verb, nor what only few of them need', () => {
  const loaded = inPackage(`
import os
sys.argv = ['pp-host']
import pp_host.main, pp_host.serving, pp_host.verbs
json.dump([name for name in sys.modules if name in ('subprocess', 'socket', 'tempfile', 'hashlib', 'shutil', 'site')
           or name.startswith('pp_host.')], sys.stdout)
`)
  expect((loaded as string[]).sort()).toEqual(
    ['config', 'durable', 'host', 'main', 'places', 'refusals', 'requests', 'serving', 'sha256', 'verbs'].map(
      (name) => `pp_host.${name}`,
    ),
  )
})
