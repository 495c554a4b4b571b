import {ask, unique} from './api.js'

const colors = ['#e4572e', '#17bebb', '#ffc914', '#0b3c49']

/**
 * A poster of so many layers, half of them shapes, half of them text.
 *
 * @param {number} layers
 */
export const scene = (layers) => ({
  width: 1200,
  height: 800,
  background: '#f6f3ee',
  layers: Array.from({length: layers}, (_, index) => ({
    id: `l${index}`,
    x: (index * 97) % 1000,
    y: (index * 61) % 700,
    width: 180,
    height: 90,
    ...(index % 2 === 0
      ? {kind: 'rectangle', fill: colors[index % 4], cornerRadius: 12}
      : {kind: 'text', text: 'Pixels and their pulse', fontSize: 28, fill: colors[index % 4]}),
  })),
})

/**
 * @param {string} token
 * @returns {{id: string, version: number}}
 */
export function makeDesign(token, kind = 'make') {
  const body = {title: 'Under load', scene: scene(20)}
  const answer = ask('POST', '/designs', {kind, token, body, key: unique(), status: 201})
  return /** @type {any} */ (answer.json())
}

/**
 * @param {string} token
 * @param {string} id
 */
export const deleteDesign = (token, id) =>
  ask('DELETE', `/designs/${id}`, {kind: 'delete', token, key: unique(), status: 204})
