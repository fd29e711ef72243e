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

test_in() { # FOLDER KIND OPTIONS [TARGETS]: build and test what is there
    # shellcheck disable=SC2086  # words, not one string
    cmake -S "$here/../$1" -B "$build/../$1/$2" $3
    cmake --build "$build/../$1/$2" --parallel 2 ${4:+--target $4}
    ctest --test-dir "$build/../$1/$2" --parallel 2 --output-on-failure --no-tests=error
}
sanitized="-DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O1 -DWORDGRU_SANITIZE=ON"
test_in cpp release -DCMAKE_BUILD_TYPE=Release
test_in cpp sanitized "$sanitized" tests
test_in c release -DCMAKE_BUILD_TYPE=Release
test_in c sanitized "$sanitized"
