// What a search has read: rows of the model after nodes, and what of each agrees with the letters typed.
// `wordgru/search/rows.py` in C++. search.hpp says what the words mean, and what is read next.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <deque>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "language_model.hpp"
#include "suggestions.hpp"
#include "vocabulary.hpp"

namespace wordgru {
namespace detail {

inline constexpr std::size_t kAlone = 3;     // rows of a large call that take as long as a call of one
inline constexpr std::size_t kListed = 96;  // words of one row that are listed as found at most

/// A token sequence begun, as the model read it.
struct Node {
    Ids tokens;           ///< after the context; none for the root
    std::string spelled;  ///< their bytes
    std::string key;      ///< their bytes as they are compared with what is typed, token by token
    double log_mass;      ///< log P(tokens | context), natural
    Floats row;           ///< P(next token), by id
    State state;          ///< after its last token
    bool is_second;       ///< whether a word ended before what follows: two were typed as one, perhaps
};

/// Nodes in the order in which they were read, so that each comes after its parent.
using Nodes = std::vector<std::unique_ptr<const Node>>;

/// The sum, and the largest, of some masses. Eight lanes, for compilers may not reorder such sums themselves.
template <typename Number>
double sum(const Number* masses, std::size_t size) {
    double lanes[8] = {};
    std::size_t at = 0;
    for (; at + 8 <= size; at += 8) {
        for (std::size_t lane = 0; lane < 8; ++lane) lanes[lane] += masses[at + lane];
    }
    for (; at < size; ++at) lanes[0] += masses[at];
    return std::accumulate(std::begin(lanes), std::end(lanes), 0.0);
}
template <typename Number>
Number largest(const Number* masses, std::size_t size) {
    Number lanes[8];
    std::fill(std::begin(lanes), std::end(lanes), -std::numeric_limits<Number>::infinity());
    std::size_t at = 0;
    for (; at + 8 <= size; at += 8) {
        for (std::size_t lane = 0; lane < 8; ++lane) {
            lanes[lane] = masses[at + lane] > lanes[lane] ? masses[at + lane] : lanes[lane];
        }
    }
    for (; at < size; ++at) lanes[0] = std::max(lanes[0], masses[at]);
    return *std::max_element(std::begin(lanes), std::end(lanes));
}

/// Probability, in the row after a context, of the tokens that begin with `start`.
inline double share_of(const Vocabulary& vocabulary, const Floats& row, std::string_view start) {
    double total = 0;
    for (const Index* index : {&vocabulary.finals(), &vocabulary.opens()}) {
        const auto [low, high] = index->range(start);
        Floats copied;
        total += sum(index->of(row, low, high, copied), high - low);
    }
    return total;
}

/// Reads token sequences after a context, within a budget, and remembers their nodes. A call counts as half a batch of
/// rows at least: it takes as long.
class Reader {
   public:
    Reader(const LanguageModel& model, const Vocabulary& vocabulary, Nodes nodes, const SearchOptions& options)
        : nodes_(std::move(nodes)),
          model_(model),
          vocabulary_(vocabulary),
          most_(static_cast<std::size_t>(options.max_rows)) {}

    const Nodes& nodes() const { return nodes_; }
    std::size_t rows() const { return rows_; }                            ///< that were asked for
    std::size_t left() const { return most_ - std::min(most_, spent_); }  ///< that may still be asked for

    /// Make the root: what may follow the context.
    void begin(const State& state, Id last) {
        auto steps = step({last}, {&state}, 1);
        add({{}, "", "", 0.0, std::move(steps[0].probabilities), std::move(steps[0].state), false});
    }

    /// The node of these tokens, if it was read.
    const Node* find(const Ids& tokens) const {
        const auto same = [&](const auto& node) { return node->tokens == tokens; };
        const auto found = std::find_if(nodes_.begin(), nodes_.end(), same);
        return found == nodes_.end() ? nullptr : found->get();
    }

