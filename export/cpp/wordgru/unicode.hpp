// UTF-8 and what of Unicode wordgru needs, over utf8proc. Strings are UTF-8 everywhere; a "character" is a code point.
#pragma once

#include <utf8proc.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "errors.hpp"

namespace wordgru {

inline constexpr char32_t kReplacement = 0xFFFD;

/// The characters of some bytes, and where each begins.
struct Characters {
    std::u32string text;              ///< U+FFFD for what is no UTF-8
    std::vector<std::size_t> starts;  ///< one more than characters: the last is where a cut-off character begins
    bool valid = true;                ///< no byte was replaced; a cut-off character is no fault

    std::size_t size() const { return text.size(); }
};

namespace detail {

/// How many continuation bytes follow `lead`, or -1 if no character begins with it.
inline int continuations(unsigned char lead) {
    if (lead < 0x80) return 0;
    if (lead < 0xC2) return -1;
    if (lead < 0xE0) return 1;
    if (lead < 0xF0) return 2;
    return lead < 0xF5 ? 3 : -1;
}

/// Whether `next` may follow `lead` directly: no overlong form, no surrogate, nothing above U+10FFFF.
inline bool follows(unsigned char lead, unsigned char next) {
    const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    return low <= next && next <= high;
}

}  // namespace detail

/// Decode UTF-8 that may end within a character: as Python's incremental decoder with errors="replace".
inline Characters decode(std::string_view data) {
    Characters found;
    found.text.reserve(data.size());
    found.starts.reserve(data.size() + 1);
    std::size_t at = 0;
    while (at < data.size()) {
        const auto lead = static_cast<unsigned char>(data[at]);
        const int more = detail::continuations(lead);
        char32_t value = more == 0 ? lead : lead & (0x3F >> (more > 0 ? more : 0));
        std::size_t end = at + 1;
        bool whole = more >= 0;
        for (int i = 0; i < more; ++i, ++end) {
            if (end == data.size()) {
                found.starts.push_back(at);
                return found;
            }
            const auto next = static_cast<unsigned char>(data[end]);
            whole = i == 0 ? detail::follows(lead, next) : (next & 0xC0) == 0x80;
            if (!whole) break;
            value = value << 6 | (next & 0x3F);
        }
        found.text.push_back(whole ? value : kReplacement);
        found.starts.push_back(at);
        found.valid = found.valid && whole;
        at = end;
    }
    found.starts.push_back(at);
    return found;
}

/// Refuse text that is not UTF-8.
inline void check_text(std::string_view text) {
    const Characters found = decode(text);
    if (found.valid && found.starts.back() == text.size()) return;
    std::size_t at = 0;
    while (at < found.size() && found.text[at] != kReplacement) ++at;
    throw WordgruError("the text is not UTF-8 (a wrong byte or a part of a character at byte " +
                       std::to_string(found.starts[at]) + "); expected whole characters. Decode the text again.");
}

inline void append_utf8(std::string& to, char32_t character) {
    utf8proc_uint8_t buffer[4];
    const auto size = utf8proc_encode_char(static_cast<utf8proc_int32_t>(character), buffer);
    to.append(reinterpret_cast<const char*>(buffer), static_cast<std::size_t>(size));
}

inline std::string to_utf8(std::u32string_view text) {
    std::string encoded;
    for (const char32_t character : text) append_utf8(encoded, character);
    return encoded;
}

inline bool is_ascii(std::string_view text) {
    bool ascii = true;
    for (const char byte : text) ascii = ascii && static_cast<unsigned char>(byte) < 0x80;
    return ascii;
}

namespace detail {

/// Text in a normal form of utf8proc.
inline std::string in_form(std::string_view text, int form) {
    if (is_ascii(text)) return std::string(text);
    utf8proc_uint8_t* mapped = nullptr;
    const auto size =
        utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                     &mapped, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | form));
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
    if (size == UTF8PROC_ERROR_NOMEM) throw std::bad_alloc();
    if (size < 0) throw WordgruError("the text is not UTF-8; expected whole characters. Decode the text again.");
    return std::string(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size));
}

}  // namespace detail

/// Text in normal form C, and D.
inline std::string nfc(std::string_view text) { return detail::in_form(text, UTF8PROC_COMPOSE); }
inline std::string decomposed(std::string_view text) { return detail::in_form(text, UTF8PROC_DECOMPOSE); }

/// The first letter of a character's general category: L, M, N, P, S, Z or C.
inline char major_category(char32_t c) {
    constexpr char kMajor[] = "CLLLLLMMMNNNPPPPPPPSSSSZZZCCCC";  // in the order of utf8proc_category_t
    return kMajor[utf8proc_category(static_cast<utf8proc_int32_t>(c))];
}

