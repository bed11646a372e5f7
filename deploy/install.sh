#!/bin/sh
# Installs cotrack from this bundle into a new folder, without any network.
# usage: sh install.sh FOLDER
set -eu
umask 022

folder=${1:?"usage: sh install.sh FOLDER"}
python=${PYTHON:-python3}
case $folder in
/*) ;;
*) folder=$PWD/$folder ;;
esac
cd "$(dirname "$0")"

if [ -e "$folder" ]; then
    echo "$folder exists: every version has a folder of its own" >&2
    exit 1
fi
sha256sum --check --quiet SHA256SUMS
found=$("$python" -c 'import platform, sys; print("Python %d.%d" % sys.version_info[:2], platform.system(), platform.machine())')
if [ "$found" != "$(cat PLATFORM)" ]; then
    echo "this bundle is for $(cat PLATFORM), and this machine has $found: make a bundle on a machine like this one" >&2
    exit 1
fi

trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
# No configuration of this machine's pip may bring another index, and every file must have the hash of the list.
PIP_CONFIG_FILE=/dev/null "$folder/venv/bin/python" -m pip --isolated --disable-pip-version-check install --quiet \
    --no-index --find-links wheels --only-binary=:all: --no-deps --require-hashes --requirement requirements.txt
cp -R deploy docs VERSION "$folder/"
trap - EXIT
echo "$("$folder/venv/bin/cotrack" --version) is installed in $folder"
