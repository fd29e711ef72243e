// Which words of a text are prose, and may be corrected: no numbers, code, addresses or words in capitals.
// `wordgru/text/prose.py` in C++.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "unicode.hpp"
#include "words.hpp"

namespace wordgru::detail {

/// Whether it is a small letter, or a capital that begins a word only.
inline bool is_lower_or_title(char32_t c) {
    const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
    return category == UTF8PROC_CATEGORY_LL || category == UTF8PROC_CATEGORY_LT || c == U'ª' || c == U'º';
}

/// Where code ends that begins at a place as Markdown marks it, between backticks; the place itself where none does.
inline std::size_t code_end(std::u32string_view text, std::size_t at) {
    if (text.substr(at, 3) == U"```") return std::min(text.find(U"```", at + 3), text.size() - 3) + 3;
    if (text[at] != U'`') return at;
    const std::size_t end = text.find_first_of(U"`\n", at + 1);
    return end != text.npos && text[end] == U'`' && end > at + 1 ? end + 1 : at;
}

/// Whether the word of `text` from `start` to `end`, in characters, may be corrected.
inline bool is_prose(std::u32string_view text, std::size_t start, std::size_t end) {
    constexpr std::u32string_view kBeside = U"@/\\_#:=<>{}[]$%&~^+*|";  // marks that say it is something else
    const std::u32string_view word = text.substr(start, end - start);
    const auto at = [&](std::size_t place) { return place < text.size() ? text[place] : U' '; };
    const char32_t before = start > 0 ? text[start - 1] : U' ', after = at(end);
    bool has_letters = false;
    for (const char32_t c : word) {
        if (c == U'\'' || c == U'’') continue;
        if (major_category(c) != 'L') return false;
        has_letters = true;
    }
    const bool in_capitals = word.size() > 1 && std::any_of(word.begin(), word.end(), is_upper) &&
                             std::none_of(word.begin(), word.end(), is_lower_or_title);
    if (!has_letters || in_capitals || std::any_of(word.begin() + 1, word.end(), is_upper)) return false;
    if (among(before, kBeside) || among(after, kBeside)) return false;
    const bool after_dot = before == U'.' && start > 1 && is_spoken(text[start - 2]);
    return !after_dot && !(after == U'.' && is_spoken(at(end + 1)));
}

}  // namespace wordgru::detail
