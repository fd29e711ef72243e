// Checks that are counted, for the programs that hold the headers to golden vectors. Included once in a program.
#pragma once

#include <cstdio>
#include <string>

/// onnxruntime keeps a few hundred bytes to the end of the process; what leaks elsewhere is reported.
extern "C" const char* __lsan_default_suppressions() { return "leak:libonnxruntime"; }

namespace {

int passed = 0, failed = 0;

void expect(bool holds, const std::string& what) {
    ++(holds ? passed : failed);
    if (!holds) std::printf("FAILED %s\n", what.c_str());
}

}  // namespace
