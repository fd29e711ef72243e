#!/bin/sh
# dependencies.sh FOLDER: put what wordgru.hpp needs into FOLDER/include and FOLDER/lib, and install nothing.
#
# For Linux on x86-64, where only package registries can be reached: utf8proc and nlohmann-json are Debian's packages;
# onnxruntime's headers and library, which come together in no smaller package of a registry, are in one of npm's
# (150 MB, for Unity). Elsewhere use a release of onnxruntime and your system's packages.
set -eu
folder=${1:?"usage: dependencies.sh FOLDER"}
package=com.github.asus4.onnxruntime version=0.4.9 # onnxruntime 1.29.0
sha256=e59788788818fdde1b2e522e766a21ba0f7d8391de55737abf81e32cc801785d

for tool in npm tar sha256sum apt-get dpkg-deb; do
    command -v $tool >/dev/null || { echo "dependencies.sh: needs $tool" >&2; exit 1; }
done
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
beside=$(mktemp -d "$folder/.new.XXXXXX")
trap 'rm -rf "$beside"' EXIT
cd "$beside"

# Lists of our own where the system has none: `apt-get update` would need root to renew the system's.
own="-o Dir::State::Lists=$beside/lists -o Dir::Cache=$beside/cache -o APT::Sandbox::User=$(id -un)"
debian="libutf8proc-dev nlohmann-json3-dev"
mkdir -p lists/partial cache/archives/partial
# shellcheck disable=SC2086  # words, not one string
apt-get -qq -o APT::Sandbox::User="$(id -un)" download $debian 2>/dev/null ||
    { apt-get -qq $own update && apt-get -qq $own download $debian; }
for file in *.deb; do dpkg-deb -x "$file" debian; done

npm pack --silent --ignore-scripts $package@$version >/dev/null
echo "$sha256  $package-$version.tgz" | sha256sum --check --quiet
tar -xzf $package-$version.tgz --wildcards package/LICENSE '*/ios-arm64/onnxruntime.framework/Headers/*.h' \
    '*/Linux/x64/libonnxruntime.so'

mkdir -p new/include new/lib
cp -r debian/usr/include/* new/include
cp package/Plugins/iOS~/onnxruntime.xcframework/ios-arm64/onnxruntime.framework/Headers/* new/include
find debian -name libutf8proc.a -exec cp {} new/lib \;
cp package/Plugins/Linux/x64/libonnxruntime.so new/lib/libonnxruntime.so.1 # the name it was linked under
ln -s libonnxruntime.so.1 new/lib/libonnxruntime.so
cp package/LICENSE new/LICENSE.onnxruntime
rm -rf "$folder/include" "$folder/lib"
mv new/* "$folder"
echo "$folder"
