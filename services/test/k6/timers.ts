// k6 has these as a module; a timer of Node's is no other.
export {clearInterval, clearTimeout, setInterval, setTimeout} from 'node:timers'
