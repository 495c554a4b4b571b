// Preloaded into pp by a test (NODE_OPTIONS=--import): writes down when pp starts a process and when it opens a connection.
import {ChildProcess} from 'node:child_process'
import {appendFileSync} from 'node:fs'
import net from 'node:net'
import process from 'node:process'

const file = process.env.PP_TRACED
if (file) {
  tell(ChildProcess.prototype, 'spawn')
  tell(net.Socket.prototype, 'connect')
}

function tell(prototype, name) {
  const original = prototype[name]
  prototype[name] = function (...args) {
    appendFileSync(file, `${JSON.stringify({at: Date.now(), name})}\n`)
    return original.apply(this, args)
  }
}
