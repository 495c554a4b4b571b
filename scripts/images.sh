#!/bin/sh
# npm run images: sets up what is missing, then builds an image of each bundled service. Options: services/images/images.ts
set -eu
cd "$(dirname "$0")/.."
sh bin/setup --quiet --images
exec node_modules/.bin/node services/images/images.ts "$@"
