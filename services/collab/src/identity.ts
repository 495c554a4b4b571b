import type {Awareness} from 'y-protocols/awareness'

import type {User} from '@pixelpulse/common'

type States = Map<number, Record<string, unknown>>

const stateBytes = 4096

/**
 * Makes what somebody says of their own presence fit to be passed on: `user.id` and `user.name` are what their token says, what
 * is too long or would speak for somebody else is left out.
 */
export function vouch(states: States, awareness: Awareness, {id, name}: User): void {
  for (const [client, state] of states) {
    const owner = userOf(awareness.getStates().get(client))?.id
    const isForeign = owner !== undefined && owner !== id
    if (isForeign || JSON.stringify(state).length > stateBytes) states.delete(client)
    else states.set(client, {...state, user: {...userOf(state), id, name}})
  }
}

function userOf(state: Record<string, unknown> | undefined): {id?: unknown} | undefined {
  return typeof state?.user === 'object' && state.user !== null ? state.user : undefined
}
