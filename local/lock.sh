#!/bin/sh
# Compile the locks: lock.sh SERVICE_FOLDER... Hashes for every file, no index address, no path of this machine.
# A service's lock holds its engine drivers and provider SDKs, for its image; the root lock is the embedded run without them.
set -eu
uv="$(dirname "$0")/../.venv/bin/uv"
cd "$(dirname "$0")/.."

compile() { # OUTPUT, then sources and options
    output=$1; shift
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url \
        --no-emit-package souk-chassis --custom-compile-command "make lock" --output-file "$output" "$@"
    if grep -nE '^(-e|-f|-i|--(find-links|index|extra-index)|file:|\.|/)|file://|/home/|/work/' "$output"; then
        echo "$output carries an address or a path (above)" >&2
        exit 1
    fi
    echo "$output: $(grep -c '^[a-zA-Z0-9]' "$output") packages"
}

printf '%s\n' 'uv==0.13.9' 'hatchling>=1.27' 'editables>=0.5' | compile local/bootstrap.lock -
sources=chassis/pyproject.toml
for service in "$@"; do sources="$sources $service/pyproject.toml"; done
# With the drivers and SDKs that come as wheels, so that the tests of their adapters run everywhere.
# shellcheck disable=SC2086
compile requirements.lock $sources --group pyproject.toml:run --group pyproject.toml:dev \
    --extra postgres --extra mongodb --extra elasticsearch --extra stripe --extra paypal --extra fcm
# The drivers of the real engines and the providers' SDKs, at versions that go with the rest.
# shellcheck disable=SC2086
compile requirements-engines.lock $sources --constraint requirements.lock --group pyproject.toml:engines \
    --extra postgres --extra mysql --extra mongodb --extra elasticsearch --extra stripe --extra paypal --extra fcm
# What was tested together is what an image gets: a service's lock has the versions of the two above.
for service in "$@"; do
    compile "$service/requirements.lock" "$service/pyproject.toml" --all-extras \
        --constraint requirements.lock --constraint requirements-engines.lock
done
