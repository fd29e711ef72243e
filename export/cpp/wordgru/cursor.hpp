// The text before a cursor, cut where the word begins that is being typed. `wordgru/text/cursor.py` in C++.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "errors.hpp"
#include "tokenizer.hpp"
#include "unicode.hpp"
#include "words.hpp"

namespace wordgru::detail {

/// Where what follows the last white space of `text` begins.
inline std::size_t last_line_part(const std::string& text) {
    const auto space = text.find_last_of(" \n\r\t");
    return space == text.npos ? 0 : space + 1;
}

/// The text before its unfinished last word, and that word; where `count` is 2 the last two, if one space is between
/// them.
inline std::pair<std::string, std::string> parted(const std::string& text, const Tokenizer& tokenizer, int count = 1) {
    const std::size_t start = last_line_part(text);
    const std::string tail = tokenizer.normalize(std::string_view(text).substr(start)), before = text.substr(0, start);
    const auto [rest, unfinished] = split_last(tail);
    if (count == 2 && !unfinished.empty() && rest.empty() && ends_with(before, " ")) {
        const auto [head, first] = parted(before.substr(0, start - 1), tokenizer);
        if (!first.empty()) return {head, first + ' ' + std::string(unfinished)};
    }
    return {before + std::string(rest), std::string(unfinished)};
}

/// Where the unfinished last word begins in the text as it was typed, which normalising may change.
inline std::size_t word_start(const std::string& text, const std::string& unfinished, const Tokenizer& tokenizer) {
    const std::size_t most = count_characters(unfinished);
    std::size_t start = text.size();
    for (std::size_t at = start; at > 0;) {
        const std::size_t next = before(text, at);
        const std::string seen = tokenizer.normalize(std::string_view(text).substr(next));
        if (count_characters(seen) > most) break;
        at = next;
        if (seen == unfinished) start = at;
    }
    return start;
}

/// The letters with which a word begins, as the model sees them. Throws WordgruError if they are no part of a word.
inline std::string as_prefix(const std::string& given, const Tokenizer& tokenizer) {
    check_text(given);
    std::string seen = tokenizer.normalize(given);
    const std::u32string characters = decode(seen).text;
    const bool unspaced = is_one(characters) && characters[0] != U' ' && kind(characters) == Kind::unspaced;
    if (!seen.empty() && !unspaced && !split_last(seen).first.empty()) {
        throw WordgruError("the prefix '" + given +
                           "' is no beginning of a word; expected letters or digits, with single ' ’ or - between "
                           "them. Put what stands before the word into the context.");
    }
    return seen;
}

}  // namespace wordgru::detail
