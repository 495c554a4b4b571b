import * as z from 'zod'

import type {ClusterReader} from '../drivers/kubernetes/types.ts'
import {orUndefinedIfDenied} from './denied.ts'
import {isImageNamed} from './image.ts'

const nodeSchema = z
  .object({
    status: z.object({images: z.array(z.object({names: z.array(z.string()).default([])})).default([])}),
  })
  .transform(({status}) => status.images.flatMap(({names}) => names))

/**
 * Whether a node of a cluster tells of an image. A kubelet tells of its fifty largest, so a no is no proof.
 *
 * @returns undefined when nodes may not be read.
 */
export async function isOnSomeNode(
  reader: Pick<ClusterReader, 'list'>,
  image: string,
): Promise<boolean | undefined> {
  const nodes = await orUndefinedIfDenied(() => reader.list('/api/v1/nodes', nodeSchema))
  return nodes?.flat().some((name) => isImageNamed(name, image))
}
