import {homedir} from 'node:os'
import path from 'node:path'

const state = process.env.XDG_STATE_HOME || path.join(homedir(), '.local/state')

/** Where everything lies that `npm run services` keeps between two runs. */
export const folder = process.env.PP_SERVICES_STATE || path.join(state, 'pp/services')
export const logFile = (name: string): string => path.join(folder, 'logs', `${name}.log`)

export const host = '127.0.0.1'
export const ports = {
  gateway: 8080,
  auth: 8081,
  projects: 8082,
  render: 8083,
  collab: 8084,
  thumbnails: 8085,
  s3: 8086,
  postgres: 8087,
} as const
export type PartName = keyof typeof ports
export const urlOf = (name: PartName): string => `http://${host}:${ports[name]}`
