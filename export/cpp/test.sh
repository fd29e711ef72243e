#!/bin/sh
# Build the C++ program and hold it to the golden vectors, plainly and under the sanitizers: `make test-cpp`.
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

cmake -S "$here" -B "$build/release" -DCMAKE_BUILD_TYPE=Release
cmake -S "$here" -B "$build/sanitized" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O1 -DWORDGRU_SANITIZE=ON
cmake --build "$build/release" --parallel 2
cmake --build "$build/sanitized" --parallel 2 --target golden --target fuzz
for kind in release sanitized; do
    ctest --test-dir "$build/$kind" --parallel 2 --output-on-failure --no-tests=error
done
