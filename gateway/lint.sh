#!/bin/sh
# `make check`: nginx accepts the configuration and gixy finds nothing, with static addresses and with Consul's.
set -eu
cd "$(dirname "$0")"
bin=$1
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT

quietly() { "$@" >"$home/lint.log" 2>&1 || { cat "$home/lint.log"; return 1; }; }

for dns in "" 127.0.0.1:8600; do
    export GATEWAY_HOME="$home" CONSUL_DNS="$dns"
    quietly "$bin/python" -m gateway check
    # $http_host keeps the port, and each service accepts only its ALLOWED_HOSTS; try_files serves three small pages.
    quietly "$bin/gixy" --skips host_spoofing,try_files_is_evil_too "$home/nginx.conf"
done