namespace detail {

inline bool is_cased(char32_t c) {
    const auto code = static_cast<utf8proc_int32_t>(c);
    const auto category = utf8proc_category(code);
    return category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LL || category == UTF8PROC_CATEGORY_LT ||
           utf8proc_tolower(code) != code || utf8proc_toupper(code) != code;
}

/// Whether it has the property Uppercase: beside letters, Roman numerals and letters in circles and squares.
inline bool is_upper(char32_t c) {
    if (utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_LU) return true;
    return (c >= 0x2160 && c <= 0x216F) || (c >= 0x24B6 && c <= 0x24CF) || (c >= 0x1F130 && c <= 0x1F149) ||
           (c >= 0x1F150 && c <= 0x1F169) || (c >= 0x1F170 && c <= 0x1F189);
}

/// Whether it has the property Lowercase: beside letters, ordinals, raised and lowered letters, numerals and circles.
inline bool is_lower(char32_t c) {
    constexpr std::pair<char32_t, char32_t> kOthers[] = {
        {0xAA, 0xAA},       {0xBA, 0xBA},       {0x2B0, 0x2B8},     {0x2C0, 0x2C1},     {0x2E0, 0x2E4},
        {0x345, 0x345},     {0x37A, 0x37A},     {0x10FC, 0x10FC},   {0x1D2C, 0x1D6A},   {0x1D78, 0x1D78},
        {0x1D9B, 0x1DBF},   {0x2071, 0x2071},   {0x207F, 0x207F},   {0x2090, 0x209C},   {0x2170, 0x217F},
        {0x24D0, 0x24E9},   {0x2C7C, 0x2C7D},   {0xA69C, 0xA69D},   {0xA770, 0xA770},   {0xA7F8, 0xA7F9},
        {0xAB5C, 0xAB5F},   {0x10780, 0x10780}, {0x10783, 0x10785}, {0x10787, 0x107B0}, {0x107B2, 0x107BA},
    };
    if (utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_LL) return true;
    return c >= 0xAA && std::any_of(std::begin(kOthers), std::end(kOthers),
                                    [c](const auto& range) { return range.first <= c && c <= range.second; });
}

/// What stands between the letters of a word as far as its case goes.
inline bool is_case_ignorable(char32_t c) {
    constexpr std::u32string_view kMarks = U"'.:\u00B7\u0387\u055F\u05F4\u2018\u2019\u2024\u2027";
    switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_ME:
        case UTF8PROC_CATEGORY_CF:
        case UTF8PROC_CATEGORY_LM:
        case UTF8PROC_CATEGORY_SK:
            return true;
        default:
            return kMarks.find(c) != kMarks.npos;
    }
}

/// Whether the capital sigma at `at` ends a word, and becomes ς.
inline bool is_final_sigma(std::u32string_view text, std::size_t at) {
    std::size_t before = at, after = at + 1;
    while (before > 0 && is_case_ignorable(text[before - 1])) --before;
    while (after < text.size() && is_case_ignorable(text[after])) ++after;
    return before > 0 && is_cased(text[before - 1]) && !(after < text.size() && is_cased(text[after]));
}

}  // namespace detail

/// Text in lower case, as Python's `str.lower`.
inline std::string lower(std::string_view text) {
    if (is_ascii(text)) {
        std::string small(text);
        for (char& c : small) c = 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        return small;
    }
    const std::u32string characters = decode(text).text;
    std::string folded;
    for (std::size_t at = 0; at < characters.size(); ++at) {
        const char32_t character = characters[at];
        if (character == U'Σ') {
            folded += detail::is_final_sigma(characters, at) ? "ς" : "σ";
            continue;
        }
        append_utf8(folded, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(character))));
        if (character == 0x130) append_utf8(folded, 0x307);  // İ is the one letter that becomes two, i and a dot
    }
    return folded;
}

/// The capital of a character; itself if it has none of one character.
inline char32_t upper(char32_t character) {
    if (character == U'ß') return character;  // SS
    return static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(character)));
}

/// Text in capitals, as Python's `str.upper` but for letters of Greek and Armenian, and ligatures, that become several.
inline std::string in_capitals(std::string_view text) {
    std::string raised;
    for (const char32_t character : decode(text).text) {
        if (character == U'ß') raised += "SS";
        else append_utf8(raised, upper(character));
    }
    return raised;
}

/// Whether `text` has a capital, and no letter that is small or begins a word: as Python's `str.isupper`.
inline bool is_upper(std::u32string_view text) {
    const auto is_other = [](char32_t c) {
        return detail::is_lower(c) || utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_LT;
    };
    return std::none_of(text.begin(), text.end(), is_other) && std::any_of(text.begin(), text.end(), detail::is_upper);
}

/// White space of the tokenizer's pattern: Unicode's property White_Space.
inline bool is_white(char32_t c) {
    return (c >= 9 && c <= 13) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
           c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

/// White space of Python's `str.isspace`, which counts four separators more.
inline bool is_space(char32_t c) { return is_white(c) || (c >= 0x1C && c <= 0x1F); }

/// Put `with` in place of each `part` of `text`.
inline void replace_all(std::string& text, std::string_view part, std::string_view with) {
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + with.size())) {
        text.replace(at, part.size(), with);
    }
}

inline bool starts_with(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }

inline bool ends_with(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

namespace detail {

/// The character that begins at byte `at`.
inline char32_t character_at(std::string_view text, std::size_t at) {
    const Characters found = decode(text.substr(at, 4));
    return found.size() ? found.text.front() : kReplacement;
}

/// Where the character begins that ends before byte `at`.
inline std::size_t before(std::string_view text, std::size_t at) {
    do --at;
    while (at > 0 && (text[at] & 0xC0) == 0x80);
    return at;
}

/// Whether `text` ends with white space.
inline bool ends_with_space(std::string_view text) {
    return !text.empty() && is_space(character_at(text, before(text, text.size())));
}

inline std::size_t count_characters(std::string_view text) {
    const auto begins = [](char byte) { return (byte & 0xC0) != 0x80; };
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins));
}

}  // namespace detail

}  // namespace wordgru
