import {expect, test} from '@jest/globals'

import {imageFor, isImageNamed, versionOf} from '../../src/lib/rollout/image.ts'

const running = 'registry.example:5000/pixelpulse/auth:1.4.0'
const digest = `sha256:${'0123456789abcdef'.repeat(4)}`

test.each([
  {asked: '1.5.0', image: 'registry.example:5000/pixelpulse/auth:1.5.0'},
  {asked: digest, image: `registry.example:5000/pixelpulse/auth@${digest}`},
  {asked: 'docker.io/other/auth:2', image: 'docker.io/other/auth:2'},
  {asked: `auth@${digest}`, image: `auth@${digest}`},
])('$asked in place of 1.4.0', ({asked, image}) => {
  expect(imageFor(running, asked)).toBe(image)
})

test.each(['', 'two words', 'docker.io/other/auth', 'auth@sha256:12', '-x', '$(id)', 'A/B:1:2'])(
  '"%s" is refused',
  (asked) => {
    expect(() => imageFor(running, asked)).toThrow(expect.objectContaining({code: 'IMAGE_INVALID'}))
  },
)

test.each([
  {image: running, version: '1.4.0'},
  {image: `auth@${digest}`, version: 'sha256:0123456789ab'},
  {image: 'auth', version: 'auth'},
])('$version of $image', ({image, version}) => {
  expect(versionOf(image)).toBe(version)
})

test.each([
  {one: 'docker.io/pixelpulse/auth:1', other: 'pixelpulse/auth:1', is: true},
  {one: 'docker.io/library/nginx:latest', other: 'nginx', is: true},
  {one: `docker.io/pixelpulse/auth@${digest}`, other: `pixelpulse/auth:1@${digest}`, is: true},
  {one: running, other: 'registry.example:5000/pixelpulse/auth:1.4.0', is: true},
  {one: running, other: 'pixelpulse/auth:1.4.0', is: false},
  {one: 'pixelpulse/auth:1', other: 'pixelpulse/auth:2', is: false},
])('$one and $other are the same image: $is', ({one, other, is}) => {
  expect(isImageNamed(one, other)).toBe(is)
})
