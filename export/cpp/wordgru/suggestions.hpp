// What a search is asked and what it answers.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace wordgru {

/// One word and its probability after the context and the letters typed.
struct Suggestion {
    std::string word;                 ///< the whole word, the letters already typed included
    double probability = 0;           ///< P(word | context, prefix), short of the truth by at most the tolerance
    std::vector<std::string> pieces;  ///< its most probable spelling; the first piece may begin with a space
};

/// The words found, most probable first.
struct Suggestions {
    std::vector<Suggestion> items;
    bool exact = true;         ///< it is proved that these are the most probable words, in this order
    double unexplored = 0;     ///< the probability that lies in spellings not looked into, out of 1
    std::size_t expanded = 0;  ///< spellings looked into: rows given to the model, or remembered

    std::size_t size() const { return items.size(); }
    bool empty() const { return items.empty(); }
    const Suggestion& operator[](std::size_t index) const { return items[index]; }
    auto begin() const { return items.begin(); }
    auto end() const { return items.end(); }
};

/// How a search is done.
struct SearchOptions {
    double tolerance = 3e-3;   ///< a word's probability may be short of the truth by this much
    int max_expanded = 512;    ///< spellings to look into at most; beyond, the result is not exact
    double max_seconds = 0;    ///< time to take at most; 0 for no limit
    bool ignore_case = false;  ///< letters typed match letters of either case
    int batch = 8;             ///< spellings given to the model in one call at most
};

}  // namespace wordgru
