// What is weighed in the search over what was typed: open tokens, words, what words may miss along their bytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../named.hpp"
#include "../rows.hpp"
#include "channel.hpp"

namespace wordgru::detail {

inline constexpr std::size_t kWeighed = 100;  // tokens of one level that are weighed, the most promising ones

/// An open token that was not read, or a final one which a second word may follow.
struct OpenToken {
    const Node* node;                      ///< after which it stands
    Id token;                              ///< its id
    double mass;                           ///< P(its tokens | context), out of the scale
    double sure, open, promise;            ///< the likelihood that its words have at least; what they may have beside
                                           ///< it at most; and rather
    std::shared_ptr<const Reached> level;  ///< of the walk that reached it
    std::size_t place;                     ///< among the nodes of that level
    bool deeper;                           ///< the walk ended before it, for all that followed had the same likelihood
    std::size_t number;                    ///< of equals the first is read first
    bool ends = false;                     ///< whether it is final
    double hope = 0;                       ///< what a word perhaps meant promises that its tokens begin

    double bound() const { return mass * (sure + open); }  ///< the most that its words may have

    Ids tokens() const {
        Ids all = node->tokens;
        all.push_back(token);
        return all;
    }

    /// Where it stands in the letters typed.
    Alignments alignments(const Typed& typed) const {
        Alignments at = level->alignments.at(place);
        if (ends) return typed.second(at);
        if (deeper) {
            std::fill(at.rows.begin(), at.rows.end(), 0.0);
            std::fill(at.before.begin(), at.before.end(), 0.0);
        }
        return at;
    }

    /// Less promising; a heap has the most promising first.
    bool operator<(const OpenToken& other) const {
        const double one = rank(), two = other.rank();
        return std::tie(one, other.number) < std::tie(two, number);
    }

    /// What it promises, with what is hoped.
    double rank() const { return mass * (sure + std::max(promise, hope)); }
};

/// A word found: its mass, the best of its spellings, and what it counts, once that was asked.
struct FoundWord {
    double mass = 0, best = 0;
    std::optional<double> factor;
    Ids tokens;
};

/// Masses that words may have been denied, by the bytes that such words begin with.
class Missing {
   public:
    void add(const std::string& start, double mass) { masses_[start] += mass; }

    /// What lies on the path of a word.
    double along(std::string_view word) const {
        double total = 0;
        for (std::size_t size = 0; size <= word.size(); ++size) {
            const auto found = masses_.find(word.substr(0, size));
            if (found != masses_.end()) total += found->second;
        }
        return total;
    }

    /// The most that lies on any path.
    double most() const {
        double most = 0;
        std::vector<std::pair<std::string_view, double>> path;
        for (const auto& [start, mass] : masses_) {
            while (!path.empty() && !starts_with(start, path.back().first)) path.pop_back();
            path.emplace_back(start, (path.empty() ? 0 : path.back().second) + mass);
            most = std::max(most, path.back().second);
        }
        return most;
    }

   private:
    std::map<std::string, double, std::less<>> masses_;
};

/// A token of a level that is weighed by itself.
struct Heavy {
    double bound, promised, own;  ///< the most that it may have, what it may rather have, and what it has
    std::size_t at, place;        ///< among the nodes of the level, in the trie's order
};

/// Keep the most promising; what is lost at each place is raised to what the others may cost a word.
inline void keep_promising(std::vector<Heavy>& heavy, Doubles& lost) {
    if (heavy.size() <= kWeighed) return;
    const auto end = heavy.begin() + kWeighed;
    std::nth_element(heavy.begin(), end, heavy.end(),
                     [](const Heavy& one, const Heavy& other) { return one.promised > other.promised; });
    for (auto left = end; left != heavy.end(); ++left) {
        for (double& each : lost) each = std::max(each, left->bound);
    }
    heavy.erase(end, heavy.end());
}

/// Some numbers from a place to another times a unit, added up from 0 on, into `found`, whose other places stay. Four at
/// once, for each sum waits for the one before.
template <typename Share>
void add_up(Doubles& found, std::size_t low, std::size_t high, double unit, Share&& share) {
    double total = 0;
    found[low] = total;
    std::size_t at = low;
    for (; at + 4 <= high; at += 4) {
        const double one = share(at) * unit, two = one + share(at + 1) * unit;
        const double third = share(at + 2) * unit, three = two + third, four = two + (third + share(at + 3) * unit);
        found[at + 1] = total + one;
        found[at + 2] = total + two;
        found[at + 3] = total + three;
        found[at + 4] = total += four;
    }
    for (; at < high; ++at) found[at + 1] = total += share(at) * unit;
}

/// What a source has for the letters typed.
struct NamedMasses {
    std::unordered_map<std::string, double> words;  ///< share · likelihood of each, where it is above a floor
    double lost = 0;                                ///< the most that a word is denied
};

/// Weigh the words that a source names; a share of 1 has the mass `unit`.
///
/// A word is denied one floor where the walk ends and one where what it found is too light, and no more than it can have.
inline NamedMasses weighed(Typed& typed, const NamedWords& words, double unit, double floor) {
    NamedMasses found;
    const auto& [trie, shares] = words.trie();
    if (shares.empty()) return found;
    const auto share = [&list = shares](std::size_t place) { return list[place]; };
    Ways ways{trie, {0}, typed.start(), {Doubles(shares.size() + 1)}, {floor}};
    add_up(ways.masses[0], 0, shares.size(), unit, share);
    for (const Reached& level : typed.walk(ways)) {
        for (std::size_t at = 0; at < level.nodes.size(); ++at) {
            const Trie::Node& node = (*trie)[level.nodes[at]];
            const double likelihood = typed.likelihood(level.alignments, at);
            for (std::size_t place = node.low; place < (level.closed[at] ? node.high : node.own); ++place) {
                const double mass = unit * shares[place] * likelihood;
                if (mass > floor) found.words[trie->strings()[place]] = mass;
            }
        }
    }
    const double most = unit * *std::max_element(shares.begin(), shares.end()) * typed.most_likely();
    found.lost = std::min(floor + ways.lost[0], most);
    return found;
}

}  // namespace wordgru::detail
