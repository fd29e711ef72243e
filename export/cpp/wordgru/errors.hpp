// The errors a user can cause. Each carries one line: what was wrong, what was expected, what to do.
#pragma once

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <string>

namespace wordgru {

/// Base of every error that wordgru raises on purpose.
class WordgruError : public std::runtime_error {
   public:
    using std::runtime_error::runtime_error;
};

/// A bundle is missing, broken, foreign, or newer than this program.
class BundleError : public WordgruError {
   public:
    using WordgruError::WordgruError;
};

namespace detail {

/// What an error of the JSON library says, in one line without its code: `[json.exception.parse_error.101] `.
inline std::string reason(const std::exception& error) {
    std::string text = error.what();
    text.erase(std::min(text.find('\n'), text.size()));
    text.erase(std::min(text.find("; last read: "), text.size()));  // bytes as they are, perhaps not UTF-8
    if (text.rfind('[', 0) == 0 && text.find("] ") != text.npos) text.erase(0, text.find("] ") + 2);
    if (text.rfind("parse error at ", 0) == 0) text.erase(0, std::string("parse error at ").size());
    return text;
}

}  // namespace detail

}  // namespace wordgru
