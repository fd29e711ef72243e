// What was typed as it stands: how probable a word is that no model knows, by its case and what was written before.
// `wordgru/typing/standing.py` in C++.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "../unicode.hpp"
#include "../words.hpp"
#include "model.hpp"

namespace wordgru::detail {

inline constexpr double kInUnknown = 1.0 / 27;  // probability of a letter in a word that nobody knows
inline constexpr std::size_t kSeenBefore = 20000;     // characters before a word in which it is looked for
inline constexpr double kCertain = 0.5;         // the most that a word has which was written before

/// What was typed, as a word of its own.
struct Standing {
    double prior;                                // P(the next word is what was typed, and no model knows it)
    std::optional<double> share = std::nullopt;  // P(it was meant so | the model expects it, and the language does not
                                                 // know it); none if it is known
    bool is_name = false;                        // it begins with a capital, and the language does not know it
};

/// P(the next word is one that no model knows and nobody wrote before, of these letters).
inline double stranger(const TypingModel& model, std::u32string_view typed) {
    return model.unknown * std::pow(kInUnknown, static_cast<double>(typed.size()));
}

/// How often a word stands in a text.
inline std::size_t written(std::u32string_view text, std::u32string_view word) {
    std::size_t count = 0;
    for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + word.size())) {
        const std::size_t end = at + word.size();
        count += !(at > 0 && is_spoken(text[at - 1])) && !(end < text.size() && is_spoken(text[end]));
    }
    return count;
}

/// What a word typed in full after `head` has as it stands, if the language does not know it.
inline Standing standing(const TypingModel& model, const std::string& head, const std::string& typed) {
    const std::u32string seen = decode(head).text, word = decode(typed).text;
    const std::u32string_view text = std::u32string_view(seen).substr(seen.size() - std::min(seen.size(), kSeenBefore));
    const bool is_name = is_upper(word[0]);
    const std::string first = to_utf8(word.substr(0, 1));
    const std::u32string other = decode(is_name ? lower(first) : in_capitals(first)).text + word.substr(1);
    const std::size_t count = written(text, word) + (other == word ? 0 : written(text, other));
    const double prior = std::min(model.again * static_cast<double>(count), kCertain);
    return {count > 0 ? prior : stranger(model, word), is_name ? model.name : model.coined, is_name};
}

}  // namespace wordgru::detail
