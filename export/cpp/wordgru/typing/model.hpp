// How somebody types: the probability of each slip where it can happen. `TypingModel` of `wordgru/typing/model.py` in
// C++; channel.hpp makes P(typed | word) of it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../alike.hpp"
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
    double mute = 0.012;            ///< that a vowel, h or w is, which may not be heard
    double undoubled = 0.06;        ///< that the second of two equal characters is left out
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
    double coined = 3e-4;           ///< that a word which the model expects and the language does not know was meant so
    double name = 0.5;              ///< that one with a capital was
    double first = 0.35;            ///< what slips are worth at the first letter, of what they are elsewhere; those of
                                    ///< the finger are not fewer
    double careless = 0.05;         ///< that a word is spelled carelessly, or by ear: its slips are those of
                                    ///< `carelessly`. Of words typed in full; while letters are typed, none is

    /// The same, as a word is spelled carelessly, or by ear: whoever makes one slip makes another.
    TypingModel carelessly() const {
        TypingModel other = *this;
        other.careless = 0;
        other.vowel = 0.125;
        other.sound = 0.04;
        other.mute = 0.1;
        other.omitted = 0.024;
        other.undoubled = 0.5;
        other.extra = 0.018;
        other.doubled = 0.1;
        other.swapped = 0.024;
        other.anywhere = 0.007;
        return other;
    }

    /// Throws WordgruError if a number is out of its range.
    void check() const {
        detail::Range{0, 5}.check("spread", spread);
        const std::pair<const char*, double> shares[] = {
            {"anywhere", anywhere},   {"vowel", vowel},           {"omitted", omitted}, {"undoubled", undoubled},
            {"extra", extra},         {"doubled", doubled},       {"swapped", swapped}, {"apostrophe", apostrophe},
            {"accent", accent},       {"lower", lower},           {"upper", upper},     {"joined", joined},
            {"split", split},         {"unknown", unknown},       {"sound", sound},     {"again", again},
            {"coined", coined},       {"name", name},             {"mute", mute},       {"first", first},
            {"careless", careless},
        };
        for (const auto& [field, share] : shares) detail::Range{0, 1, false, true}.check(field, share);
    }
};

namespace detail {

inline constexpr double kNever = 1e-9;  // in place of 0: what a person never does may still have happened

/// A letter typed: a character for certain, or a point on the keyboard.
struct Touch {
    char32_t character;                         ///< of a point the nearest
    std::optional<Point> point = std::nullopt;  ///< if it was touched
};

/// How a word is spelled, with care or not, and how probable that is.
struct Habit {
    double share;
    TypingModel model;
};

/// A typing model, checked, with its keyboard. Immutable: threads may share it.
class Typing {
   public:
    /// Throws WordgruError if a number is out of its range, or the layout is none.
    explicit Typing(const TypingModel& given)
        : model((given.check(), given)), layout(Layout::load(given.layout)), going_on_{{1, given}}, in_full_(going_on_) {
        if (given.careless > 0) in_full_ = {{1 - given.careless, given}, {given.careless, given.carelessly()}};
    }

    const TypingModel model;
    const Layout layout;

    /// How a word is spelled that is typed in full, or that goes on.
    const std::vector<Habit>& habits(bool complete) const { return complete ? in_full_ : going_on_; }

    /// P(a letter typed | each of some characters) by a habit; of a touch point its density. `first`: no other was typed
    /// before.
    Doubles likelihoods(const TypingModel& habit, const std::vector<Letter>& letters, const Touch& touch,
                        bool first) const {
        const Letter typed(touch.character);
        const Keys keys = touch.point ? Keys{densities(*touch.point)} : hit(typed);
        const double rarer = first ? habit.first : 1;
        const double other = rarer * habit.anywhere / static_cast<double>(layout.keys().size());
        const double sure = (1 - habit.anywhere) * (1 - habit.swapped) * (1 - habit.extra);
        const bool types_letter = major_category(typed.plain) == 'L';
        Doubles found;
        found.reserve(letters.size());
        for (const Letter& letter : letters) {
            const double cased = touch.point ? 1 : this->cased(letter, typed);  // a point has no case
            const std::u32string plain(1, letter.plain);
            if (const auto share = of(keys, letter.low)) {
                const char32_t low = letter.low.size() == 1 ? letter.low[0] : U'\0';
                const bool slips = among(low, kVowels) && among(typed.plain, kVowels) && low != typed.plain;
                const double vowel = slips ? habit.vowel / static_cast<double>(kVowels.size()) : 0;
                const double sound = sounds_like(low, typed.plain) ? habit.sound : 0;
                found.push_back(cased * (sure * *share + other + rarer * (vowel + sound)));
            } else if (const auto bare = plain == letter.low ? std::nullopt : of(keys, plain)) {
                found.push_back(cased * (sure * *bare + other) * habit.accent);  // or keys hold no such letter
            } else {
                found.push_back(letter.is_letter && types_letter ? rest(habit) : kNever);
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
    double rest(const TypingModel& habit) const {
        return std::max(habit.anywhere / static_cast<double>(layout.keys().size()) * 1e-3, kNever);
    }

    /// P(a character is left out); 1 of what is no whole character, 0 of a space.
    static double omits(const TypingModel& habit, const Letter& letter) {
        if (is_escaped(letter.point)) return 1;
        if (among(letter.point, U"'’-")) return habit.apostrophe;
        if (letter.point == U' ') return 0;
        return letter.low.size() == 1 && among(letter.low[0], kMute) ? habit.mute : habit.omitted;
    }

   private:
    /// P(what was typed | each key was meant).
    struct Keys {
        Doubles shares;                                    // in the order of the keys; none where no key types it
        std::u32string own = {};                           // what was typed, where no key does
        char32_t plain = U'\0';                            // and its letter without accents
    };

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

    std::vector<Habit> going_on_, in_full_;
};

}  // namespace detail
}  // namespace wordgru
