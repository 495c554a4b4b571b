import {expect, test} from '@jest/globals'

import {manualSteps} from '../../src/lib/database/manual.ts'
import type {JournalRecord} from '../../src/lib/operation/journal.ts'
import {intent} from '../fakes/cluster-state.ts'
import {failoverIntent} from '../fakes/lost-cluster.ts'

const journal = (kind: string, opened: object): JournalRecord[] => [
  // As it comes back from disk.
  JSON.parse(JSON.stringify({n: 0, type: 'opened', data: {kind, intent: opened}})) as JournalRecord,
]

test.each([
  {kind: 'database-switchover', opened: intent, says: [/pg_promote/, /standby\.signal/, /RESUME/]},
  {
    kind: 'database-failover',
    opened: failoverIntent,
    says: [/can db1 still write/, /pg_promote/, /ss -K dst db1/, /remove \/var\/lib\/pp\/fence\/main\.json/],
  },
  {kind: 'database-rejoin', opened: {...intent, conninfo: 'host=db2'}, says: [/pg_rewind/, /pg_basebackup/]},
])('$kind can be finished by hand', ({kind, opened, says}) => {
  const text = manualSteps(journal(kind, opened))
  for (const pattern of says) expect(text).toMatch(pattern)
})
