#!/bin/sh
# Build the images of services: images.sh [SERVICE...], by docker, podman or buildah. BASE chooses the base image and
# BUILD_OPTIONS adds options, such as the volume with a company's certificates.
set -eu
cd "$(dirname "$0")/.."

builder=${BUILDER:-}
for each in docker podman buildah; do
    [ -n "$builder" ] || ! command -v "$each" >/dev/null 2>&1 || builder=$each
done
[ -n "$builder" ] || { echo "No docker, podman or buildah is installed." >&2; exit 1; }
# podman and buildah leave HEALTHCHECK out of their own format.
case $builder in *docker) format= ;; *) format=--format=docker ;; esac

version=$(git describe --tags --always --dirty)
build() { # SERVICE FOLDER
    # shellcheck disable=SC2086
    "$builder" build $format ${BUILD_OPTIONS:-} ${BASE:+--build-arg "BASE=$BASE"} \
        --build-arg "SERVICE=$1" --build-arg "FOLDER=$2" \
        --build-arg "VERSION=$version" --build-arg "REVISION=$(git rev-parse HEAD)" \
        --file deploy/service.Dockerfile --tag "souk-$1:$version" .
}

services=$(python3 -c 'import tomllib; [print(name, each["folder"]) for name, each in tomllib.load(open("services.toml", "rb")).items()]')
for wanted in "${@:-.*}"; do
    echo "$services" | grep -E "^$wanted " | while read -r service folder; do build "$service" "$folder" </dev/null; done
done
