// The vocabulary as a trie: which tokens agree with letters still to be typed, as ranges in byte order.
// `wordgru/text/vocabulary.py` in C++.
//
// Tokens are looked up by *key*: their bytes, or where case is ignored those of what capitals leave of them. Final and
// open tokens have an `Index` each; a token's *place* is where it stands there.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizer.hpp"

namespace wordgru::detail {

using Floats = std::vector<float>;
using Doubles = std::vector<double>;

inline constexpr auto kNowhere = static_cast<std::size_t>(-1);

/// `spelled` in lower case, character by character; those that are not whole stay. If `in_capitals`, letters that are one
/// in capitals are one.
inline std::string lowered(std::string_view spelled, bool in_capitals = false) {
    const Characters characters = decode(spelled);
    std::string found;
    for (std::size_t at = 0; at < characters.size(); ++at) {
        const char32_t character = characters.text[at];
        const std::size_t start = characters.starts[at];
        const std::string_view own = spelled.substr(start, characters.starts[at + 1] - start);
        if (in_capitals && (character == U'İ' || character == U'ı')) {
            found += 'i';
        } else if (in_capitals && character == U'ς') {
            found += "σ";
        } else if (in_capitals && (character == U'ß' || character == U'ẞ')) {
            found += "ss";
        } else {
            found += character == kReplacement ? std::string(own) : lower(own);
        }
    }
    found += spelled.substr(characters.starts.back());  // a part of a character
    return found;
}

/// The same, but letters that are one in capitals are one: "STRASSE" may be "straße".
inline std::string folded(std::string_view spelled) { return lowered(spelled, true); }

/// The bytes at the end of `spelled` that are not yet a whole character of UTF-8.
inline std::string_view half_character(std::string_view spelled) {
    for (std::size_t size = 1; size <= std::min(spelled.size(), std::size_t{4}); ++size) {
        const auto byte = static_cast<unsigned char>(spelled[spelled.size() - size]);
        if (byte >= 0xC0) {
            const std::size_t whole = byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
            return size < whole ? spelled.substr(spelled.size() - size) : std::string_view();
        }
        if (byte < 0x80) break;
    }
    return {};
}

/// Tokens of one kind in the order of their keys.
class Index {
   public:
    /// `keys` are those of the tokens `first`, `first` + 1, …
    Index(Id first, std::vector<std::string> keys) : first_(first), keys_(std::move(keys)) {
        const std::size_t size = keys_.size();
        ids_.resize(size);
        std::iota(ids_.begin(), ids_.end(), first);
        plain_ = std::is_sorted(keys_.begin(), keys_.end());
        if (!plain_) {
            const auto key = [&](Id id) -> const std::string& { return keys_[static_cast<std::size_t>(id - first)]; };
            std::stable_sort(ids_.begin(), ids_.end(), [&](Id one, Id other) { return key(one) < key(other); });
            std::vector<std::string> sorted;
            for (const Id id : ids_) sorted.push_back(key(id));
            keys_ = std::move(sorted);
        }
        places_.resize(size);
        for (std::size_t at = 0; at < size; ++at) places_[static_cast<std::size_t>(ids_[at] - first)] = at;
        make_trie();
    }

    std::size_t size() const { return ids_.size(); }
    Id id(std::size_t place) const { return ids_[place]; }
    std::size_t place(Id id) const { return places_[static_cast<std::size_t>(id - first_)]; }

    /// Where the tokens that begin with the key at `place` end: [place, end) is its part of the trie.
    std::size_t end(std::size_t place) const { return ends_[place]; }

    /// Place of the longest other token that the key at `place` begins with, an equal one before it included.
    std::size_t parent(std::size_t place) const { return parents_[place]; }

    /// Where the tokens are whose keys begin with `start`.
    std::pair<std::size_t, std::size_t> range(std::string_view start) const {
        const auto low = keys_.begin() + static_cast<std::ptrdiff_t>(first(start));
        const auto high = std::partition_point(low, keys_.end(), [&](auto& key) { return starts_with(key, start); });
        return {low - keys_.begin(), high - keys_.begin()};
    }

    /// Place of the first token whose key is not below `key`.
    std::size_t first(std::string_view key) const {
        const auto below = [](const std::string& one, std::string_view other) { return one < other; };
        return static_cast<std::size_t>(std::lower_bound(keys_.begin(), keys_.end(), key, below) - keys_.begin());
    }

    /// Places of the tokens with this key, as [low, high).
    std::pair<std::size_t, std::size_t> equal(std::string_view key) const {
        const std::size_t low = first(key);
        std::size_t high = low;
        while (high < keys_.size() && keys_[high] == key) ++high;
        return {low, high};
    }

    /// Place of the longest token whose key `text` begins with, the last of equals. Its parents are the shorter ones.
    std::size_t deepest(std::string_view text) const {
        const auto above = [](std::string_view one, const std::string& other) { return one < other; };
        const auto after = std::upper_bound(keys_.begin(), keys_.end(), text, above);
        if (after == keys_.begin()) return kNowhere;
        auto at = static_cast<std::size_t>(after - keys_.begin()) - 1;
        while (at != kNowhere && !starts_with(text, keys_[at])) at = parents_[at];
        return at;
    }

