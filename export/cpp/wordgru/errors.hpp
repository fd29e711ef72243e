// The errors a user can cause. Each carries one line: what was wrong, what was expected, what to do.
#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace wordgru {

namespace detail {

/// `text`, which may quote what a user gave, as one line of at most some thousand bytes; its end says what to do.
inline std::string one_line(std::string text) {
    constexpr std::size_t kHalf = 500;
    if (text.size() > 2 * kHalf) {
        std::size_t first = kHalf, last = text.size() - kHalf;
        while (first > 0 && (text[first] & 0xC0) == 0x80) --first;  // whole characters
        while (last < text.size() && (text[last] & 0xC0) == 0x80) ++last;
        text = text.substr(0, first) + " … " + text.substr(last);
    }
    for (const std::string_view mark : {"\u0085", "\u2028", "\u2029"}) {  // that end a line too
        for (auto at = text.find(mark); at != text.npos; at = text.find(mark)) text.replace(at, mark.size(), " ");
    }
    for (char& byte : text) {
        if (static_cast<unsigned char>(byte) < ' ' || byte == '\x7F') byte = ' ';
    }
    return text;
}

}  // namespace detail

/// Base of every error that wordgru raises on purpose.
class WordgruError : public std::runtime_error {
   public:
    explicit WordgruError(std::string text) : std::runtime_error(detail::one_line(std::move(text))) {}
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
