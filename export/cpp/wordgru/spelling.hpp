// One spelling of a word, with all that is open after it: the first half of `wordgru/spellings.py` in C++.
//
// A spelling is a row of pieces that was given to the model. The pieces that may follow it are open until they are
// expanded in turn; the mass of an open piece may reach any word that begins with what it spells. A letter typed takes
// away what does not agree with it and leaves the rest as it is.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "expander.hpp"
#include "lexicon.hpp"

namespace wordgru::detail {

inline bool starts_with(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }

/// A spelling that was expanded, and the masses of its next pieces that are still open.
class Spelling {
   public:
    Ids ids;              ///< its pieces
    std::string spelled;  ///< their bytes
    std::string matched;  ///< the same, in lower case if the case of letters typed is ignored
    std::string word;     ///< what surely belongs to the word
    std::string tail;     ///< the undecided bytes after that
    Stage stage = Stage::start;
    double mass = 1;      ///< P(these pieces | context)
    std::string left;     ///< what must still be spelled of the gap and the letters typed
    State state;          ///< after the pieces
    double agreeing = 0;  ///< the mass of all pieces that spell all of `left`, open or not; of no use without `left`
    double total = 0;     ///< the mass of all open pieces
    std::map<Id, double> inside;  ///< the masses of the open pieces that spell a part of `left`

    /// Take in what the model says after the pieces.
    void expand(const Expansion& expansion, const Lexicon& lexicon) {
        state = expansion.state;
        table_ = lexicon.table(stage, tail);
        row_ = expansion.probabilities;
        total = mass * sum(row_.size(), [&](std::size_t i) { return row_[i] * table_->spelling[i]; });
    }

    /// How many probabilities are kept.
    std::size_t size() const { return row_.size(); }

    /// The first of the pieces in `open`: those that spell all of `left`, and maybe more.
    Id low() const { return low_; }

    /// The masses of the open pieces from `low` on; made when first looked at, for most are not.
    const Floats& open() {
        if (open_.empty()) {
            open_.resize(row_.size());
            const auto scale = static_cast<float>(mass);
            const float* spelling = table_->spelling.data() + low_;
            for (std::size_t i = 0; i < row_.size(); ++i) open_[i] = row_[i] * spelling[i] * scale;
        }
        return open_;
    }

    /// The mass of an open piece; 0 of any other.
    double weigh(Id id) const {
        const auto found = inside.find(id);
        if (found != inside.end()) return found->second;
        if (!holds(id)) return 0;
        if (!open_.empty()) return open_[place(id)];
        return mass * row_[place(id)] * table_->spelling[static_cast<std::size_t>(id)];
    }

    /// Take a piece out of what is open.
    void close(Id id, const Lexicon& lexicon) {
        total -= weigh(id);
        if (inside.erase(id)) return;
        open();
        const float share = std::exchange(open_[place(id)], 0.0F);
        if (chains_.empty()) return;
        if (table_->effects[static_cast<std::size_t>(id)] ==
            Effect::defers) {  // the sums of its stem are no longer true
            chains_.clear();
            return;
        }
        const std::size_t end = std::min(place(lexicon.stops[static_cast<std::size_t>(id)]), chains_.size());
        for (std::size_t i = place(id); i < end; ++i) chains_[i] -= share;
    }

    /// The mass of all that is inside.
    double held() const {
        return std::accumulate(inside.begin(), inside.end(), 0.0, [](double a, const auto& b) { return a + b.second; });
    }

    /// Keep only what agrees with `text`, which goes on from the former `left`.
    void narrow(const std::string& text, const Lexicon& lexicon, bool ignore_case) {
        const auto [passing, within] = lexicon.agreeing(text, ignore_case);
        for (const Id id : within) {
            if (const double weight = weigh(id); weight > 0) inside[id] = weight;
        }
        if (ignore_case) {
            Floats agrees(row_.size(), 0.0F);
            passing.each([&](std::size_t id) { agrees[place(static_cast<Id>(id))] = 1; });
            open();
            for (std::size_t i = 0; i < row_.size(); ++i) row_[i] *= agrees[i], open_[i] *= agrees[i];
        } else {
            cut(row_, place(passing.low), place(passing.high));
            if (!open_.empty()) cut(open_, place(passing.low), place(passing.high));
            low_ = passing.low;
        }
        chains_.clear();
        left = text;
        agreeing = mass * sum(row_.size(), [&](std::size_t i) { return row_[i]; });
        total = sum(open().size(), [&](std::size_t i) { return open_[i]; }) + held();
    }

    // -- paths of the trie: all open pieces that begin one string ----------------------------------------------

    /// For each piece from `low` on, the open mass on its path from there, or a little more.
    const Floats& chains(const Lexicon& lexicon) {
        if (chains_.empty()) {
            chains_ = open();
            table_->group(chains_, low_);
            lexicon.chain(chains_, low_);
        }
        return chains_;
    }

    /// The open mass on the heaviest path of all.
    double heaviest_path(const Lexicon& lexicon) { return held() + largest(chains(lexicon)); }

