// What is learnt of a text: words after the units before them. `wordgru/sources/grams.py` in C++.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "unicode.hpp"
#include "words.hpp"

namespace wordgru {

/// One word after a history.
struct Gram {
    std::string
        history;       ///< the units before it, in lower case, joined by a space: none, one or two; a line's begin is
                       ///< a line end
    std::string word;  ///< as it was written
    double count = 0;  ///< how often, decayed
};

namespace detail {

inline const std::string kBegin = "\n";      // history where a message or line begins
inline const std::string kGap = {'\0'};      // history in place of what is not learnt
inline constexpr std::size_t kLongest = 48;  // characters of a word that is learnt
inline constexpr std::size_t kKey = 12;      // characters of a run with a digit in it that looks like a key

inline bool is_decimal(char32_t c) {
    return utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_ND;
}

/// Whether a run without white space is an address of mail or the web, or looks like a key.
inline bool is_private(std::u32string_view run) {
    const std::size_t at = run.find(U'@');
    return (run.size() >= kKey && std::any_of(run.begin(), run.end(), is_decimal)) || at < run.size() - 1 ||
           run.find(U"://") != run.npos || run.find(U"www.") != run.npos;
}

/// Where a number ends that begins at `at`, of four digits or more with single characters between them; `at` if none
/// does.
inline std::size_t number_end(std::u32string_view text, std::size_t at) {
    std::size_t digits = 0, end = at;
    const auto digit = [&](std::size_t place) { return place < text.size() && is_decimal(text[place]); };
    for (std::size_t next = at; digit(next); next = digit(end) ? end : end + 1) {
        ++digits;
        end = next + 1;
    }
    return digits >= 4 ? end : at;
}

/// The characters of a text that are not learnt.
inline std::vector<bool> hidden(std::u32string_view text) {
    std::vector<bool> hidden(text.size());
    const auto hide = [&](std::size_t start, std::size_t end) {
        std::fill(hidden.begin() + static_cast<std::ptrdiff_t>(start),
                  hidden.begin() + static_cast<std::ptrdiff_t>(end), true);
    };
    for (std::size_t start = 0, end = 0; start < text.size(); start = end) {
        for (end = start; end < text.size() && !is_space(text[end]);) ++end;
        if (end > start && is_private(text.substr(start, end - start))) hide(start, end);
        if (end == start) ++end;
    }
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = number_end(text, at);
        hide(at, end);
        at = std::max(end, at + 1);
    }
    return hidden;
}

/// Words, marks and emoji of normalised text; line ends; a gap for what is not learnt.
inline std::vector<std::string> units(const std::string& normal) {
    const std::u32string text = decode(normal).text;
    const std::vector<bool> hides = hidden(text);
    std::vector<std::string> found;
    for (std::size_t start = 0, end = 0; start < text.size(); start = end) {
        end = pre_token_end(text, start);
        std::size_t first = start, last = end;
        while (first < last && text[first] == U' ') ++first;
        while (first < last && text[last - 1] == U' ') --last;
        const std::u32string_view unit = std::u32string_view(text).substr(first, last - first);
        if (unit.find(U'\n') != unit.npos) {
            found.push_back(kBegin);
        } else if (!std::all_of(unit.begin(), unit.end(), is_space)) {
            bool any = unit.size() > kLongest;
            for (std::size_t at = first; at < last; ++at) any = any || hides[at];
            found.push_back(any ? kGap : to_utf8(unit));
        }
    }
    return found;
}

/// Some units as a history.
inline std::string joined(std::vector<std::string>::const_iterator first,
                          std::vector<std::string>::const_iterator last) {
    std::string history;
    for (auto each = first; each != last; ++each) history += (each == first ? "" : " ") + *each;
    return history;
}

/// A word after a history of so many units, and the number of the word in the text.
struct Written {
    std::size_t number, size;
    std::string history, word;
};

/// The grams of units.
inline std::vector<Written> grams_of(const std::vector<std::string>& units) {
    std::vector<Written> found;
    std::size_t number = 0;
    std::vector<std::string> history = {kBegin};
    for (const std::string& unit : units) {
        if (unit != kBegin && unit != kGap && kind(decode(unit).text) == Kind::word) {
            ++number;
            for (std::size_t size = 0; size <= history.size(); ++size) {
                const auto first = history.cend() - static_cast<std::ptrdiff_t>(size);
                if (std::find(first, history.cend(), kGap) != history.cend()) continue;
                found.push_back({number, size, joined(first, history.cend()), unit});
            }
        }
        history.push_back(lower(unit));
        if (history.size() > 2) history.erase(history.begin());
    }
    return found;
}

}  // namespace detail
}  // namespace wordgru
