// What a word is: `wordgru/text/words.py` in C++. The regular expression there is a scanner here.
//
// A pre-token is a word with the space before it, a run of a script without spaces, an emoji, a run of other marks, or
// white space. Every character of a text is in exactly one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unicode.hpp"

namespace wordgru {

/// What a pre-token is.
enum class Kind { word, unspaced, emoji, marks, space };

inline constexpr std::string_view kApostrophes[] = {"'", "’"};

namespace detail {

using Range32 = std::pair<char32_t, char32_t>;

/// Scripts written without spaces between words.
inline constexpr Range32 kUnspaced[] = {
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

/// Pictographs that begin an emoji.
inline constexpr Range32 kPictures[] = {
    {0x203C, 0x203C}, {0x2049, 0x2049}, {0x231A, 0x231B},   {0x23E9, 0x23FA},
    {0x25FD, 0x25FE}, {0x2600, 0x27BF},  // miscellaneous symbols, dingbats
    {0x2B1B, 0x2B1C}, {0x2B50, 0x2B55}, {0x1F000, 0x1F1E5}, {0x1F200, 0x1FAFF},
};

/// Marks that show nothing and spell nothing: they are dropped from text.
inline constexpr Range32 kInvisible[] = {
    {0x00AD, 0x00AD}, {0x061C, 0x061C}, {0x200B, 0x200B}, {0x200E, 0x200F},
    {0x202A, 0x202E}, {0x2060, 0x2060}, {0x2066, 0x2069}, {0xFEFF, 0xFEFF},
};

inline constexpr std::u32string_view kInner = U"'’-·׳״";  // they belong to a word only between two of its letters
inline constexpr std::u32string_view kOpening = U"([{<“‘«‹¿¡/#@$£€_*~`|\\=+";
inline constexpr std::u32string_view kBeforeWords = U"([{<“‘«‹¿¡#@$£€";
inline constexpr std::u32string_view kQuotes = U"'\"";
inline constexpr std::u32string_view kDashes = U"-–—";

inline bool among(char32_t c, std::u32string_view set) { return set.find(c) != set.npos; }

template <std::size_t Size>
bool within(char32_t c, const Range32 (&ranges)[Size]) {
    return c >= ranges[0].first && std::any_of(std::begin(ranges), std::end(ranges), [c](const Range32& range) {
               return range.first <= c && c <= range.second;
           });
}

inline bool is_unspaced(char32_t c) { return within(c, kUnspaced); }
inline bool is_picture(char32_t c) { return within(c, kPictures); }
inline bool is_flag_letter(char32_t c) { return 0x1F1E6 <= c && c <= 0x1F1FF; }
inline bool is_joiner(char32_t c) { return c == 0x200C || c == 0x200D; }

/// A letter or digit, as far as words go.
inline bool is_spoken(char32_t c) {
    if (c < 0x80) return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');  // most of all text
    const char category = major_category(c);
    return category == 'L' || category == 'N';
}

/// Finds where pre-tokens end. The methods take where something may begin and give its end, or the same place.
class Scanner {
   public:
    explicit Scanner(std::u32string_view text) : text_(text) {}

    /// Where the pre-token that begins at `at` ends. The kinds are tried in the order of the regular expression.
    std::size_t end(std::size_t at) const {
        const std::size_t first = at + (text_[at] == U' ' && at + 1 < text_.size());
        for (const auto find : {&Scanner::word, &Scanner::unspaced, &Scanner::emoji, &Scanner::marks}) {
            if (const std::size_t end = (this->*find)(first); end > first) return end;
        }
        return space(at);
    }

   private:
    char32_t character(std::size_t at) const { return at < text_.size() ? text_[at] : U'\0'; }

    bool is_letter(std::size_t at) const {
        return at < text_.size() && is_spoken(text_[at]) && !is_unspaced(text_[at]);
    }

    /// A run of letters, each with its combining marks and joiners.
    std::size_t letters(std::size_t at) const {
        while (is_letter(at)) {
            ++at;
            while (at < text_.size() && text_[at] >= 0x80 &&
                   (is_joiner(text_[at]) || major_category(text_[at]) == 'M')) {
                ++at;
            }
        }
        return at;
    }

    /// Whether the mark at `at`, behind a letter, belongs to a word if a letter follows: between Hebrew letters, " too.
    bool is_joint(std::size_t at) const {
        if (among(character(at), kInner)) return true;
        const char32_t before = text_[at - 1], after = character(at + 1);
        return character(at) == U'"' && 0x591 <= before && before <= 0x5EA && 0x5D0 <= after && after <= 0x5EA;
    }

    std::size_t word(std::size_t at) const {
        std::size_t end = letters(at);
        if (end == at) return at;
        while (is_joint(end) && is_letter(end + 1)) end = letters(end + 1);
        const bool apostrophe = character(end) == U'\'' || character(end) == U'’';
        const bool ends = end + 1 >= text_.size() || is_white(text_[end + 1]);
        if (apostrophe && ends && (text_[end - 1] | 0x20) == U's') ++end;  // the boys' room
        return end;
    }

    std::size_t unspaced(std::size_t at) const {
        while (at < text_.size() && is_unspaced(text_[at])) ++at;
        return at;
    }

    /// A pictograph with its variation selector, skin and tags.
    std::size_t picture(std::size_t at) const {
        if (!is_picture(character(at))) return at;
        ++at;
        if (character(at) == 0xFE0F) ++at;
        if (0x1F3FB <= character(at) && character(at) <= 0x1F3FF) ++at;
        while (0xE0020 <= character(at) && character(at) <= 0xE007F) ++at;
        return at;
    }

    std::size_t emoji(std::size_t at) const {
        if (is_flag_letter(character(at)) && is_flag_letter(character(at + 1))) return at + 2;
        std::size_t end = picture(at);
        while (end > at && character(end) == 0x200D && is_picture(character(end + 1))) end = picture(end + 1);
        return end;
    }

    std::size_t marks(std::size_t at) const {
        while (at < text_.size() && !is_white(text_[at]) && !is_spoken(text_[at]) && emoji(at) == at) ++at;
        return at;
    }

    std::size_t space(std::size_t at) const {
        std::size_t end = at;
        while (end < text_.size() && is_white(text_[end])) ++end;
        return end < text_.size() && end - at > 1 ? end - 1 : end;  // the last one may belong to what follows
    }

    std::u32string_view text_;
};

inline std::size_t pre_token_end(std::u32string_view text, std::size_t at) { return Scanner(text).end(at); }

}  // namespace detail

/// The lines of a text, whatever ends them, without their ends: as Python's `str.splitlines`, and an empty last one.
inline std::vector<std::u32string_view> lines(std::u32string_view text) {
    std::vector<std::u32string_view> found;
    std::size_t start = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (!detail::among(text[at], U"\n\r\v\f\x1C\x1D\x1E\u0085\u2028\u2029")) continue;
        found.push_back(text.substr(start, at - start));
        if (text[at] == U'\r' && at + 1 < text.size() && text[at + 1] == U'\n') ++at;
        start = at + 1;
    }
    found.push_back(text.substr(start));
    return found;
}

/// `text` without the white space at both ends.
inline std::u32string_view trimmed(std::u32string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

/// `text` in NFC, with LF as line end and without invisible marks; what every tokenizer does first.
inline std::string normalize(std::string_view text) {
    std::string lines;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\r') lines.push_back(text[at]);
        else if (at + 1 == text.size() || text[at + 1] != '\n') lines.push_back('\n');
    }
    if (is_ascii(lines)) return lines;
    std::string seen;
    for (const char32_t c : decode(lines).text) {
        if (!detail::within(c, detail::kInvisible)) append_utf8(seen, c);
    }
    return nfc(seen);
}

/// What a pre-token is.
inline Kind kind(std::u32string_view pre_token) {
    if (std::all_of(pre_token.begin(), pre_token.end(), is_space)) return Kind::space;
    const char32_t first = pre_token[pre_token[0] == U' '];
    if (detail::is_picture(first) || detail::is_flag_letter(first)) return Kind::emoji;
    const bool spoken = detail::is_spoken(first);
    if (detail::is_unspaced(first) && (spoken || major_category(first) == 'M')) return Kind::unspaced;
    return spoken ? Kind::word : Kind::marks;
}

/// Whether `text` is a single pre-token: what no text is cut into is not offered.
inline bool is_one(std::u32string_view text) { return !text.empty() && detail::pre_token_end(text, 0) == text.size(); }

/// A word in a text.
struct Span {
    std::size_t start, end;  ///< in characters
    bool unspaced;           ///< it is a run of an unspaced script, of which the units are what tokens spell
};

/// Where the words of `text` are.
inline std::vector<Span> spans(std::u32string_view text) {
    std::vector<Span> found;
    for (std::size_t start = 0, end = 0; start < text.size(); start = end) {
        end = detail::pre_token_end(text, start);
        const Kind what = kind(text.substr(start, end - start));
        if (what != Kind::word && what != Kind::unspaced) continue;
        found.push_back({start + (text[start] == U' '), end, what == Kind::unspaced});
    }
    return found;
}

/// Split `text` before its unfinished last word: "the ca" into "the " and "ca". The unfinished word is what a letter
/// typed next would belong to; after anything else, and in unspaced scripts always, the second part is empty.
inline std::pair<std::string_view, std::string_view> split_last(std::string_view text) {
    const auto boundary = text.find_last_of(" \n\t");
    const std::size_t line = boundary == text.npos ? 0 : boundary + 1;
    Characters tail = decode(text.substr(line));
    char32_t letter = U'a';
    for (std::size_t at = tail.size(); at-- > 0;) {
        if (major_category(tail.text[at]) != 'L') continue;
        if (!detail::is_unspaced(tail.text[at])) letter = tail.text[at];
        break;
    }
    tail.text.push_back(letter);
    std::size_t start = 0;
    for (std::size_t end = 0; end < tail.text.size();) {
        start = end;
        end = detail::pre_token_end(tail.text, start);
    }
    const std::size_t cut = line + tail.starts[start];
    return {text.substr(0, cut), text.substr(cut)};
}

/// Whether a space stands before a pre-token that follows a word: not before closing marks.
inline bool takes_space(std::u32string_view pre_token) {
    return kind(pre_token) != Kind::marks || detail::among(pre_token[pre_token[0] == U' '], detail::kBeforeWords);
}

/// Whether a space is missing between `text` and the word that follows it.
inline bool wants_space(std::string_view text) {
    std::size_t from = text.size();  // of the last two characters
    for (int characters = 0; from > 0 && characters < 2;) characters += (text[--from] & 0xC0) != 0x80;
    const std::u32string ending = decode(text.substr(from)).text;
    if (ending.empty()) return false;
    const char32_t last = ending.back();
    if (is_space(last) || detail::is_unspaced(last)) return false;
    const bool first = ending.size() == 1;
    const char32_t before = first ? U'\0' : ending[0];
    const bool spaced = !first && is_space(before);
    // a straight quote opens after a space or another opening mark, else it closes
    if (detail::among(last, detail::kQuotes)) return !first && !spaced && !detail::among(before, detail::kOpening);
    if (detail::among(last, detail::kDashes)) return spaced;  // "well-" goes on at once, "this -" after a space
    return !detail::among(last, detail::kOpening);
}

}  // namespace wordgru
