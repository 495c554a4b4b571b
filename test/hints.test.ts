import {expect, test} from '@jest/globals'
import path from 'node:path'
import ts from 'typescript'

import {commandNames, sourceFiles} from './source-files.ts'

// What follows one of these is a command line, not a sentence about pp.
const shellPrompt = /(?:^|["'`]|\\n|[:(] |\$ | {2,}|\bbin\/)pp ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)*)/gm

// Commands of the design that are not there yet; prose must not promise them either.
const promised = /\bpp (doctor|backup|env|rejoin|migrate)\b/g

// Sentences that begin with the name of the program.
const sentence =
  /^(and|is|has|was|does|needs|cannot|may|will|stops|keeps|asks|reads|writes|runs|knows|connects|itself|probe)\b/

const commands = commandNames()
const drills = sourceFiles('playbooks/drills/*.yaml').map(({file}) => path.basename(file, '.yaml'))
const topics = new Set(commands.filter((name) => name.includes(' ')).map((name) => name.split(' ')[0]))

function isKnown(typed: string): boolean {
  if (sentence.test(typed)) return true
  const words = typed.split(' ')
  if (words[0] === 'drill' && drills.includes(words[1]!)) return true
  if (topics.has(words[0])) return words.length === 1 || commands.includes(words.slice(0, 2).join(' '))
  return commands.includes(words[0]!)
}

test('no hint, example or page names a command that does not exist', () => {
  const wrong = sourceFiles(
    'src/**/*.ts',
    'bin/*',
    'scripts/*',
    'fleet.yaml',
    'README.md',
    'docs/**/*.md',
    'services/*.md',
    'services/*/*.md',
  ).flatMap(({file, text}) => {
    const typed = [...text.matchAll(shellPrompt)].map(([, command]) => command!)
    const unknown = [
      ...typed.filter((command) => !isKnown(command)),
      ...[...text.matchAll(promised)].map(([, name]) => name!),
    ]
    return unknown.map((command) => `${file}: pp ${command}`)
  })
  expect(wrong).toEqual([])
})

// How a command begins, pp's own or another program's; the next ones build one at run time.
const command =
  /\b(pp|aws|curl|ssh|sudo|apt-get|ansible-playbook|ansible-inventory|ssh-keygen|kubectl|mkdir|chmod|sysctl|export|pgbouncer|k6|bin\/setup)\b/
const built = /(^|\$\{)(acceptLoss|again|againWith|onMember|usageHint)\(|\bto\.command\b/
const namedFile = /\bfleet file\b|\bpgbouncer\.ini\b|\bpostgresql\.conf\b|~\/\.ssh\/|\$\{file\}/
// An error's hint, handed on.
const handedOn = /^(\$\{)?(error|over|plan|resolved)\.hint\b|^\[\.\.\.new Set\(failed\.map/

test('a hint is a command to type, or the edit of a file that it names', () => {
  const wrong = sourceFiles('src/**/*.ts').flatMap(({file, text}) =>
    hintsOf(text)
      .filter((hint) => ![command, built, namedFile, handedOn].some((pattern) => pattern.test(hint)))
      .map((hint) => `${file}: ${hint}`),
  )
  expect(wrong).toEqual([])
})

/** Expressions that become hints: the property, and the argument of a function that takes one. */
function hintsOf(text: string): string[] {
  const source = ts.createSourceFile('', text, ts.ScriptTarget.Latest, true)
  const hints: ts.Expression[] = []
  const takers = new Map<string, number>()
  const walk = (visit: (node: ts.Node) => void, node: ts.Node = source) => {
    visit(node)
    ts.forEachChild(node, (child) => walk(visit, child))
  }
  walk((node) => {
    if (!ts.isFunctionLike(node)) return
    const at = node.parameters.findIndex(({name}) => name.getText() === 'hint')
    const named = ts.isVariableDeclaration(node.parent) ? node.parent.name : node.name
    if (at !== -1 && named) takers.set(named.getText(), at)
  })
  walk((node) => {
    if (ts.isPropertyAssignment(node) && node.name.getText() === 'hint') hints.push(node.initializer)
    const at = ts.isCallExpression(node) ? takers.get(node.expression.getText()) : undefined
    if (at !== undefined && ts.isCallExpression(node) && node.arguments[at]) hints.push(node.arguments[at])
  })
  return hints
    .flatMap(branchesOf)
    .filter((hint) => !isName(hint))
    .map((hint) => hint.getText())
}

function branchesOf(hint: ts.Expression): ts.Expression[] {
  return ts.isConditionalExpression(hint)
    ? [...branchesOf(hint.whenTrue), ...branchesOf(hint.whenFalse)]
    : [hint]
}

/** A variable; the rule is about where it was written. */
const isName = (hint: ts.Expression): boolean => ts.isIdentifier(hint)
