// Stands in, when bundling, for an optional package: whoever requires it finds that it is not installed.
throw new Error('not bundled with pp')
