import {expect, test} from '@jest/globals'

import {parseInventory} from '../../src/lib/fleet/inventory.ts'

const hosts = (text: string) => parseInventory('hosts.yaml', text)
const show = (text: string) =>
  hosts(text).map(({name, site, groups}) => `${name} ${site} ${groups.join('+')}`)

test('a child group gives its hosts to its parents, and its variables win over theirs', () => {
  expect(
    show(`
all:
  vars: {site: rack}
  children:
    databases: {children: {database_main: {hosts: {db1: }, vars: {site: aws}}}, vars: {site: other}}
    plain: {hosts: {db2: }}
`),
  ).toEqual(['db1 aws databases+database_main', 'db2 rack plain'])
})

test("a host's own variables win over those of its groups, wherever they are written", () => {
  expect(show('all: {hosts: {a: {site: aws}}}\ng: {hosts: {a: }, vars: {site: rack}}')).toEqual(['a aws g'])
})

test('a range stands for its hosts', () => {
  expect(hosts('g: {hosts: {"db[08:10].rack": }}').map(({name}) => name)).toEqual([
    'db08.rack',
    'db09.rack',
    'db10.rack',
  ])
})

test.each([
  {name: 'an INI inventory', text: '[database_main]\ndb1\n', says: 'not a YAML mapping'},
  {name: 'a list of hosts', text: 'g: {hosts: [db1]}', says: 'hosts: should be a mapping'},
  {
    name: 'a key no group has',
    text: 'g: {host: {db1: }}',
    says: 'g.host: a group has hosts, children and vars',
  },
  {
    name: 'a template in an address',
    text: 'g: {hosts: {db1: {ansible_host: "{{ ip }}"}}}',
    says: 'not a template',
  },
  {
    name: 'a host name that is an option of ssh',
    text: 'g: {hosts: {-oProxyCommand=x: }}',
    says: 'no name of a host',
  },
  {name: 'a host name with a space', text: 'g: {hosts: {"db1 ; reboot": }}', says: 'no name of a host'},
  {name: 'a port that is none', text: 'g: {hosts: {db1: {ansible_port: ssh}}}', says: 'is no port'},
])('$name is refused', ({text, says}) => {
  expect(() => hosts(text)).toThrow(says)
})
