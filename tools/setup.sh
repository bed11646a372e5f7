#!/bin/sh
# Brings what this machine lacks: system packages, a virtual environment, the locked Python packages.
# usage: tools/setup.sh run|test
set -eu

purpose=$1
packages="libzbar0 fonts-noto-cjk fonts-jetbrains-mono tzdata"
lock=requirements.lock
if [ "$purpose" = test ]; then
    packages="$packages postgresql chromium nodejs poppler-utils qpdf libdmtx0b cups-ipp-utils dbus avahi-daemon"
    lock=requirements-dev.lock
fi
python=${PYTHON:-python3}

missing() {
    for package in $packages; do
        if [ "$package" = postgresql ] && ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then continue; fi
        if [ "$package" = chromium ] && command -v chromium >/dev/null; then continue; fi
        if [ "$package" = nodejs ] && command -v node >/dev/null; then continue; fi
        if [ "$package" = poppler-utils ] && command -v pdfinfo >/dev/null; then continue; fi
        if [ "$package" = qpdf ] && command -v qpdf >/dev/null; then continue; fi
        dpkg -s "$package" >/dev/null 2>&1 || printf '%s ' "$package"
    done
    "$python" -c 'import ensurepip, venv' 2>/dev/null || printf 'python3-venv '
}

wanted=$(missing)
if [ -n "$wanted" ]; then
    install="apt-get install --yes --no-install-recommends $wanted"
    if [ "$(id -u)" = 0 ]; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive $install
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo apt-get update -qq && sudo DEBIAN_FRONTEND=noninteractive $install
    else
        echo "cotrack needs system packages. Run this once, then try again: sudo $install" >&2
        exit 1
    fi
fi

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "cotrack needs Python 3.11 or newer; this is $("$python" --version). Say which: make PYTHON=python3.12 …" >&2
    exit 1
}

# The stamp holds what was installed last: nothing is done twice.
stamp=.venv/installed-$purpose
made_from=$(cat "$lock" pyproject.toml hatch_build.py cotrack/foundation/web/translations/*/LC_MESSAGES/messages.po | sha256sum)
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$made_from" ] && exit 0

[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement "$lock"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
echo "$made_from" > "$stamp"
