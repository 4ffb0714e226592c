#!/bin/sh
# Validate docs/events/asyncapi.json with the official parser, from npm into a cache folder. Needs node; says so without it.
set -eu
cd "$(dirname "$0")"
document=${1:-../../../docs/events/asyncapi.json}
not_run() { echo "NOT RUN: validation of the AsyncAPI document: $1" >&2; exit 0; }

command -v node > /dev/null && command -v npm > /dev/null || not_run "there is no node"
folder=${XDG_CACHE_HOME:-$HOME/.cache}/souk/asyncapi-$(cat package-lock.json | sha256sum | cut -c1-16)
if [ ! -d "$folder" ]; then
    new=$folder.$$
    mkdir -p "$new"
    cp package.json package-lock.json "$new"
    (cd "$new" && npm ci --ignore-scripts --no-audit --no-fund --silent) || { rm -rf "$new"; not_run "npm cannot install the parser"; }
    mv "$new" "$folder" 2> /dev/null || rm -rf "$new"  # another check was faster
fi
node validate.cjs "$folder" "$document"
