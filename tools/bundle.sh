#!/bin/sh
# Makes a folder that installs cotrack on a machine without any network: its wheel, the wheels of the lock, deploy/, docs/.
# usage: tools/bundle.sh [FOLDER]
set -eu
umask 022
cd "$(dirname "$0")/.."

python=.venv/bin/python
bundle=${1:-bundle}
if [ -e "$bundle" ] && [ ! -e "$bundle/SHA256SUMS" ]; then
    echo "$bundle is there and is no bundle: it is left alone" >&2
    exit 1
fi
rm -rf "$bundle"
mkdir -p "$bundle/wheels"

pip() { "$python" -m pip --disable-pip-version-check "$@"; }
pip download --quiet --no-deps --require-hashes --only-binary=:all: --dest "$bundle/wheels" --requirement requirements.lock
pip wheel --quiet --no-build-isolation --no-deps --wheel-dir "$bundle/wheels" .

wheel=$(ls "$bundle"/wheels/cotrack-*.whl)
version=$(basename "$wheel" | cut -d- -f2)
platform=$("$python" -c 'import platform, sys; print("Python %d.%d" % sys.version_info[:2], platform.system(), platform.machine())')
packages=$("$python" -c 'from cotrack.labelling.gateways.needs import APT_LINE; print(APT_LINE)')
{
    cat requirements.lock
    echo "cotrack==$version --hash=sha256:$(sha256sum "$wheel" | cut -d' ' -f1)"
} >"$bundle/requirements.txt"
echo "$version" >"$bundle/VERSION"
echo "$platform" >"$bundle/PLATFORM"
cp -R deploy docs "$bundle/"
mv "$bundle/deploy/install.sh" "$bundle/"

cat >"$bundle/README.md" <<README
# cotrack $version, to install without a network

For **$platform** and no other: wheels/ holds compiled packages for exactly this. Another distribution or another
Python needs a bundle made on a machine like it (\`make bundle\`).

1. Check that nothing was changed on the way; the last line of \`make bundle\` says what the first command must print:

       sha256sum SHA256SUMS
       sha256sum --check --quiet SHA256SUMS

2. Bring the system packages. With Debian's archive in reach:

       $packages python3-venv

   Without: on a machine of the same distribution that lacks them too, and has a network, as root:

       mkdir --parents debs/partial
       apt-get update
       apt-get install --yes --download-only -o Dir::Cache::archives="\$PWD/debs" ${packages#apt-get install --yes } python3-venv

   This brings what they depend on as well (\`apt-get download\` would not). Carry debs/ over, and there, as root:

       apt-get install --yes ./debs/*.deb

3. Install the program; this asks no network for anything:

       sh install.sh /opt/cotrack-$version

4. Go on with docs/deploy.md, or try it: COTRACK_HOME=/tmp/cotrack COTRACK_ENVIRONMENT=training
   /opt/cotrack-$version/venv/bin/cotrack init
README

(cd "$bundle" && find . -type f ! -name SHA256SUMS -print0 | LC_ALL=C sort -z | xargs -0 sha256sum >SHA256SUMS)
echo "$bundle: cotrack $version for $platform, $(du -sm "$bundle" | cut -f1) MB"
echo "sha256sum SHA256SUMS: $(sha256sum "$bundle/SHA256SUMS" | cut -d' ' -f1) (carry this line apart from the folder)"
