import {notFound, scene, ServiceError, type Scene} from '@pixelpulse/common'
import * as z from 'zod'

const renderInput = z.object({
  version: z.int(),
  scene,
  assets: z.array(z.object({id: z.uuid(), key: z.string()})),
})
export interface RenderInput {
  readonly version: number
  readonly scene: Scene
  readonly assets: readonly {readonly id: string; readonly key: string}[]
}

/**
 * What is to be drawn, asked of `projects` for the user himself: who may not see a design gets no picture of it.
 * @throws ServiceError NOT_FOUND (404), PROJECTS_AWAY (503).
 */
export async function fetchRenderInput(
  projectsUrl: string,
  {
    designId,
    version,
    token,
  }: {readonly designId: string; readonly version: number | undefined; readonly token: string},
): Promise<RenderInput> {
  const url = new URL(`/designs/${designId}/render-input`, projectsUrl)
  if (version !== undefined) url.searchParams.set('version', String(version))
  try {
    const response = await fetch(url, {
      headers: {authorization: `Bearer ${token}`},
      signal: AbortSignal.timeout(10_000),
    })
    if (response.status === 404) throw notFound('design')
    if (!response.ok) throw new Error(`projects answered ${response.status}`)
    return renderInput.parse(await response.json())
  } catch (error) {
    if (error instanceof ServiceError) throw error
    throw new ServiceError(503, 'PROJECTS_AWAY', 'Designs cannot be read now. Try again.', {cause: error})
  }
}
