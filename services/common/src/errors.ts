/** What a caller is told: a status of HTTP, a code for programs, a sentence for people. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  readonly statusCode: number
  readonly code: string

  constructor(statusCode: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.statusCode = statusCode
    this.code = code
  }
}

export const notFound = (what: string) => new ServiceError(404, 'NOT_FOUND', `There is no such ${what}.`)