    /// Where, from `low` on, the paths end that weigh more than `least`.
    std::vector<std::size_t> paths_over(double least, const Lexicon& lexicon) {
        const Floats& chains = this->chains(lexicon);
        std::vector<std::size_t> over;
        for (std::size_t at = 0; at < chains.size(); ++at) {
            if (chains[at] > least) over.push_back(at);
        }
        return over;
    }

    /// The open mass on the heaviest path that agrees with `rest`, and the piece at its end, or 0.
    std::pair<double, Id> along(std::string_view rest, const Lexicon& lexicon) {
        const Floats& chains = this->chains(lexicon);
        const auto [from, upto] = lexicon.extending(rest);
        const Id first = std::max(from, low_), last = std::min(upto, low_ + static_cast<Id>(chains.size()));
        Id end = 0;
        if (first < last) {
            const auto best = std::max_element(chains.begin() + (first - low_), chains.begin() + (last - low_));
            end = low_ + static_cast<Id>(best - chains.begin());
        } else {
            const Ids path = lexicon.beginning(rest);
            const auto found = std::find_if(path.rbegin(), path.rend(), [&](Id id) { return holds(id); });
            if (found != path.rend()) end = *found;
        }
        return {held() + (end ? std::max(chains[place(end)], 0.0F) : 0.0F), end};
    }

    /// The heaviest open piece on the path to the piece `end`, or where `end` is 0 inside; 0 if there is none.
    Id on_path(Id end, const Lexicon& lexicon) const {
        Id best = 0;
        double heaviest = 0;
        for (const auto& [id, weight] : inside) {
            if (weight > heaviest) best = id, heaviest = weight;
        }
        for (Id id = end; id >= std::max(low_, 1); id = lexicon.parents[static_cast<std::size_t>(id)]) {
            if (weigh(id) > heaviest) best = id, heaviest = weigh(id);
        }
        return best;
    }

    /// Call `take(id, mass)` with the open pieces that may still end in `text`, which begins with `word`.
    template <typename Take>
    void each_missing(std::string_view text, const Lexicon& lexicon, Take&& take) const {
        const auto give = [&](Id id) {
            if (const double weight = weigh(id); weight > 0) take(id, weight);
        };
        const std::string_view rest = text.substr(word.size());
        const std::string target = (stage == Stage::gap ? " " : "") + std::string(rest);
        if (starts_with(target, tail)) lexicon.each_beginning(std::string_view(target).substr(tail.size()), give);
        const auto deferring = table_->deferring.find(std::string(rest));
        if (deferring == table_->deferring.end()) return;
        for (const Id id : deferring->second) {
            if (holds(id)) give(id);
        }
    }

   private:
    bool holds(Id id) const { return id >= low_ && place(id) < row_.size(); }
    std::size_t place(Id id) const { return static_cast<std::size_t>(id - low_); }

    static void cut(Floats& values, std::size_t from, std::size_t upto) {
        const auto first = values.begin() + static_cast<std::ptrdiff_t>(from);
        values = Floats(first, first + static_cast<std::ptrdiff_t>(upto - from));
    }

    std::shared_ptr<const Table> table_;
    Floats row_;  // P(next piece) from `low_` on
    Floats open_, chains_;
    Id low_ = 0;
};

/// Those of `places` where `values` are largest: `wanted` at most, and none far below the largest of all.
inline std::vector<std::size_t> largest(const Floats& values, std::vector<std::size_t> places, std::size_t wanted) {
    if (places.size() <= wanted) return places;
    const auto larger = [&](std::size_t a, std::size_t b) { return values[a] > values[b]; };
    std::partial_sort(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(wanted), places.end(), larger);
    const float least = 0.02F * values[places.front()];
    while (wanted > 1 && values[places[wanted - 1]] <= least) --wanted;
    places.resize(wanted);
    return places;
}

/// An open piece of a spelling, and its mass.
struct Pick {
    Spelling* spelling;
    Id id;
    double mass;

    bool same(const Pick& other) const { return spelling == other.spelling && id == other.id; }
};

/// The heaviest of `picks`, so many that the others sum to no more than `allowed`.
inline std::vector<Pick> enough(std::vector<Pick> picks, double allowed) {
    double rest = 0;
    for (const Pick& pick : picks) rest += pick.mass;
    std::stable_sort(picks.begin(), picks.end(), [](const Pick& a, const Pick& b) { return a.mass > b.mass; });
    std::size_t kept = 0;
    for (; kept < picks.size() && rest > allowed; ++kept) rest -= picks[kept].mass;
    picks.resize(kept, {});
    return picks;
}

/// What to expand next, each open piece once.
class Picks {
   public:
    void add(const Pick& pick) {
        if (!contains(pick)) items.push_back(pick);
    }
    void add(const std::vector<Pick>& picks) {
        for (const Pick& pick : picks) add(pick);
    }
    bool contains(const Pick& pick) const {  // a few dozen at most: no map is faster
        return std::any_of(items.begin(), items.end(), [&](const Pick& item) { return item.same(pick); });
    }

    std::vector<Pick> items;
};

}  // namespace wordgru::detail