    /// The node of a usual token of what is typed, read alone if it is not known; null once the budget is spent. It is
    /// read whatever that counts, because without it nothing is found; a quarter of the budget is left, if it can be.
    const Node* read_usual(const Node& node, Id token) {
        Ids tokens = node.tokens;
        tokens.push_back(token);
        const Node* known = find(tokens);
        if (known || rows_ >= most_) return known;
        const Node* next = read({{&node, token}}, kAlone)[0];
        spent_ = std::max(std::min(spent_, most_ - most_ / 4), rows_);
        return next;
    }

    /// The nodes of tokens after nodes; the call counts as `least` rows at least.
    std::vector<const Node*> read(const std::vector<std::pair<const Node*, Id>>& picks, std::size_t least = 1) {
        Ids tokens;
        std::vector<const State*> states;
        for (const auto& [parent, token] : picks) {
            tokens.push_back(token);
            states.push_back(&parent->state);
        }
        auto steps = step(tokens, states, least);
        std::vector<const Node*> found;
        for (std::size_t at = 0; at < picks.size(); ++at) {
            const auto& [parent, token] = picks[at];
            const float share = parent->row[static_cast<std::size_t>(token)];
            Node node;
            node.tokens = parent->tokens;
            node.tokens.push_back(token);
            node.spelled = parent->spelled + vocabulary_.spelled(token);
            node.key = parent->key + vocabulary_.key(vocabulary_.spelled(token));
            node.log_mass = parent->log_mass + std::log(std::max(share, std::numeric_limits<float>::min()));
            node.row = std::move(steps[at].probabilities);
            node.state = std::move(steps[at].state);
            node.is_second = parent->is_second || vocabulary_.is_final(token);
            found.push_back(&add(std::move(node)));
        }
        return found;
    }

    /// Forget the nodes that are not to be kept, and those that were read after them.
    template <typename Keep>
    void keep(Keep&& keep) {
        Nodes all = std::exchange(nodes_, {});
        for (auto& node : all) {
            const auto& tokens = node->tokens;
            if (!tokens.empty() && (!keep(*node) || !find({tokens.begin(), tokens.end() - 1}))) continue;
            nodes_.push_back(std::move(node));
        }
    }

    /// What to remember: the nodes that came first, so that each has its parent.
    Nodes remembered() {
        if (nodes_.size() > 2 * most_) nodes_.resize(2 * most_);
        return std::move(nodes_);
    }

    std::vector<Doubles> room;  ///< for what a search adds up of rows; what is in it does not count

   private:
    const Node& add(Node node) {
        nodes_.push_back(std::make_unique<const Node>(std::move(node)));
        return *nodes_.back();
    }

    std::vector<Step> step(const Ids& tokens, const std::vector<const State*>& states, std::size_t least) {
        rows_ += tokens.size();
        spent_ += std::max(tokens.size(), least);
        return model_.step(tokens, states);
    }

    Nodes nodes_;  // each after its parent, the root first
    const LanguageModel& model_;
    const Vocabulary& vocabulary_;
    const std::size_t most_;  // the budget
    std::size_t rows_ = 0, spent_ = 0;
};

/// A node among the letters typed: what of its row agrees with them.
class Row {
   public:
    Row(const Node& read, const Vocabulary& vocabulary, std::string_view typed)
        : node(&read), vocabulary_(&vocabulary) {
        const std::string_view rest = typed.substr(std::min(read.key.size(), typed.size()));
        const Index &finals = vocabulary.finals(), &opens = vocabulary.opens();
        std::size_t high;
        std::tie(low, high) = opens.range(rest);
        const float* shares = opens.of(read.row, low, high, copied_);
        open.assign(shares, shares + (high - low));
        for (const std::size_t place : vocabulary.inner(rest)) {
            inner.emplace_back(place, read.row[static_cast<std::size_t>(opens.id(place))]);
        }
        units_ = vocabulary.units(half_character(read.spelled), low, high);
        std::tie(first_final_, high) = finals.range(rest);
        finals_ = high - first_final_;
        words_ = finals.of(read.row, first_final_, high, copied_);
        if (!units_.empty()) {  // of a script without spaces
            Floats words(words_, words_ + finals_);
            for (const std::size_t place : units_) {
                words.push_back(static_cast<float>(std::exchange(open[place - low], 0)));
            }
            copied_ = std::move(words);
            words_ = copied_.data();
        }
        share = typed.empty() ? 1.0 - read.row[0] : sum(words_, word_count()) + sum(open.data(), open.size());
    }
    Row(Row&&) = default;

