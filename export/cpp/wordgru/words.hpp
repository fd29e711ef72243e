// What a word is: `wordgru/words.py` in C++.
//
// A word is a maximal run of letters, digits and their combining marks, with single inner ' ’ or - between letters.
// Scripts written without spaces have no such runs; there the unit is whatever one piece of the tokenizer spells.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "unicode.hpp"

namespace wordgru {

/// The part that one character plays in words.
enum class Kind { letter, combining, inner, unspaced, other };

namespace detail {

inline bool among(char32_t c, std::u32string_view set) { return set.find(c) != set.npos; }

/// The first letter of the general category: L, M, N, P, S, Z or C.
inline char major_category(char32_t c) { return utf8proc_category_string(static_cast<utf8proc_int32_t>(c))[0]; }

inline constexpr std::u32string_view kOpening = U"([{<“‘«‹¿¡/#@$£€_*~`|\\=+";
inline constexpr std::u32string_view kQuotes = U"'\"";
inline constexpr std::u32string_view kDashes = U"-–—";

}  // namespace detail

/// ' ’ and -, which belong to a word only between two of its letters.
inline bool is_inner(char32_t c) { return c == U'\'' || c == U'’' || c == U'-'; }

/// Ranges of the scripts written without spaces between words.
inline bool in_unspaced_range(char32_t c) {
    constexpr std::pair<char32_t, char32_t> kRanges[] = {
        {0x0E00, 0x0EFF},    // Thai, Lao
        {0x0F00, 0x0FFF},    // Tibetan
        {0x1000, 0x109F},    // Burmese
        {0x1780, 0x17FF},    // Khmer
        {0x3005, 0x3007},    // ideographic iteration mark and zero
        {0x3040, 0x30FF},    // Hiragana, Katakana
        {0x3400, 0x9FFF},    // Han
        {0xF900, 0xFAFF},    // Han, compatibility
        {0x20000, 0x3FFFF},  // Han, extensions
    };
    return c >= 0x0E00 && std::any_of(std::begin(kRanges), std::end(kRanges),
                                      [c](const auto& range) { return range.first <= c && c <= range.second; });
}

inline Kind kind(char32_t c) {
    if (c < 0x80) {  // most of all text
        const bool letter = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
        return letter ? Kind::letter : is_inner(c) ? Kind::inner : Kind::other;
    }
    if (is_inner(c)) return Kind::inner;
    const char category = detail::major_category(c);
    const bool spoken = category == 'L' || category == 'N';
    if ((spoken || category == 'M') && in_unspaced_range(c)) return Kind::unspaced;
    if (spoken) return Kind::letter;
    return category == 'M' ? Kind::combining : Kind::other;
}

/// Whether `c` is punctuation or a symbol.
inline bool is_mark(char32_t c) {
    const Kind what = kind(c);
    const char category = detail::major_category(c);
    return (what == Kind::other || what == Kind::inner) && (category == 'P' || category == 'S');
}

/// Whether every character belongs to a script without spaces.
inline bool all_unspaced(std::string_view text) {
    const std::u32string characters = decode(text).text;
    return std::all_of(characters.begin(), characters.end(), [](char32_t c) { return kind(c) == Kind::unspaced; });
}

/// Where the word that begins at `start` ends.
inline std::size_t word_end(std::u32string_view text, std::size_t start) {
    std::size_t end = start + 1;
    while (end < text.size()) {
        const Kind what = kind(text[end]);
        if (what == Kind::letter || what == Kind::combining) {
            ++end;
        } else if (what == Kind::inner && end + 1 < text.size() && kind(text[end + 1]) == Kind::letter) {
            end += 2;
        } else {
            break;
        }
    }
    return end;
}

/// How many bytes of `text` stand before its unfinished last word: 4 of "the ca". In unspaced scripts all do.
inline std::size_t before_last_word(std::string_view text) {
    const auto boundary = text.find_last_of(" \n");
    const std::size_t line = boundary == text.npos ? 0 : boundary + 1;
    Characters found = decode(text.substr(line));
    found.text.push_back(U'a');  // what a letter typed next would belong to
    std::size_t at = 0, start = 0;
    while (at < found.text.size()) {
        start = at;
        at = kind(found.text[at]) == Kind::letter ? word_end(found.text, at) : at + 1;
    }
    return line + found.starts[start];
}

/// Whether a space is missing between `text` and the word that follows it.
inline bool wants_space(std::string_view text) {
    std::size_t from = text.size();  // of the last two characters
    for (int characters = 0; from > 0 && characters < 2;) characters += (text[--from] & 0xC0) != 0x80;
    const std::u32string ending = decode(text.substr(from)).text;
    if (ending.empty()) return false;
    const char32_t last = ending.back();
    if (is_space(last) || kind(last) == Kind::unspaced) return false;
    const bool first = ending.size() == 1;
    const char32_t before = first ? U'\0' : ending[ending.size() - 2];
    const bool spaced = !first && is_space(before);
    // a straight quote opens after a space or another opening mark, else it closes
    if (detail::among(last, detail::kQuotes)) return !first && !spaced && !detail::among(before, detail::kOpening);
    if (detail::among(last, detail::kDashes)) return spaced;  // "well-" goes on at once, "this -" after a space
    return !detail::among(last, detail::kOpening);
}

}  // namespace wordgru
