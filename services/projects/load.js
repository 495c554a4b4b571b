// k6 run -e BASE_URL=… services/projects/load.js: somebody makes a design, saves it several times, puts an image into it, looks
// at its versions, and deletes it.
import {check} from 'k6'
import {b64decode} from 'k6/encoding'

import {ask, sent, think, unique} from '../common/load/api.js'
import {deleteDesign, makeDesign, scene} from '../common/load/designs.js'
import {loadOptions, within} from '../common/load/options.js'
import {signUpUsers, tokenOf} from '../common/load/users.js'

export const options = loadOptions({
  sessionsPerMinute: 60,
  sessionSeconds: 12,
  thresholds: within({
    list: 250,
    read: 250,
    versions: 250,
    make: 400,
    save: 400,
    announce: 400,
    upload: 500,
    complete: 600,
    delete: 400,
  }),
})

/** A PNG of 8 × 8 pixels. */
const image = b64decode(
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAEUlEQVQImWNQSluFFTEMLQkAwntMgSxUqMkAAAAASUVORK5CYII=',
)

export const setup = signUpUsers

/** @param {ReturnType<typeof setup>} users */
export default function (users) {
  const token = tokenOf(users)
  ask('GET', '/designs', {kind: 'list', token})
  think(1)
  const {id, version} = makeDesign(token)
  for (let layers = 21; layers < 24; layers += 1) {
    think(2)
    save(token, id, {scene: scene(layers), baseVersion: version + layers - 21})
  }
  upload(token, id)
  think(1)
  const design = ask('GET', `/designs/${id}`, {kind: 'read', token})
  check(/** @type {any} */ (design.json()), {
    'read: is what was saved last': (saved) =>
      saved.version === version + 3 && saved.scene.layers.length === 23,
  })
  ask('GET', `/designs/${id}/versions`, {kind: 'versions', token})
  think(1)
  deleteDesign(token, id)
}

/**
 * @param {string} token
 * @param {string} id
 * @param {object} body
 */
function save(token, id, body) {
  ask('PUT', `/designs/${id}/scene`, {kind: 'save', token, body, key: unique()})
}

/**
 * The image goes to the store itself, at the address that projects has signed.
 *
 * @param {string} token
 * @param {string} designId
 */
function upload(token, designId) {
  const body = {name: 'load', contentType: 'image/png', sizeBytes: image.byteLength}
  const options = {kind: 'announce', token, body, key: unique(), status: 201}
  const asset = /** @type {any} */ (ask('POST', `/designs/${designId}/assets`, options).json())
  sent('PUT', asset.upload.url, image, {kind: 'upload', headers: asset.upload.headers})
  ask('POST', `/assets/${asset.id}/complete`, {kind: 'complete', token})
}