    const Node* node;
    std::size_t number = 0;  ///< of the row in its search
    double mass = 1;         ///< of the node
    std::size_t low;         ///< place of the first open token that agrees
    Doubles open;            ///< masses of the open tokens that agree, from `low` on; 0 for those that were read
    std::vector<std::pair<std::size_t, double>> inner;  ///< open tokens that spell a part of the letters, and their
                                                        ///< masses: they agree only in part
    double share;                                       ///< of the row that agrees for sure

    /// The mass of all that agrees only in part.
    double inner_mass() const {
        return std::accumulate(inner.begin(), inner.end(), 0.0, [](double a, const auto& b) { return a + b.second; });
    }

    /// Turn probabilities into masses.
    void weigh(double of_node) {
        mass = of_node;
        for (auto& each : inner) each.second *= mass;
        for (double& each : open) each *= mass;
    }

    /// Call `take(token, mass)` for the tokens that end a word here with the most mass, `few` at least, else none below
    /// the mass `lightest`; return what others have at most.
    template <typename Take>
    double words(std::size_t few, double lightest, Take&& take) const {
        const std::size_t size = word_count();
        double least = std::max(size ? largest(words_, size) / 2048.0 : 0.0, lightest / mass);
        std::vector<std::size_t> places;
        for (std::size_t at = 0; at < size; ++at) {
            if (words_[at] > least) places.push_back(at);
        }
        const std::size_t count = std::min({std::max(places.size(), few), std::max(few, kListed), size});
        if (count != places.size()) {
            if (count > places.size()) {
                places.resize(size);
                std::iota(places.begin(), places.end(), std::size_t{0});
            }
            const auto heavier = [&](std::size_t one, std::size_t other) { return words_[one] > words_[other]; };
            const auto last = places.begin() + static_cast<std::ptrdiff_t>(count - 1);
            std::nth_element(places.begin(), last, places.end(), heavier);
            least = words_[*last];
            places.resize(count);
        }
        for (const std::size_t at : places) {
            const bool final = at < finals_;
            take(final ? vocabulary_->finals().id(first_final_ + at) : vocabulary_->opens().id(units_[at - finals_]),
                 mass * words_[at]);
        }
        return count == size ? 0 : mass * least;
    }

    /// The mass of an open token, inner or not; 0 of one that does not agree, or was read.
    double mass_of(std::size_t place) const {
        for (const auto& each : inner) {
            if (each.first == place) return each.second;
        }
        return holds(place) ? open[place - low] : 0;
    }

    /// The open token at a place is read now: its mass, which is in its own row from here on; 0 of an inner one.
    double take(std::size_t place) {
        const auto is_it = [&](const auto& part) { return part.first == place; };
        if (const auto part = std::find_if(inner.begin(), inner.end(), is_it); part != inner.end()) {
            inner.erase(part);
            return 0;
        }
        return holds(place) ? std::exchange(open[place - low], 0.0) : 0;
    }

   private:
    bool holds(std::size_t place) const { return low <= place && place < low + open.size(); }

    std::size_t word_count() const { return finals_ + units_.size(); }

