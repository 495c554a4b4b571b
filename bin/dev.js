#!/usr/bin/env node
// Runs pp straight from src/, without a build: node bin/dev.js status
import {readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {main} from '../src/run.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
const pjson = JSON.parse(
  source.replaceAll(/\.\/dist\/([\w/-]+)\.js/g, './src/$1.ts').replaceAll('./dist/', './src/'),
)

main(process.argv.slice(2), {root, pjson, isRoot: true, ignoreManifest: true}).then(() => process.exit())
