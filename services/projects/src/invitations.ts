import {createHash, randomBytes} from 'node:crypto'

import {notFound, type App} from '@pixelpulse/common'
import * as z from 'zod'

import {assertOwner} from './membership.ts'
import {idParams, keyHeaders, write, type Parts} from './parts.ts'

/** Whoever has the link of an invitation becomes an editor of its design. */
export async function invitationRoutes(app: App, {database, settings}: Parts): Promise<void> {
  app.post(
    '/designs/:id/invitations',
    {schema: {params: idParams, response: {201: z.object({token: z.string()})}}},
    async ({params: {id}, user}, reply) => {
      const token = randomBytes(24).toString('base64url')
      await database.transaction(
        async (transaction) => {
          await assertOwner(transaction, id, user.id)
          await transaction.query(
            `insert into projects.invitations (token_hash, design_id, expires_at)
             values ($1, $2, now() + make_interval(secs => $3)) on conflict do nothing`,
            [hashOf(token), id, settings.INVITATION_SECONDS],
          )
        },
        {isRepeatable: true},
      )
      return reply.code(201).send({token})
    },
  )

  app.post(
    '/invitations/:token/accept',
    {
      schema: {
        headers: keyHeaders,
        params: z.object({token: z.string().min(20).max(100)}),
        response: {200: z.object({designId: z.uuid()})},
      },
    },
    async (request) => {
      const {body} = await write(database, request, async (transaction) => {
        const [found] = await transaction.query<{design_id: string}>(
          'select design_id from projects.invitations where token_hash = $1 and expires_at > now()',
          [hashOf(request.params.token)],
        )
        if (!found) throw notFound('invitation')
        await transaction.query(
          "insert into projects.members (design_id, user_id, role) values ($1, $2, 'editor') on conflict do nothing",
          [found.design_id, request.user.id],
        )
        return {statusCode: 200, body: {designId: found.design_id}}
      })
      return body
    },
  )
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()
