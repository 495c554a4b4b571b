import {PpError} from '../errors.ts'

/** For a fault that only a host with PostgreSQL can have. */
export const noDatabase = (host: string): PpError =>
  new PpError('refused', 'FAULT_NO_DATABASE', {
    message: `${host} runs no PostgreSQL; the database hosts do.`,
    hint: 'Name a database host. See them: pp lab status',
  })
