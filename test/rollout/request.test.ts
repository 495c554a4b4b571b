import {describe, expect, test} from '@jest/globals'

import {resolved} from '../../src/lib/rollout/request.ts'
import {imageOf} from '../../src/lib/rollout/template.ts'
import {facts, image, template} from './facts.ts'

const auth = {name: 'auth', migrate: undefined}
const deploying = {operation: 'deploy', patienceSeconds: 300} as const
const goingBack = {operation: 'rollback', patienceSeconds: 300} as const
const aws = {cluster: 'aws', site: 'aws'}
const imagesOf = ({targets}: ReturnType<typeof resolved>) =>
  targets.map(({cluster, to, revision}) => ({
    cluster,
    image: imageOf(to),
    ...(revision === undefined ? {} : {revision}),
  }))

describe('a deploy', () => {
  test('of a tag, in every cluster that does not run it', () => {
    const intent = resolved(
      {...deploying, image: '1.1.0'},
      [facts(), facts({...aws, template: template('1.1.0')})],
      auth,
    )
    expect(imagesOf(intent)).toEqual([{cluster: 'rack', image: image('1.1.0')}])
  })

  test('of nothing named brings what the first cluster runs to the others', () => {
    const intent = resolved(deploying, [facts(), facts({...aws, template: template('0.9.0')})], auth)
    expect(imagesOf(intent)).toEqual([{cluster: 'aws', image: image('1.0.0')}])
  })

  test('of what runs everywhere is nothing to do', () => {
    expect(resolved({...deploying, image: '1.0.0'}, [facts()], auth).targets).toEqual([])
  })

  test.each([
    {what: 'nothing named, and all run the same', seen: [facts(), facts(aws)], code: 'IMAGE_NEEDED'},
    {
      what: 'a paused rollout',
      seen: [facts({progress: {...facts().progress, isPaused: true}})],
      code: 'ROLLOUT_PAUSED',
    },
    {
      what: 'a canary of somebody else',
      seen: [
        facts({
          canary: {
            name: 'auth-canary',
            template: template('1.1.0'),
            operation: 'OP',
            progress: facts().progress,
          },
        }),
      ],
      code: 'CANARY_LEFT',
    },
    {
      what: 'what leads to the canary of another operation',
      seen: [facts({route: {name: 'auth-canary', operation: 'OP', hasService: true, weight: undefined}})],
      code: 'CANARY_LEFT',
    },
  ])('is refused: $what', ({seen, code}) => {
    expect(() => resolved(deploying, seen, auth)).toThrow(expect.objectContaining({code}))
  })
})

describe('a rollback', () => {
  test('goes to the revision before the one in force', () => {
    expect(imagesOf(resolved(goingBack, [facts()], auth))).toEqual([
      {cluster: 'rack', image: image('0.9.0'), revision: 1},
    ])
  })

  test('takes the whole template back, not the image alone', () => {
    const old = {
      number: 1,
      replicaSet: 'auth-a',
      template: template('1.0.0', {nodeName: 'x'}),
      createdAt: '',
      cause: undefined,
    }
    const {targets} = resolved(
      {...goingBack, to: 1},
      [facts({revisions: [...facts().revisions.slice(0, 1), old]})],
      auth,
    )
    expect(targets[0]?.to.spec).toMatchObject({nodeName: 'x'})
  })

  test.each([
    {what: 'a revision that is not kept', to: 7, seen: [facts()], code: 'REVISION_UNKNOWN'},
    {
      what: 'no revision before',
      to: undefined,
      seen: [facts({revisions: facts().revisions.slice(0, 1)})],
      code: 'REVISION_UNKNOWN',
    },
    {
      what: 'clusters that would run different images',
      to: 1,
      seen: [
        facts(),
        facts({
          ...aws,
          revisions: [
            {number: 1, replicaSet: 'auth-c', template: template('0.8.0'), createdAt: '', cause: undefined},
          ],
        }),
      ],
      code: 'REVISIONS_DIFFER',
    },
  ])('is refused: $what', ({to, seen, code}) => {
    expect(() => resolved({...goingBack, to}, seen, auth)).toThrow(expect.objectContaining({code}))
  })
})
