import {again, againWith} from '../again.ts'
import {usageError} from '../errors.ts'
import {nearest} from '../nearest.ts'
import {assertLabDatabase} from './lab-state.ts'
import type {Database, Fleet, Host, Service} from './types.ts'

/**
 * The database of that name; the only one when none is named.
 *
 * @throws PpError DATABASE_UNKNOWN, DATABASE_AMBIGUOUS; LAB_WITHOUT_DATABASE.
 */
export function findDatabase(fleet: Fleet, name: string | undefined): Database {
  const database = declaredDatabase(fleet, name)
  assertLabDatabase(fleet, database)
  return database
}

function declaredDatabase(fleet: Fleet, name: string | undefined): Database {
  const names = fleet.databases.map((database) => database.name)
  if (name === undefined) {
    const [only, second] = fleet.databases
    if (only !== undefined && second === undefined) return only
    const message = `${fleet.name}/${fleet.environment} has ${names.length} databases: ${names.join(', ') || 'none'}.`
    throw usageError('DATABASE_AMBIGUOUS', {message, hint: `Name one of them: ${again('NAME')}`})
  }
  const found = fleet.databases.find((database) => database.name === name)
  if (found) return found
  const suggestion = nearest(name, names)
  throw usageError('DATABASE_UNKNOWN', {
    message: `${fleet.name}/${fleet.environment} has no database "${name}"; it has ${names.join(', ') || 'none'}.`,
    hint: suggestion === undefined ? 'pp config explain' : againWith(name, suggestion),
  })
}

/** The service of that name. @throws PpError SERVICE_UNKNOWN. */
export function findService(fleet: Fleet, name: string): Service {
  const [service] = findServices(fleet, name)
  if (!service) throw new Error('findServices answers one or throws')
  return service
}

/** The service of that name; all when none is named. @throws PpError SERVICE_UNKNOWN. */
export function findServices(fleet: Fleet, name: string | undefined): readonly Service[] {
  if (name === undefined) return fleet.services
  const found = fleet.services.filter((service) => service.name === name)
  if (found.length > 0) return found
  const names = fleet.services.map((service) => service.name)
  const suggestion = nearest(name, names)
  throw usageError('SERVICE_UNKNOWN', {
    message: `${fleet.name}/${fleet.environment} has no service "${name}"; it has ${names.join(', ') || 'none'}.`,
    hint: suggestion === undefined ? 'pp config explain' : againWith(name, suggestion),
  })
}

/** @throws PpError HOST_UNKNOWN. */
export function findHost(fleet: Fleet, name: string): Host {
  const found = fleet.hosts.find((host) => host.name === name)
  if (found) return found
  const names = fleet.hosts.map((host) => host.name)
  const suggestion = nearest(name, names)
  throw usageError('HOST_UNKNOWN', {
    message: `The inventory of ${fleet.name}/${fleet.environment} has no host "${name}"; it has ${names.join(', ')}.`,
    hint: `Correct it in the fleet file${suggestion === undefined ? '' : ` (${suggestion}?)`}, then: pp config explain`,
  })
}