    /// What `row` holds for the tokens from `low` to `high`: in place where ids are in the order of keys, else copied.
    const float* of(const Floats& row, std::size_t low, std::size_t high, Floats& copied) const {
        if (plain_) return row.data() + first_ + low;
        copied.resize(high - low);
        for (std::size_t at = low; at < high; ++at) copied[at - low] = row[static_cast<std::size_t>(ids_[at])];
        return copied.data();
    }

   private:
    /// One walk along the trie.
    void make_trie() {
        ends_.assign(keys_.size(), keys_.size());
        parents_.assign(keys_.size(), kNowhere);
        std::vector<std::size_t> above;
        for (std::size_t at = 0; at < keys_.size(); ++at) {
            while (!above.empty() && !starts_with(keys_[at], keys_[above.back()])) {
                ends_[above.back()] = at;
                above.pop_back();
            }
            if (!above.empty()) parents_[at] = above.back();
            above.push_back(at);
        }
    }

    Id first_;
    bool plain_;  // places are in the order of ids
    std::vector<std::string> keys_;
    Ids ids_;
    std::vector<std::size_t> places_, ends_, parents_;
};

/// Final and open tokens, and what the open tokens of scripts without spaces end. Immutable.
class Vocabulary {
   public:
    /// `token_bytes` is kept by reference. With `fold`, letters match those of either case.
    Vocabulary(const std::vector<std::string>& token_bytes, std::size_t finals, bool fold)
        : token_bytes_(token_bytes),
          fold_(fold),
          finals_(1, keys(1, finals + 1)),
          opens_(static_cast<Id>(finals + 1), keys(finals + 1, token_bytes.size())) {
        for (std::size_t at = 0; at < opens_.size(); ++at) {
            if (ends_unspaced(spelled(opens_.id(at)))) units_.push_back(at);
        }
    }

    /// Whether a word ends with `token`.
    bool is_final(Id token) const { return token <= static_cast<Id>(finals_.size()); }

    const Index& finals() const { return finals_; }
    const Index& opens() const { return opens_; }

    const std::string& spelled(Id token) const { return token_bytes_[static_cast<std::size_t>(token)]; }

    /// How `spelled` is looked up.
    std::string key(std::string_view spelled) const { return fold_ ? folded(spelled) : std::string(spelled); }

    /// What `spelled` shares with the words that differ from it in case alone.
    std::string form(std::string_view spelled) const { return fold_ ? lowered(spelled) : std::string(spelled); }

    /// Places of the open tokens that spell a part, not all, of the letters still to be typed.
    std::vector<std::size_t> inner(std::string_view rest) const {
        std::vector<std::size_t> found;
        if (rest.empty()) return found;
        const std::size_t deepest = opens_.deepest(rest.substr(0, rest.size() - 1));
        for (std::size_t at = deepest; at != kNowhere; at = opens_.parent(at)) found.push_back(at);
        std::reverse(found.begin(), found.end());
        return found;
    }

    /// Places from `low` to `high` of the open tokens that, after half a character `tail` (or nothing), end a unit of a
    /// script without spaces: those that end with a whole character of such a script.
    std::vector<std::size_t> units(std::string_view tail, std::size_t low, std::size_t high) const {
        if (tail.empty()) {
            return {std::lower_bound(units_.begin(), units_.end(), low),
                    std::lower_bound(units_.begin(), units_.end(), high)};
        }
        std::vector<std::size_t> found;
        low = std::max(low, opens_.first("\x80"));  // after half a character only those go on with it
        high = std::min(high, opens_.first("\xC0"));
        for (std::size_t at = low; at < high; ++at) {
            if (ends_unit(tail, at)) found.push_back(at);
        }
        return found;
    }

    /// Ids of the tokens that, after the bytes `before`, spell just these bytes and end a word.
    Ids spelling(std::string_view before, std::string_view spelled) const {
        const std::string key = this->key(spelled);
        Ids found;
        for (auto [at, high] = finals_.equal(key); at < high; ++at) found.push_back(finals_.id(at));
        for (auto [at, high] = opens_.equal(key); at < high; ++at) {
            if (ends_unit(half_character(before), at)) found.push_back(opens_.id(at));
        }
        const auto differs = [&](Id token) { return this->spelled(token) != spelled; };
        found.erase(std::remove_if(found.begin(), found.end(), differs), found.end());
        return found;
    }

   private:
    std::vector<std::string> keys(std::size_t low, std::size_t high) const {
        std::vector<std::string> found;
        for (std::size_t id = low; id < high; ++id) found.push_back(key(token_bytes_[id]));
        return found;
    }

    /// Whether the open token at a place, after half a character `tail` or nothing, ends a unit.
    bool ends_unit(std::string_view tail, std::size_t place) const {
        const std::string& token = spelled(opens_.id(place));
        return (tail.empty() || (token[0] & 0xC0) == 0x80) && ends_unspaced(std::string(tail) + token);
    }

    static bool ends_unspaced(std::string_view spelled) {
        if (spelled.empty() || static_cast<unsigned char>(spelled.back()) < 0x80) return false;
        const Characters found = decode(spelled);
        return found.valid && found.starts.back() == spelled.size() && is_unspaced(found.text.back());
    }

    const std::vector<std::string>& token_bytes_;
    bool fold_;
    Index finals_, opens_;
    std::vector<std::size_t> units_;  // that end a unit after whole characters
};

}  // namespace wordgru::detail
