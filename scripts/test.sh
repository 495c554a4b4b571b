#!/bin/sh
# npm test: sets up what is missing, checks the sources, runs every test. The last line counts them.
set -eu
cd "$(dirname "$0")/.."
sh bin/setup --quiet --tests
exec node_modules/.bin/node scripts/test.js "$@"
