// What was meant at the cursor of a field: the part of a session that needs a typing model.
// `wordgru/typing/meaning.py` in C++.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../prose.hpp"
#include "../search.hpp"
#include "../suggestions.hpp"
#include "../word_list.hpp"
#include "field.hpp"
#include "search.hpp"
#include "standing.hpp"

namespace wordgru::detail {

inline constexpr std::size_t kLongestTyped = 40;  // letters of a word that a typing model looks at; longer ones are
                                                  // taken as they are
inline constexpr int kCorrectionRows = 24;        // budget of a search for a word typed in full
inline constexpr int kCorrectionBatch = 4;        // rows of one call there: what was read says what to read next
inline constexpr int kTypedRows = 16;  // budget of one for a word that goes on: it seldom finds better after them
inline constexpr std::size_t kAsked = 3;  // words among which a correction is looked for

/// Where a word begins.
struct WordStart {
    const State* state;        // before the last token
    Id last;                   // that token
    std::string gap;           // the space before the word, or nothing
    std::vector<Named> named;  // words that other sources than the model name
};

/// Whether a word with which a text ends may be corrected.
inline bool ends_in_prose(const std::string& before, const std::string& word) {
    const std::u32string text = decode(before + word).text;
    return is_prose(text, count_characters(before), text.size());
}

/// Whether two words typed after `before` may be one that the language knows, with a space too many.
inline bool may_be_one(const WordList& words, const std::string& before, const std::string& first,
                       const std::string& second) {
    return words.knows(first + second) && second == lower(second) && ends_in_prose(before, first) &&
           ends_in_prose("", second);
}

/// Finds what was meant by letters.
class Meaning {
   public:
    /// The words meant; given how many, and the share above which what was typed is right.
    using Ask = std::function<Suggestions(std::size_t k, double doubt)>;

    /// Keeps `search` and `words` by reference.
    Meaning(const TypingModel& typing, WordSearch& search, const WordList& words)
        : typing_(std::make_shared<const Typing>(typing)), search_(&search), words_(&words) {}

    /// Of the keyboard.
    const Layout& layout() const { return typing_->layout; }

    /// The letters of `word`, with which `text` ends where they are in it; none of what a typing model does not look
    /// at.
    std::optional<Typed> typed(const std::string& word, const std::string& text, const TypedField& field,
                               bool complete) const {
        if (word.empty() || count_characters(word) > kLongestTyped) return std::nullopt;
        return field.typed(typing_, text, word, complete);
    }

    /// The words most probably meant by letters after which others may come.
    Answer going_on(const WordStart& start, Typed& typed, std::size_t k, SearchOptions options,
                    const Factor& factor) const {
        options.max_rows = std::min(options.max_rows, kTypedRows);
        return find_meant(*search_, *start.state, start.last, start.gap, typed, k, options, factor,
                          stranger(typing_->model, decode(typed.letters()).text), start.named);
    }

    /// The words most probably meant by letters after `head` with which the word ends. What was typed is always
    /// allowed; others are not looked for where its share is above `doubt`.
    Answer in_full(const std::string& head, const WordStart& start, Typed& typed, std::size_t k, SearchOptions options,
                   const Factor& factor, double doubt) const {
        const std::string word = typed.letters();
        options.max_rows = std::min(options.max_rows, kCorrectionRows);
        options.batch = std::min(options.batch, kCorrectionBatch);
        Standing stands{stranger(typing_->model, decode(word).text)};
        if (word.find(' ') == word.npos && words_->factor(word) == kStrange) {
            stands = standing(typing_->model, head, word);
        }
        const std::string own = start.gap + word, small = lower(own);
        const Factor standing_factor = [&](std::string_view spelled) {
            const double counts = factor(spelled);
            if (counts > 0 && stands.share && lower(std::string(spelled)) == small) {
                return spelled == own ? *stands.share : std::min(counts, *stands.share);
            }
            return counts > 0 || spelled != own ? counts : 1;
        };
        std::vector<std::string> near = this->near(word);
        if (stands.is_name) near.push_back(word);
        return find_meant(*search_, *start.state, start.last, start.gap, typed, k, options, standing_factor,
                          stands.prior, start.named, near, doubt);
    }

    /// The word that was meant by a word typed in full after `head`, if it is another and probable enough; `as_typed`
    /// is the word with the apostrophes of its text.
    static std::optional<std::string> correction(const std::string& head, const std::string& word, double threshold,
                                                 const std::string& as_typed, const Ask& ask) {
        if (!ends_in_prose(head, word)) return std::nullopt;
        const Suggestions meant = ask(kAsked, 1 - threshold);
        if (meant.empty()) return std::nullopt;
        const Suggestion& best = meant[0];
        const bool is_same = lower(best.word) == lower(as_typed);
        if (is_same || best.probability * (1 - meant.unexplored) < threshold) return std::nullopt;
        return best.word;
    }

   private:
    /// Known words near a word that is none, as they are and with a capital.
    std::vector<std::string> near(const std::string& typed) const {
        std::vector<std::string> forms;
        if (typed.find(' ') != typed.npos || words_->knows(typed)) return forms;
        for (const std::string& word : words_->near(typed, layout().letters())) {
            const std::u32string letters = decode(word).text;
            forms.push_back(word);
            forms.push_back(in_capitals(to_utf8(letters.substr(0, 1))) + to_utf8(letters.substr(1)));
        }
        return forms;
    }

    std::shared_ptr<const Typing> typing_;
    WordSearch* search_;
    const WordList* words_;
};

}  // namespace wordgru::detail
