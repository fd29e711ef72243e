// All tests in one program, which is compiled as one file: most of the time goes into the headers.
//
//     tests golden|sources|typing VECTORS REPOSITORY
//     tests fuzz BUNDLE SECONDS [SEED]

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <map>
#include <string>

#include "checks.hpp"

using Test = void(const std::filesystem::path& vectors, const std::filesystem::path& repository);
namespace golden {
Test run;
}
namespace sources {
Test run;
}
namespace typing {
Test run;
}
namespace fuzz {
void run(const std::filesystem::path& bundle, int seconds, unsigned seed);
}

/// onnxruntime keeps a few hundred bytes to the end of the process, and more of a broken graph; what leaks elsewhere is
/// reported.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libonnxruntime\n"; }

int main(int count, char** arguments) {
    const std::map<std::string, Test*> tests = {
        {"golden", golden::run}, {"sources", sources::run}, {"typing", typing::run}};
    const std::string name = count > 1 ? arguments[1] : "";
    if (name == "fuzz" && (count == 4 || count == 5)) {
        fuzz::run(arguments[2], std::atoi(arguments[3]), count == 5 ? static_cast<unsigned>(std::atoi(arguments[4])) : 0U);
        return 0;
    }
    if (!tests.count(name) || count != 4) {
        std::fputs("usage: tests golden|sources|typing VECTORS REPOSITORY, or tests fuzz BUNDLE SECONDS [SEED]\n", stderr);
        return 2;
    }
    try {
        tests.at(name)(arguments[2], arguments[3]);
    } catch (const std::exception& error) {
        expect(false, error.what());
    }
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed || !passed;
}
