import packageFile from '../../package.json' with { type: 'json' }

/** The version of this package, as its package.json says. */
export const VERSION: string = packageFile.version
