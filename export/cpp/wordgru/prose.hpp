// Which words of a text are prose, and may be corrected: no numbers, code, addresses or words in capitals.
// `wordgru/text/prose.py` in C++.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unicode.hpp"
#include "words.hpp"

namespace wordgru::detail {

/// Whether it is a small letter, or a capital that begins a word only.
inline bool is_lower_or_title(char32_t c) {
    const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
    return category == UTF8PROC_CATEGORY_LL || category == UTF8PROC_CATEGORY_LT || c == U'ª' || c == U'º';
}

using Code = std::vector<std::pair<std::size_t, std::size_t>>;

/// Where code ends that begins at a place as Markdown marks it, between backticks; the place itself where none does.
inline std::size_t code_end(std::u32string_view text, std::size_t at) {
    if (text.substr(at, 3) == U"```") return std::min(text.find(U"```", at + 3), text.size() - 3) + 3;
    if (text[at] != U'`') return at;
    const std::size_t end = text.find_first_of(U"`\n", at + 1);
    return end != text.npos && text[end] == U'`' && end > at + 1 ? end + 1 : at;
}

/// A line without the white space around it.
inline std::u32string_view bare_line(std::u32string_view line) {
    constexpr std::u32string_view kSpaces = U" \t\r";
    const std::size_t begin = std::min(line.find_first_not_of(kSpaces), line.size());
    return line.substr(begin, line.find_last_not_of(kSpaces) + 1 - begin);
}

/// Whether a letter, digit or _ stands before a place.
inline bool is_after_name(std::u32string_view line, std::size_t at) {
    return at > 0 && (line[at - 1] == U'_' || is_spoken(line[at - 1]));
}

/// Whether a line begins with a pair of JSON: `"name":`, perhaps after brackets.
inline bool is_pair(std::u32string_view line) {
    const std::size_t begin = line.find_first_not_of(U"[{(, ");
    if (begin == line.npos || line[begin] != U'"') return false;
    const std::size_t end = line.find(U'"', begin + 1);
    const std::size_t next = end == line.npos ? end : line.find_first_not_of(U' ', end + 1);
    return next != line.npos && line[next] == U':';
}

/// Whether a line is one call: a name, and something in brackets.
inline bool is_call(std::u32string_view line) {
    const std::size_t begin = line.find(U'(');
    if (begin == 0 || begin == line.npos) return false;
    for (std::size_t at = 0; at < begin; ++at) {
        if (!is_after_name(line, at + 1) && line[at] != U'.' && line[at] != U':') return false;
    }
    for (const std::u32string_view end : {U")", U"),", U");", U"):", U") {"}) {
        if (line.size() > end.size() + begin && line.substr(line.size() - end.size()) == end) return true;
    }
    return false;
}

/// Whether a line without the white space around it is code or JSON.
inline bool is_code(std::u32string_view line) {
    for (const std::u32string_view prompt : {U">>> ", U"$ ", U"#include ", U"</"}) {
        if (line.substr(0, prompt.size()) == prompt) return true;
    }
    if (line.find_first_not_of(U"{}[](),") == line.npos || is_pair(line) || is_call(line)) return true;
    for (const std::u32string_view mark : {U" = ", U" += ", U" -= ", U" *= ", U" /= ", U" |= ", U" &= ", U" := ",
                                           U" == ", U" != ", U" <= ", U" >= ", U" => ", U" && ", U" || "}) {
        if (line.find(mark) != line.npos) return true;
    }
    if (!among(line.back(), U";{}")) return false;
    if (line.find(U'=') != line.npos) return true;
    for (std::size_t at = line.find(U'('); at != line.npos; at = line.find(U'(', at + 1)) {
        if (is_after_name(line, at)) return true;
    }
    return false;
}

/// Where code begins and ends, in order: between backticks, in blocks of indented lines, and lines that are code. A block
/// is a paragraph whose lines are all indented by four spaces or a tab.
inline Code code_in(std::u32string_view text) {
    Code found, lines;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const std::size_t end = code_end(text, at);
        if (end == at) continue;
        found.emplace_back(at, end);
        at = end - 1;
    }
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(U'\n', at), text.size());
        lines.emplace_back(at, end);
        at = end + 1;
    }
    const auto line = [&](std::size_t at) { return text.substr(lines[at].first, lines[at].second - lines[at].first); };
    for (std::size_t first = 0, last = 0; first < lines.size(); first = last) {
        bool is_block = true;
        for (last = first; last < lines.size() && !bare_line(line(last)).empty(); ++last) {
            is_block = is_block && (line(last).substr(0, 4) == U"    " || line(last)[0] == U'\t');
        }
        for (std::size_t at = first; at < last; ++at) {
            if (is_block || is_code(bare_line(line(at)))) found.push_back(lines[at]);
        }
        last = std::max(last, first + 1);
    }
    std::sort(found.begin(), found.end());
    return found;
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
    const bool after_dot = before == U'.' && (start < 2 || text[start - 2] != U'.');  // not of "..."
    return !after_dot && !(after == U'.' && is_spoken(at(end + 1)));
}

}  // namespace wordgru::detail
