#!/bin/sh
# The environment from the lock: install.sh FOLDER. Called by `make install`; can be repeated after an interruption.
set -eu
venv=$1
python=${PYTHON:-python3}

fail() { printf '%s\n' "$*" >&2; exit 1; }

command -v "$python" >/dev/null 2>&1 || fail "There is no $python. Install Python 3.11 or newer, or say which: make up PYTHON=python3.12"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or newer is needed; $python is $("$python" -c 'import platform; print(platform.python_version())'). Say which: make up PYTHON=python3.12"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "Python's venv module is not complete. On Debian or Ubuntu: apt install python3-venv"

if ! "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "Making the environment $venv"
    rm -rf "$venv"
    "$python" -m venv "$venv"
fi
if [ ! -x "$venv/bin/uv" ] || ! grep -q "^uv==$("$venv/bin/uv" --version | cut -d' ' -f2) " local/bootstrap.lock; then
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r local/bootstrap.lock
fi
echo "Installing what requirements.lock names"
"$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --require-hashes -r requirements.lock
# Our own libraries: not from an index, and their build tool is pinned as well.
"$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --build-constraints local/bootstrap.lock --editable chassis --editable testkit
