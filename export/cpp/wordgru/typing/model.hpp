// How somebody types: the probability of each slip where it can happen. `TypingModel` of `wordgru/typing/channel.py` in
// C++; channel.hpp makes P(typed | word) of it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../suggestions.hpp"
#include "../trie.hpp"
#include "../words.hpp"
#include "layout.hpp"

namespace wordgru {

/// How somebody types. docs/typing.md says how the defaults were fitted.
struct TypingModel {
    std::string layout = "qwerty";  ///< the keyboard: a name of `Layout::names`, or the path of a JSON file
    double spread = 0.18;           ///< of the finger around a key's centre, its standard deviation in key widths; 0:
                                    ///< each key is hit
    double anywhere = 0.0035;       ///< that a letter is typed as any other key
    double vowel = 0.018;           ///< that a vowel is spelled as another one
    double sound = 0.001;           ///< that a consonant is spelled as each one that may sound like it
    double omitted = 0.012;         ///< that a character is left out
    double undoubled = 0.06;        ///< that the second of two equal characters is
    double extra = 0.0045;          ///< that a letter too many is typed after a character
    double doubled = 0.003;         ///< that it is the one before once more
    double swapped = 0.006;         ///< that two characters change places
    double apostrophe = 0.3;        ///< that an apostrophe or hyphen inside the word is left out
    double accent = 0.3;            ///< that a letter is typed without its accent
    double lower = 0.3;             ///< that a capital is typed as a small letter
    double upper = 0.005;           ///< that a small letter is typed as a capital
    double joined = 0.003;          ///< that the space before another word is left out; once in what was typed
    double split = 0.0002;          ///< that a space is typed after a character inside the word
    double unknown = 1e-4;          ///< that the next word is one which no model knows; its letters are equally probable
    double again = 3e-4;            ///< that it is one which was written before in the text, for each time
    double coined = 1e-3;           ///< that a word which the model expects and the language does not know was meant so
    double name = 0.5;              ///< the same of a word with a capital

    /// Throws WordgruError if a number is out of its range.
    void check() const {
        detail::Range{0, 5}.check("spread", spread);
        const std::pair<const char*, double> shares[] = {
            {"anywhere", anywhere},   {"vowel", vowel},           {"omitted", omitted}, {"undoubled", undoubled},
            {"extra", extra},         {"doubled", doubled},       {"swapped", swapped}, {"apostrophe", apostrophe},
            {"accent", accent},       {"lower", lower},           {"upper", upper},     {"joined", joined},
            {"split", split},         {"unknown", unknown},       {"sound", sound},     {"again", again},
            {"coined", coined},       {"name", name},
        };
        for (const auto& [field, share] : shares) detail::Range{0, 1, false, true}.check(field, share);
    }
};

namespace detail {

inline constexpr double kNever = 1e-9;  // in place of 0: what a person never does may still have happened
inline constexpr std::u32string_view kVowels = U"aeiouy";

/// A letter typed: a character for certain, or a point on the keyboard.
struct Touch {
    char32_t character;                         ///< of a point the nearest
    std::optional<Point> point = std::nullopt;  ///< if it was touched
};

/// A typing model, checked, with its keyboard. Immutable: threads may share it.
class Typing {
   public:
    /// Throws WordgruError if a number is out of its range, or the layout is none.
    explicit Typing(const TypingModel& given) : model((given.check(), given)), layout(Layout::load(given.layout)) {}

    const TypingModel model;
    const Layout layout;

    /// P(a letter typed | each of some characters); of a touch point its density.
    Doubles likelihoods(const std::vector<Letter>& letters, const Touch& touch) const {
        const Letter typed(touch.character);
        const Keys keys = touch.point ? Keys{densities(*touch.point)} : hit(typed);
        const double other = model.anywhere / static_cast<double>(layout.keys().size());
        const double sure = (1 - model.anywhere) * (1 - model.swapped - model.extra);
        const bool types_letter = major_category(typed.plain) == 'L';
        Doubles found;
        for (const Letter& letter : letters) {
            const double cased = touch.point ? 1 : this->cased(letter, typed);  // a point has no case
            const std::u32string plain(1, letter.plain);
            if (const auto share = of(keys, letter.low)) {
                const bool slips = is_vowel(letter.low) && is_vowel({typed.plain}) && letter.low[0] != typed.plain;
                const double vowel = slips ? model.vowel / static_cast<double>(kVowels.size()) : 0;
                const double sound = sounds_like(letter.low, typed.plain) ? model.sound : 0;
                found.push_back(cased * (sure * *share + other + vowel + sound));
            } else if (const auto bare = plain == letter.low ? std::nullopt : of(keys, plain)) {
                found.push_back(cased * (sure * *bare + other) * model.accent);  // or keys hold no such letter
            } else {
                found.push_back(letter.is_letter && types_letter ? rest() : kNever);
            }
        }
        return found;
    }