    const Vocabulary* vocabulary_;
    std::size_t first_final_, finals_;  // the final tokens that agree
    std::vector<std::size_t> units_;    // places of the open tokens that end a unit of a script without spaces
    const float* words_;                // the probabilities of both, in the row itself where they lie together
    Floats copied_;
};

/// An open token to read.
struct Pick {
    double mass = 0;
    std::size_t row = 0, place = 0;

    bool operator<(const Pick& other) const {
        return std::tie(mass, row, place) < std::tie(other.mass, other.row, other.place);
    }
};
using Picks = std::set<Pick>;

/// The rows of the nodes that spell the same: their open masses lie on the same paths.
class Group {
   public:
    Group(const Vocabulary& vocabulary, std::string key_) : key(std::move(key_)), opens_(vocabulary.opens()) {}

    const std::string key;   ///< of the nodes
    std::vector<Row*> rows;  ///< of the group
    double unlisted = 0;     ///< the most that a word may have found in the rows without being listed

    /// Add a row, weighed already.
    void add(Row& row) {
        low_ = row.low;
        path_.resize(row.open.size());
        Doubles path = row.open;  // of each token, with those that it begins with
        for (std::size_t at = 0; at < path.size(); ++at) {
            const std::size_t parent = opens_.parent(low_ + at);
            if (parent != kNowhere && parent >= low_) path[at] += path[parent - low_];
        }
        for (std::size_t at = 0; at < path.size(); ++at) path_[at] += path[at];
        peak_.reset();
        rows.push_back(&row);
    }

    /// The open token at a place, of this mass, is read now.
    void take(std::size_t place, double mass) {
        if (mass == 0) return;
        for (std::size_t at = place - low_; at < opens_.end(place) - low_; ++at) path_[at] -= mass;
        peak_.reset();
    }

    /// The most that any word may miss here whose bytes from the nodes on begin with `rest`.
    double peak(std::string_view rest) const {
        if (rest.empty() && !path_.empty()) {
            if (!peak_) peak_ = largest(path_.data(), path_.size());
            return *peak_;
        }
        auto [low, high] = opens_.range(rest);
        low = std::max(low, low_);
        high = std::min(high, low_ + path_.size());
        return low < high ? largest(path_.data() + (low - low_), high - low) : missing(rest);
    }

    /// What the word whose bytes from the nodes on are `rest` may miss here.
    double missing(std::string_view rest) const {
        const std::size_t at = opens_.deepest(rest);
        return holds(at) ? path_[at - low_] : 0;
    }

    /// Add the open tokens that `rest` begins with.
    void along(std::string_view rest, Picks& picks) const {
        for (std::size_t at = opens_.deepest(rest); at != kNowhere; at = opens_.parent(at)) {
            if (!holds(at)) continue;
            for (const Row* row : rows) {
                if (row->open[at - low_] > 0) picks.insert({row->open[at - low_], row->number, at});
            }
        }
    }

    /// Add the heaviest open tokens of each row on paths above `limit`, at most so many of a row.
    void over(double limit, std::size_t most, Picks& picks) const {
        for (const Row* row : rows) {
            std::vector<Pick> found;
            for (std::size_t at = 0; at < path_.size(); ++at) {
                if (path_[at] > limit && row->open[at] > 0) found.push_back({row->open[at], row->number, low_ + at});
            }
            if (found.size() > most) {
                const auto heavier = [](const Pick& one, const Pick& other) { return other < one; };
                std::nth_element(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(most), found.end(),
                                 heavier);
                found.resize(most);
            }
            picks.insert(found.begin(), found.end());
        }
    }

   private:
    bool holds(std::size_t place) const { return place != kNowhere && low_ <= place && place < low_ + path_.size(); }

    const Index& opens_;
    Doubles path_;  // for each open token that agrees, the sum of the open masses along its bytes, over all rows: what
                    // a word through it may miss here
    std::size_t low_ = 0;
    mutable std::optional<double> peak_;  // the most on any path, once it was asked for
};

}  // namespace detail
}  // namespace wordgru
