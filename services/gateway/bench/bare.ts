// node services/gateway/bench/bare.ts PORT TO: the least that stands between two of Node's own HTTP servers; hands everything on and
// looks at nothing. What the gateway takes is beside what this takes.
import {Agent, createServer, request} from 'node:http'

const [port, to = ''] = process.argv.slice(2)
const agent = new Agent({keepAlive: true, maxSockets: 64})

createServer((incoming, outgoing) => {
  const {method = 'GET', headers, url = '/'} = incoming
  const asked = request(new URL(url.replace(/^\/api/, ''), to), {method, headers, agent}, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(outgoing)
  })
  asked.on('error', () => outgoing.destroy())
  incoming.pipe(asked)
}).listen(Number(port), '127.0.0.1', () => process.send?.('listening'))
