import {createHash} from 'node:crypto'
import {stripTypeScriptTypes} from 'node:module'

/** Jest transform: Node removes the types and leaves every line and column where it was. */
export default {
  getCacheKey: (source, path) =>
    createHash('sha256').update(process.version).update(path).update(source).digest('hex'),
  process: (source) => ({code: stripTypeScriptTypes(source)}),
}
