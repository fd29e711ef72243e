// Checks that are counted, for the tests that hold the headers to golden vectors.
#pragma once

#include <cstdio>
#include <functional>
#include <string>

#include "wordgru/errors.hpp"

inline int passed = 0, failed = 0;

inline void expect(bool holds, const std::string& what) {
    ++(holds ? passed : failed);
    if (!holds) std::printf("FAILED %s\n", what.c_str());
}

/// The call fails with a WordgruError, of one line that has `says` in it.
inline void refuses(const std::function<void()>& call, const std::string& says) {
    std::string message = "nothing was raised";
    try {
        call();
    } catch (const wordgru::WordgruError& error) {
        message = error.what();
    }
    expect(message.find(says) != message.npos && message.find('\n') == message.npos, says + ": " + message);
}
