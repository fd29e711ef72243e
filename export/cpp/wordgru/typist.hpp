// The habits of who types: capitals, the word I, addresses; and how improbable a word may be that is offered.
// `wordgru/typist.py` in C++.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "suggestions.hpp"
#include "unicode.hpp"
#include "words.hpp"

namespace wordgru {

/// How offers follow the one who types.
struct TypistOptions {
    bool capitals = true;        ///< who writes in capitals, "HERE IS MY CA", is offered words in capitals
    bool lone_i = true;          ///< in English the word "i" is offered as "I", unless the text writes it small
    bool addresses = false;      ///< offer words inside e-mail addresses, web addresses and paths
    double min_probability = 0;  ///< less probable words are not offered

    /// Throws WordgruError if a number is out of its range.
    void check() const { detail::Range{0, 1}.check("min_probability", min_probability); }
};

/// Offers as the model gives them.
inline constexpr TypistOptions kAsRead = {false, false, true, 0};

namespace detail {

/// The last `count` characters of `text`.
inline std::u32string end_of(std::string_view text, std::size_t count) {
    std::size_t from = text.size();
    for (; from > 0 && count > 0; --count) {
        do --from;
        while (from > 0 && (text[from] & 0xC0) == 0x80);
    }
    return decode(text.substr(from)).text;
}

/// The parts of `text` between white space, empty ones left out.
inline std::vector<std::u32string_view> parts(std::u32string_view text) {
    std::vector<std::u32string_view> found;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at;
        while (end < text.size() && !is_space(text[end])) ++end;
        if (end > at) found.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return found;
}

inline bool is_letter_of_a_name(char32_t c) { return c == U'_' || is_spoken(c); }

inline bool is_ascii_letter(char32_t c) { return c < 0x80 && (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

/// Whether a run without white space is an address of mail or of the web, or a path.
inline bool is_address(std::u32string_view run) {
    constexpr std::u32string_view kWeb = U"www.", kMarks = U"+.-";
    if (run.find(U'@') != run.npos) return true;
    if (run.size() >= kWeb.size() && std::equal(kWeb.begin(), kWeb.end(), run.begin(), [](char32_t a, char32_t b) {
            return a == b || (a != U'.' && b == a - 0x20);
        })) {
        return true;
    }
    if (!run.empty() && is_ascii_letter(run[0])) {
        std::size_t end = 1;
        const auto goes_on = [&](char32_t c) {
            return is_ascii_letter(c) || (c >= U'0' && c <= U'9') || among(c, kMarks);
        };
        while (end < run.size() && goes_on(run[end])) ++end;
        if (run.substr(end, 3) == U"://" || run.substr(1, 2) == U":\\") return true;
    }
    const std::size_t slash = run.find(U'/');
    const std::u32string_view root = run.substr(0, slash);
    if (slash != run.npos && slash + 1 < run.size() && (root.empty() || root == U"~" || root == U"." || root == U"..")) {
        return true;
    }
    for (std::size_t dot = run.find(U'.', 1); dot != run.npos; dot = run.find(U'.', dot + 1)) {
        std::size_t end = dot + 1;
        while (end < run.size() && is_letter_of_a_name(run[end])) ++end;
        if (end > dot + 1 && end < run.size() && run[end] == U'/') return true;
    }
    return false;
}

/// Whether `text` ends inside an e-mail or web address, a name with @, or a path.
inline bool is_in_address(std::string_view text) {
    constexpr std::size_t kLongestRun = 2048;  // characters that are looked at; addresses of the web are seldom longer
    const std::u32string end = end_of(text, kLongestRun);
    std::size_t start = end.size();
    while (start > 0 && !is_space(end[start - 1])) --start;
    return is_address(std::u32string_view(end).substr(start));
}

constexpr std::size_t kSeen = 200;  // characters of the text that say how its writer writes

/// Whether the word that begins with `prefix` after the text `head` is written in capitals, as those before it.
inline bool is_in_capitals(std::string_view head, std::string_view prefix) {
    constexpr std::size_t kShouted = 4;  // letters of a first word that say that what follows is in capitals too
    const std::u32string before = end_of(head, kSeen), letters = decode(prefix).text;
    if (std::any_of(before.begin(), before.end(), is_lower) || (!letters.empty() && !wordgru::is_upper(letters))) return false;
    const auto words = parts(before);
    const auto count = std::count_if(words.begin(), words.end(), [](std::u32string_view word) {
        return word.size() > 1 && wordgru::is_upper(word);
    });
    return count > 1 || (letters.size() > 1 && (count == 1 || letters.size() >= kShouted));
}

/// Whether a text writes the word I small.
inline bool writes_small_i(std::string_view head) {
    constexpr std::u32string_view kBefore = U"'’.", kAfter = U"'’,;:!?";
    const std::u32string text = end_of(head, kSeen);
    for (std::size_t at = 0; at + 1 < text.size(); ++at) {
        if (text[at] != U'i' || !(among(text[at + 1], kAfter) || is_space(text[at + 1]))) continue;
        if (at == 0 || !(is_letter_of_a_name(text[at - 1]) || among(text[at - 1], kBefore))) return true;
    }
    return false;
}

/// `word` with a capital if it is "i" or a contraction of it.
inline std::string with_capital_i(const std::string& word) {
    if (word.empty() || word[0] != 'i') return word;
    std::string_view rest = std::string_view(word).substr(1);
    bool is_i = rest.empty();
    for (const std::string_view mark : kApostrophes) {
        if (!starts_with(rest, mark)) continue;
        for (const std::string_view end : {"m", "ll", "ve", "d", "s"}) is_i = is_i || rest.substr(mark.size()) == end;
    }
    return is_i ? "I" + std::string(rest) : word;
}

/// Offers of the same word as one, most probable first; with `fold` in any case, in that of the likeliest.
inline std::vector<Suggestion> as_one(const std::vector<Suggestion>& offers, bool fold = false) {
    std::vector<Suggestion> one;
    std::vector<std::string> keys;
    for (const Suggestion& item : offers) {
        const std::string key = fold ? lower(item.word) : item.word;
        const auto at = std::find(keys.begin(), keys.end(), key) - keys.begin();
        if (static_cast<std::size_t>(at) < one.size()) {
            one[static_cast<std::size_t>(at)].probability += item.probability;
        } else {
            keys.push_back(key);
            one.push_back(item);
        }
    }
    std::stable_sort(one.begin(), one.end(), [](const auto& a, const auto& b) { return a.probability > b.probability; });
    return one;
}

}  // namespace detail

}  // namespace wordgru
