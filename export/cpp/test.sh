#!/bin/sh
# Build the C++ program and hold it to the golden vectors, then the C library and its callers, plainly and under the
# sanitizers: `make test-cpp`.
#
# What wordgru.hpp needs is looked for where CMAKE_PREFIX_PATH says; without it, dependencies.sh fetches it once.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../build/cpp

skip() {
    echo "test-cpp DID NOT RUN: $1"
    exit 0
}
command -v cmake >/dev/null || skip "there is no cmake"
command -v c++ >/dev/null || skip "there is no C++ compiler"
if [ -z "${CMAKE_PREFIX_PATH:-}" ]; then
    CMAKE_PREFIX_PATH=$build/dependencies
    export CMAKE_PREFIX_PATH
    if [ ! -d "$CMAKE_PREFIX_PATH/lib" ]; then
        sh "$here/dependencies.sh" "$CMAKE_PREFIX_PATH" || skip "onnxruntime, utf8proc and nlohmann-json cannot be had"
    fi
fi

# Each is one large file to the compiler, so two folders are built at once, beginning with the longest.
folders="cpp/sanitized cpp/release c/sanitized c/release"
for folder in $folders; do
    options=-DCMAKE_BUILD_TYPE=Release
    case $folder in */sanitized)
        options="-DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O1 -DWORDGRU_SANITIZE=ON" ;;
    esac
    # shellcheck disable=SC2086  # words, not one string
    cmake -S "$here/../${folder%/*}" -B "$build/../$folder" $options
done
# shellcheck disable=SC2086
printf '%s\n' $folders | xargs -P 2 -I '{}' sh -c '
    target=; case $1 in cpp/sanitized) target="--target tests" ;; esac
    cmake --build "$2/../$1" $target' build '{}' "$build"
for folder in $folders; do
    ctest --test-dir "$build/../$folder" --parallel 2 --output-on-failure --no-tests=error
done
