// Words that another source than the model names. `wordgru/search/named.py` in C++.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "trie.hpp"
#include "vocabulary.hpp"

namespace wordgru::detail {

/// Words and their shares, looked up by what they begin with, in either case or in one. Threads may share it.
class NamedWords {
   public:
    /// A word, without a space before it, and its share. `key` is how it is looked up.
    struct Entry {
        std::string key, word;
        double share;
    };
    using Entries = std::vector<Entry>;

    explicit NamedWords(const std::map<std::string, double>& shares) {
        for (const auto& [word, share] : shares) plain_.push_back({word, word, share});
    }

    /// The words that begin with `start`; with `fold` in either case, `start` being lower case.
    std::pair<Entries::const_iterator, Entries::const_iterator> beginning(std::string_view start, bool fold) const {
        const Entries& all = fold ? in_lower_case() : plain_;
        const auto low = first(all, start);
        return {low, std::partition_point(low, all.end(), [&](auto& each) { return starts_with(each.key, start); })};
    }

    /// The share of a word; 0 of one that is not here.
    double share(std::string_view word) const {
        const auto at = first(plain_, word);
        return at != plain_.end() && at->word == word ? at->share : 0;
    }

    /// The words as a trie, and their shares in its order.
    const std::pair<std::shared_ptr<const Trie>, Doubles>& trie() const {
        std::call_once(planted_, [this] {
            std::vector<std::string> words;
            for (const Entry& each : plain_) words.push_back(each.word);
            trie_.first = std::make_shared<const Trie>(words);
            for (const std::size_t at : trie_.first->order()) trie_.second.push_back(plain_[at].share);
        });
        return trie_;
    }

   private:
    static Entries::const_iterator first(const Entries& all, std::string_view key) {
        const auto below = [](const Entry& one, std::string_view other) { return one.key < other; };
        return std::lower_bound(all.begin(), all.end(), key, below);
    }

    const Entries& in_lower_case() const {
        std::call_once(once_, [this] {
            for (const Entry& each : plain_) folded_.push_back({folded(each.word), each.word, each.share});
            std::stable_sort(folded_.begin(), folded_.end(),
                             [](auto& one, auto& other) { return one.key < other.key; });
        });
        return folded_;
    }

    Entries plain_;
    mutable Entries folded_;
    mutable std::pair<std::shared_ptr<const Trie>, Doubles> trie_;
    mutable std::once_flag once_, planted_;
};

/// What a source adds at one place. A share is measured where the model's words that begin with `start` have 1.
struct Named {
    /// What agrees with some letters.
    struct Agreeing {
        std::unordered_map<std::string, double> found;  ///< words listed, `start` included in each, and their shares
        double total = 0;                               ///< the sum of all shares
        double rest = 0;                                ///< the most that a word has that is not listed
    };

    const char* source;                                 ///< what gives the words
    std::string start;                                  ///< what each begins with: the space before it, or nothing
    std::shared_ptr<const NamedWords> common;           ///< words that have a share everywhere
    std::unordered_map<std::string, double> more = {};  ///< word → its share of this place alone
    double scale = 1;                                   ///< what the shares of `common` count here

    /// The words of `more`, as `common` is.
    NamedWords added() const { return NamedWords(std::map<std::string, double>(more.begin(), more.end())); }

    /// The words that begin with `typed`, the space before the word included, in lower case with `fold`; of `common` at
    /// most so many are listed.
    Agreeing agreeing(std::string_view typed, std::size_t most, bool fold) const {
        Agreeing agreeing;
        if (!starts_with(typed, start) && !starts_with(start, typed)) return agreeing;
        const std::string_view letters = typed.substr(std::min(start.size(), typed.size()));
        const auto [low, high] = common->beginning(letters, fold);
        std::vector<const NamedWords::Entry*> listed;
        for (auto each = low; each != high; ++each) {
            listed.push_back(&*each);
            agreeing.total += scale * each->share;
        }
        if (listed.size() > most) {
            const auto last = listed.begin() + static_cast<std::ptrdiff_t>(most);
            const auto heavier = [](auto one, auto other) { return one->share > other->share; };
            std::nth_element(listed.begin(), last, listed.end(), heavier);
            agreeing.rest = scale * (*last)->share;
            listed.resize(most);
        }
        for (const auto* each : listed) agreeing.found[start + each->word] = scale * each->share;
        for (const auto& [word, share] : more) {
            if (!starts_with(fold ? folded(word) : word, letters)) continue;
            const auto [at, is_new] = agreeing.found.try_emplace(start + word);
            if (is_new) at->second = scale * common->share(word);
            at->second += share;
            agreeing.total += share;
        }
        return agreeing;
    }
};

}  // namespace wordgru::detail
