import {notFound, ServiceError, type Transaction} from '@pixelpulse/common'

export type Role = 'owner' | 'editor'
/** What a read and a write have in common. */
type Reader = Pick<Transaction, 'query'>

/**
 * What a user may do with a design.
 * @throws ServiceError NOT_FOUND (404): the same whether it is somebody else's or does not exist.
 */
export async function roleIn(reader: Reader, designId: string, userId: string): Promise<Role> {
  const [row] = await reader.query<{role: Role}>(
    'select role from projects.members where design_id = $1 and user_id = $2',
    [designId, userId],
  )
  if (!row) throw notFound('design')
  return row.role
}

/** @throws ServiceError NOT_FOUND (404), OWNER_ONLY (403). */
export async function assertOwner(reader: Reader, designId: string, userId: string): Promise<void> {
  if ((await roleIn(reader, designId, userId)) !== 'owner')
    throw new ServiceError(403, 'OWNER_ONLY', 'Only the owner of this design may do that.')
}