    /// What a letter has of the key that it is: 1, and of a point the density around the nearest key.
    double around(const Touch& touch) const {
        if (!touch.point) return 1;
        const Doubles all = densities(*touch.point);
        return *std::max_element(all.begin(), all.end());
    }

    /// P(a letter typed | another that is on no key); nothing is less probable.
    double rest() const {
        return std::max(model.anywhere / static_cast<double>(layout.keys().size()) * 1e-3, kNever);
    }

    /// P(a character is left out); 1 of what is no whole character, 0 of a space.
    double omits(const Letter& letter) const {
        if (is_escaped(letter.point)) return 1;
        if (among(letter.point, U"'’-")) return model.apostrophe;
        return letter.point == U' ' ? 0 : model.omitted;
    }

   private:
    /// P(what was typed | each key was meant).
    struct Keys {
        Doubles shares;                                    // in the order of the keys; none where no key types it
        std::u32string own = {};                           // what was typed, where no key does
        char32_t plain = U'\0';                            // and its letter without accents
    };

    static bool is_vowel(const std::u32string& letter) { return letter.size() == 1 && among(letter[0], kVowels); }

    /// Whether a consonant may sound like another.
    static bool sounds_like(const std::u32string& meant, char32_t typed) {
        constexpr std::u32string_view kPairs[] = {U"cs", U"ck", U"sz", U"kq", U"gj", U"fv", U"dt", U"bp", U"mn"};
        return meant.size() == 1 && meant[0] != typed &&
               std::any_of(std::begin(kPairs), std::end(kPairs), [&](std::u32string_view pair) {
                   return among(meant[0], pair) && among(typed, pair);
               });
    }

    std::optional<double> of(const Keys& keys, const std::u32string& meant) const {
        const std::size_t key = meant.size() == 1 ? layout.find(meant[0]) : layout.keys().size();
        if (!keys.shares.empty()) {
            return key < keys.shares.size() ? std::optional<double>(keys.shares[key]) : std::nullopt;
        }
        if (meant == keys.own || begins(keys.own, meant)) return 1;
        return key < layout.keys().size() && meant[0] == keys.plain ? std::optional<double>(kNever) : std::nullopt;
    }

    /// Whether what is typed begins a syllable of Hangul with the initial `meant`: the rest of it counts as an accent.
    static bool begins(const std::u32string& typed, const std::u32string& meant) {
        const std::size_t at = typed.size() == 1 && meant.size() == 1 ? kInitials.find(typed[0]) : kInitials.npos;
        return at != kInitials.npos && meant[0] == 0x1100 + at;
    }

    static constexpr std::u32string_view kInitials = U"ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ";

    /// The share of the finger's Gaussian, around each key, in the cell of the key that was typed.
    Keys hit(const Letter& typed) const {
        const auto& keys = layout.keys();
        const std::size_t own = typed.low.size() == 1 ? layout.find(typed.low[0]) : keys.size();
        if (own == keys.size()) return {{}, typed.low, typed.plain};
        const auto [x, y] = keys[own].centre;
        Side across{x}, down{y};
        for (const Layout::Key& key : keys) {
            down.add(key.centre.y);
            if (key.centre.y == y) across.add(key.centre.x);
        }
        Keys found;
        for (const Layout::Key& key : keys) {
            found.shares.push_back(across.share(key.centre.x, model.spread) * down.share(key.centre.y, model.spread));
        }
        return found;
    }

    /// A key's cell along one axis; the outermost have no end.
    struct Side {
        explicit Side(double at) : centre(at), least(at), most(at) {}

        void add(double other) {
            least = std::min(least, other);
            most = std::max(most, other);
        }

        /// Of a Gaussian around `meant`.
        double share(double meant, double spread) const {
            const double infinite = std::numeric_limits<double>::infinity();
            const double low = (centre == least ? -infinite : centre - 0.5) - meant;
            const double high = (centre == most ? infinite : centre + 0.5) - meant;
            if (spread == 0) return low <= 0 && 0 < high ? 1 : 0;
            const double scale = spread * std::sqrt(2.0);
            return 0.5 * (std::erf(high / scale) - std::erf(low / scale));
        }

        double centre, least, most;
    };

    /// Of the finger's Gaussian around each key at a point, per key.
    Doubles densities(const Point& point) const {
        const double pi = std::acos(-1.0), spread = std::max(model.spread, 0.05);
        Doubles found;
        for (const Layout::Key& key : layout.keys()) {
            const double x = key.centre.x - point.x, y = key.centre.y - point.y;
            const double squared = (x * x + y * y) / (spread * spread);
            found.push_back(std::exp(-std::min(squared / 2, 300.0)) / (2 * pi * spread * spread));
        }
        return found;
    }

    double cased(const Letter& meant, const Letter& typed) const {
        if (!meant.is_letter) return 1;
        const double slip = meant.is_upper ? model.lower : model.upper;
        return meant.is_upper == typed.is_upper ? 1 - slip : slip;
    }
};

}  // namespace detail
}  // namespace wordgru
