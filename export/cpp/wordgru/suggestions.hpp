// What a search is asked and what it answers: `wordgru/search/suggestions.py` in C++.
#pragma once

#include <cstddef>
#include <cstdio>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "errors.hpp"

namespace wordgru {

/// One word and its probability after the context and the letters typed.
struct Suggestion {
    std::string word;                  ///< the whole word, the letters already typed included
    double probability = 0;            ///< P(word | context, prefix), short of the truth by at most the tolerance
    std::vector<std::string> tokens;   ///< its most probable spelling; the first token may begin with a space
    std::vector<std::string> sources;  ///< who gives a tenth of its probability or more: model, personal, glossary,
                                       ///< typed
};

/// The words found, most probable first.
struct Suggestions {
    std::vector<Suggestion> items;
    bool exact = true;      ///< it is proved that these are the most probable words, in this order
    double unexplored = 0;  ///< share of what agrees with the letters typed that lies in spellings not looked into
    std::size_t rows = 0;   ///< rows of the model that were asked for
    bool space = false;     ///< a space is missing between the text and these words
    std::optional<std::string> autocorrect = std::nullopt;  ///< with a typing model: what stands in place of the letters
                                                            ///< if the word ends here; none where they stay

    std::size_t size() const { return items.size(); }
    bool empty() const { return items.empty(); }
    const Suggestion& operator[](std::size_t index) const { return items[index]; }
    auto begin() const { return items.begin(); }
    auto end() const { return items.end(); }
};

namespace detail {

/// What a number may be.
struct Range {
    double least;
    double most = std::numeric_limits<double>::infinity();
    bool above = false;  ///< it must be more than `least`
    bool below = false;  ///< it must be less than `most`
    bool whole = false;  ///< it is a whole number

    /// Throws WordgruError if `value`, which is called `name`, is not in the range; NaN is in none.
    void check(const std::string& name, double value) const {
        const bool enough = above ? value > least : value >= least;
        if (enough && (below ? value < most : value <= most)) return;
        const std::string what = whole ? "a whole number " : "a number ";
        std::string words = what + (above ? "above " : "of at least ") + plain(least);
        if (most < std::numeric_limits<double>::infinity())
            words += (below ? " and below " : " and at most ") + plain(most);
        throw WordgruError(name + " is " + plain(value) + "; expected " + words + ".");
    }

   private:
    static std::string plain(double value) {
        char digits[32];
        std::snprintf(digits, sizeof digits, "%.15g", value);
        return digits;
    }
};

inline constexpr Range kWords = {1, 256, false, false, true};  // that may be asked for
inline constexpr Range kCount = {1, std::numeric_limits<double>::infinity(), false, false, true};

}  // namespace detail

/// How a search is done.
struct SearchOptions {
    double tolerance = 3e-3;  ///< share of what agrees with the letters by which a word's probability may be short, and
                              ///< by which a word that is not offered may be ahead of the last one offered
    int max_rows = 64;        ///< rows of the model to ask for at most, where a call counts as half a batch of rows at
                              ///< least; then the answer is not exact
    std::optional<double> max_seconds = std::nullopt;  ///< time to take at most
    bool ignore_case = false;  ///< letters typed match those of either case; words that differ in case take one place
    bool punctuation = false;  ///< offer marks and emoji too; probabilities are then out of all that may follow
    int batch = 8;             ///< rows asked for in one call of the model at most

    /// Throws WordgruError if a number is out of its range.
    void check() const {
        const double infinite = std::numeric_limits<double>::infinity();
        detail::Range{0, 1, false, true}.check("tolerance", tolerance);
        detail::kCount.check("max_rows", max_rows);
        if (max_seconds) detail::Range{0, infinite, true}.check("max_seconds", *max_seconds);
        detail::kCount.check("batch", batch);
    }
};

/// Several words ahead.
struct Phrase {
    std::string text;        ///< without the space before it
    double probability = 0;  ///< P(its words | context)
};

/// How far ahead phrases go.
struct PhraseQuery {
    int k = 3;                   ///< how many phrases at most, 1 to 256
    int max_words = 4;           ///< of a phrase
    double threshold = 0.05;     ///< a phrase is less probable nowhere
    SearchOptions options = {};  ///< of each of its words
};

/// What is asked of a text.
struct Query {
    /// Letters of the next word that are not in the text. In a session, without them, the unfinished last word of the
    /// text is the prefix. A space that is missing between the text and a new word is implied (`Suggestions::space`).
    std::optional<std::string> prefix = std::nullopt;
    int k = 3;                   ///< how many words, 1 to 256; fewer come where fewer exist, or a budget is spent
    SearchOptions options = {};  ///< tolerance, budgets and what matches
    double attention = 0;  ///< in a session: that the writer looks at what is offered. Words that were offered for
                           ///< fewer letters of this word, and passed over, give way: P(types on | word meant and
                           ///< offered) = 1 - attention
    double threshold = 0.9;  ///< with a typing model: how probable a correction must be
};

}  // namespace wordgru
