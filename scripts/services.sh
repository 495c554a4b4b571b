#!/bin/sh
# npm run services: sets up what is missing, then runs PixelPulse on this machine's loopback until Ctrl-C.
set -eu
cd "$(dirname "$0")/.."
sh bin/setup --quiet --services
exec node_modules/.bin/node services/run/services.ts "$@"
