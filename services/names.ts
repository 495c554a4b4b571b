/** The services; `thumbnails` is a function where there is AWS. */
export const names = ['auth', 'projects', 'render', 'collab', 'thumbnails', 'gateway'] as const
export type Name = (typeof names)[number]

/** Those whose schema a migration brings up to date. */
export const withDatabase = ['auth', 'projects', 'render', 'collab'] as const
