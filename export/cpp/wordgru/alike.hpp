// Letters that sound alike, and the spellings that are near one: one slip away, or two of the likeliest kinds.
// `wordgru/text/alike.py` in C++.
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>

#include "words.hpp"

namespace wordgru::detail {

inline constexpr std::u32string_view kVowels = U"aeiouy";  // letters of which one is spelled as another
inline constexpr std::u32string_view kMute = U"aeiouyhw";  // letters that may not be heard
inline constexpr std::u32string_view kPairs[] = {U"cs", U"ck", U"sz", U"kq", U"gj", U"fv", U"dt", U"bp", U"mn"};
inline constexpr std::u32string_view kOftenLeftOut = U"aeiouh";
inline constexpr std::size_t kLongestTwice = 16;  // letters of a word that may have two slips

/// Whether a consonant may sound like another.
inline bool sounds_like(char32_t one, char32_t other) {
    return one != other && std::any_of(std::begin(kPairs), std::end(kPairs), [&](std::u32string_view pair) {
               return among(one, pair) && among(other, pair);
           });
}

/// Calls `visit` with a spelling in which what stands in `word` from `at` on, `size` letters, is something else.
class Respelled {
   public:
    explicit Respelled(std::u32string_view word) : word_(word) {}

    template <typename Visit>
    void operator()(std::size_t at, std::size_t size, std::initializer_list<char32_t> with, Visit&& visit) {
        spelling_.assign(word_, 0, at).append(with);
        spelling_.append(word_, std::min(at + size, word_.size()));
        visit(std::u32string_view(spelling_));
    }

   private:
    const std::u32string_view word_;
    std::u32string spelling_;
};

/// Call `visit` with each spelling that is one of `letters` away from `word`: less, more, another, or two swapped.
template <typename Visit>
void one_letter_away(std::u32string_view word, std::u32string_view letters, Visit&& visit) {
    Respelled respelled(word);
    for (std::size_t at = 0; at <= word.size(); ++at) {
        respelled(at, 1, {}, visit);
        if (at + 1 < word.size()) respelled(at, 2, {word[at + 1], word[at]}, visit);
        for (const char32_t letter : letters) {
            respelled(at, 0, {letter}, visit);
            respelled(at, 1, {letter}, visit);
        }
    }
}

/// Call `visit` with each spelling that `word` is a slip of: a letter too many, two swapped, one that sounds alike, one
/// of two equal ones.
template <typename Visit>
void slips_away(std::u32string_view word, Visit&& visit) {
    Respelled respelled(word);
    for (std::size_t at = 0; at < word.size(); ++at) {
        const char32_t letter = word[at];
        respelled(at, 1, {}, visit);
        respelled(at, 1, {letter, letter}, visit);
        if (among(letter, kVowels)) {
            for (const char32_t vowel : kVowels) respelled(at, 1, {vowel}, visit);
        } else {
            for (const std::u32string_view pair : kPairs) {
                if (among(letter, pair)) respelled(at, 1, {letter == pair[0] ? pair[1] : pair[0]}, visit);
            }
        }
        if (at + 1 < word.size()) respelled(at, 2, {word[at + 1], letter}, visit);
    }
}

/// Call `visit` with the spellings in lower case that `word` may stand for, the nearest kinds first; some come twice.
///
/// They are one letter away; or two slips of spelling, of which one may be a vowel or h left out. Long words have one
/// slip alone.
template <typename Visit>
void near(std::u32string_view word, std::u32string letters, Visit&& visit) {
    std::sort(letters.begin(), letters.end());
    letters.erase(std::unique(letters.begin(), letters.end()), letters.end());
    one_letter_away(word, letters, visit);
    if (word.size() > kLongestTwice) return;
    const auto again = [&](std::u32string_view once) { slips_away(once, visit); };
    slips_away(word, again);
    Respelled respelled(word);
    for (std::size_t at = 0; at <= word.size(); ++at) {
        for (const char32_t letter : kOftenLeftOut) respelled(at, 0, {letter}, again);
    }
}

}  // namespace wordgru::detail
