// P(typed | word): how likely letters and touch points are, given the word that was meant.
// `wordgru/typing/channel.py` in C++, which says what the model is; the same step by step.
//
// A forward pass: row[i] = P(the first i letters were typed, the characters so far are done). For a word that is still
// being typed, `done` adds up what has typed all the letters, whatever follows.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <numeric>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../trie.hpp"
#include "model.hpp"

namespace wordgru::detail {

inline constexpr double kRather = 0.07;       // what a letter still to come is worth, of the most that it may have
inline constexpr std::size_t kWidest = 100;   // nodes of one level that are followed, the most promising ones
inline constexpr char32_t kNoPoint = 0xFFFFFFFF;

/// Where some strings stand in the letters typed: one row for each, columns by letters typed so far.
struct Alignments {
    explicit Alignments(std::size_t columns, std::size_t count = 0)
        : width(columns), rows(count * columns), before(count * columns), done(count), last(count, kNoPoint) {}

    std::size_t width;           ///< letters typed, and one more
    Doubles rows;                ///< P(the first i letters typed, the characters so far done), (count × width)
    Doubles before;              ///< `rows` one character ago
    Doubles done;                ///< P(all letters typed before the word's last characters); 0 where it is complete
    std::vector<char32_t> last;  ///< the last character; `kNoPoint` where there is none

    std::size_t size() const { return done.size(); }
    const double* row(std::size_t at) const { return rows.data() + at * width; }
    const double* row_before(std::size_t at) const { return before.data() + at * width; }

    /// Add one of others.
    void add(const Alignments& other, std::size_t at) {
        rows.insert(rows.end(), other.row(at), other.row(at) + width);
        before.insert(before.end(), other.row_before(at), other.row_before(at) + width);
        done.push_back(other.done[at]);
        last.push_back(other.last[at]);
    }

    /// Some of them.
    Alignments at(const std::vector<std::size_t>& places) const {
        Alignments some(width);
        for (const std::size_t place : places) some.add(*this, place);
        return some;
    }
};

/// Trie nodes that one walk reached on one level.
struct Reached {
    std::vector<std::size_t> source;  ///< of each, the string that the walk began with
    std::vector<std::size_t> nodes;   ///< their numbers
    std::vector<bool> closed;  ///< whether all that begins with it has the same likelihood, so that the walk ends here
    Alignments alignments;     ///< where each stands
    Doubles open;              ///< the most that what follows may add to `done`, or to the likelihood of a complete word
    Doubles promise;           ///< what it may rather add, for letters still to come are not certain in the word either
    Doubles second;            ///< the most that a second word after the one that ends here may have, the space being
                               ///< left out
    Doubles second_promise;    ///< and what it may rather have
};

/// What may follow some strings, for a walk.
struct Ways {
    std::shared_ptr<const Trie> trie;
    std::vector<std::size_t> roots;  ///< of each string, the node of the trie to begin after
    Alignments starts;               ///< where each string stands
    std::vector<Doubles> masses;     ///< of each string, the mass of the trie's strings in order, added up from 0 on
    Doubles floors;  ///< of each string, the mass of a node, times the likelihood that it may reach, below which it is
                     ///< left out
    Doubles lost = floors;  ///< and what was left out may have at each place, raised by a walk where a level has more
                            ///< than `kWidest` nodes, of which the most promising are followed
};

/// Letters typed, and what a typing model says of them.
class Typed {
   public:
    /// `touches` are the letters, at least one; `complete`: the word is typed in full, else more letters may follow.
    Typed(std::shared_ptr<const Typing> typing, std::vector<Touch> touches, bool complete)
        : typing_(std::move(typing)), touches_(std::move(touches)), complete_(complete) {
        const TypingModel& model = typing_->model;
        const Layout& layout = typing_->layout;
        Doubles around;
        for (const Touch& touch : touches_) {
            around.push_back(typing_->around(touch));
            const Letter letter(touch.character);
            const bool is_key = letter.low.size() == 1 && layout.find(letter.low[0]) < layout.keys().size();
            const bool repeats = !points_.empty() && points_.back() == touch.character;
            const bool is_space = touch.character == U' ';
            extra_.push_back((is_key ? model.extra / static_cast<double>(layout.keys().size()) : 0) +
                             (repeats ? model.doubled * around.back() : 0) + (is_space ? model.split : 0));
            space_.push_back(is_space ? typing_->likelihoods({letter}, touch)[0] : 0);
            points_.push_back(touch.character);
        }
        for (std::size_t at = 0; at + 1 < size(); ++at) {
            swapped_.push_back(model.swapped * around[at] * around[at + 1]);
        }
        letters_ = to_utf8(points_);
        lead_ = promising_ = most();
        const auto rather = [&](std::size_t at) { return std::pow(kRather, static_cast<double>(size() - at)); };
        for (std::size_t at = 0; at <= size(); ++at) promising_.rows[at] *= rather(at);
        for (std::size_t at = 0; at < promising_.pairs.size(); ++at) promising_.pairs[at] *= rather(at + 2);
    }

    const TypingModel& model() const { return typing_->model; }
    bool complete() const { return complete_; }
    const std::string& letters() const { return letters_; }  ///< as they were typed
    std::size_t size() const { return touches_.size(); }     ///< how many

    /// Before the first character.
    Alignments start() const {
        Alignments start(width(), 1);
        start.rows[0] = 1;
        (!complete_ && size() == 1 ? start.done[0] : start.rows[1]) = extra_[0];
        return start;
    }

    /// Before the first character of another word after words that end here, the space typed or left out.
    Alignments second(const Alignments& at) const {
        Alignments second(width(), at.size());
        for (std::size_t place = 0; place < at.size(); ++place) {
            for (std::size_t letter = 1; letter < size(); ++letter) {  // of each word a letter was typed
                second.rows[place * width() + letter] = at.row(place)[letter] * model().joined;
            }
            for (std::size_t letter = 0; letter < size(); ++letter) {
                second.rows[place * width() + letter + 1] += at.row(place)[letter] * space_[letter];
            }
        }
        return second;
    }

    /// P(typed | the word that ends at one of them).
    double likelihood(const Alignments& at, std::size_t place) const {
        return complete_ ? at.row(place)[size()] : at.done[place];
    }

    /// P(typed | one word); 0 of what is less probable than any number.
    double of(const std::string& word) {
        Ways ways{std::make_shared<const Trie>(std::vector<std::string>{word}), {0}, start(), {{0, 1}}, {0}};
        const std::vector<Reached> levels = walk(ways);
        const Reached& last = levels.back();
        const bool is_closed = std::find(last.closed.begin(), last.closed.end(), true) != last.closed.end();
        const bool is_whole = is_closed || levels.size() == code_points(word).size() + 1;
        return is_whole && !last.nodes.empty() ? likelihood(last.alignments, last.nodes.size() - 1) : 0;
    }

    /// The most that P(typed | word) may be, of whatever word; of touch points a density, which may be above 1.
    double most_likely() const { return std::max(1.0, *std::max_element(lead_.rows.begin(), lead_.rows.end())); }

    /// Follow a trie from some strings on, level by level, where it may matter.
    std::vector<Reached> walk(Ways& ways) {
        const Trie& trie = *ways.trie;
        std::vector<std::size_t> source(ways.roots.size()), nodes = ways.roots;
        std::iota(source.begin(), source.end(), std::size_t{0});
        Alignments at = ways.starts;
        std::vector<Reached> found;
        found.push_back(reached(source, nodes, std::vector<bool>(nodes.size()), at));
        const auto has_children = [&](std::size_t node) { return trie[node].count > 0; };
        while (std::any_of(nodes.begin(), nodes.end(), has_children)) {
            const Followed followed = children(ways, source, nodes, at);
            const Alignments after = this->after(at, followed, ways.trie);
            const Doubles open = ahead(after, lead_);
            Doubles most = followed.mass;
            for (std::size_t child = 0; child < most.size(); ++child) most[child] *= after.done[child] + open[child];
            const auto floor = [&](std::size_t child) { return ways.floors[followed.source[child]]; };
            std::vector<std::size_t> kept = above(most, floor);
            if (kept.size() > kWidest) keep_promising(kept, followed.mass, after, most, ways.lost);
            std::vector<std::size_t> sources, reached_nodes, going;
            std::vector<bool> closed;
            for (const std::size_t child : kept) {
                sources.push_back(followed.source[child]);
                reached_nodes.push_back(followed.nodes[child]);
                closed.push_back(!complete_ && followed.mass[child] * open[child] <= floor(child));
                if (!closed.back()) going.push_back(closed.size() - 1);
            }
            found.push_back(reached(sources, reached_nodes, std::move(closed), after.at(kept)));
            source.clear(), nodes.clear();
            for (const std::size_t place : going) {
                source.push_back(sources[place]);
                nodes.push_back(reached_nodes[place]);
            }
            at = found.back().alignments.at(going);
        }
        return found;
    }

   private:
    struct Followed {
        std::vector<std::size_t> parents, nodes, source;
        Doubles mass;
    };

    /// The most that the letters from each on may still have, whatever the word goes on with.
    struct Lead {
        Doubles rows;   // by column of a row
        Doubles pairs;  // of each pair of letters, if it changes places
    };

    /// For the characters of a trie: P(letter i | character, which is not left out), (characters × letters), and
    /// P(left out).
    struct Table {
        std::shared_ptr<const Trie> trie;  // so that no other has its address
        Doubles hits, omits;
    };

    std::size_t width() const { return size() + 1; }

    template <typename Floor>
    static std::vector<std::size_t> above(const Doubles& most, Floor&& floor) {
        std::vector<std::size_t> kept;
        for (std::size_t at = 0; at < most.size(); ++at) {
            if (most[at] > floor(at)) kept.push_back(at);
        }
        return kept;
    }

    /// Of the children above the floors, keep those that promise most; the others may have what is lost at each place.
    void keep_promising(std::vector<std::size_t>& kept, const Doubles& mass, const Alignments& after,
                        const Doubles& most, Doubles& lost) const {
        Doubles promise = ahead(after, promising_);
        for (const std::size_t child : kept) promise[child] = mass[child] * (after.done[child] + promise[child]);
        const auto end = kept.begin() + kWidest;
        std::nth_element(kept.begin(), end, kept.end(),
                         [&](std::size_t one, std::size_t other) { return promise[one] > promise[other]; });
        for (auto child = end; child != kept.end(); ++child) {
            for (double& each : lost) each = std::max(each, most[*child]);
        }
        kept.erase(end, kept.end());
        std::sort(kept.begin(), kept.end());
    }

    Reached reached(std::vector<std::size_t> source, std::vector<std::size_t> nodes, std::vector<bool> closed,
                    Alignments at) const {
        const Alignments after = this->second(at);
        Doubles open = ahead(at, lead_), promise = ahead(at, promising_);
        Doubles second = ahead(after, lead_), second_promise = ahead(after, promising_);
        return {std::move(source), std::move(nodes),   std::move(closed), std::move(at),
                std::move(open),   std::move(promise), std::move(second), std::move(second_promise)};
    }

    /// The children of nodes that may matter, before their own characters are weighed.
    Followed children(const Ways& ways, const std::vector<std::size_t>& source, const std::vector<std::size_t>& nodes,
                      const Alignments& at) const {
        const Trie& trie = *ways.trie;
        const Doubles ahead = this->ahead(at, lead_);
        Followed found;
        for (std::size_t parent = 0; parent < nodes.size(); ++parent) {
            const Doubles& summed = ways.masses[source[parent]];
            const Trie::Node& node = trie[nodes[parent]];
            const double most = at.done[parent] + ahead[parent];
            for (std::size_t child = node.first; child < node.first + node.count; ++child) {
                const double mass = summed[trie[child].high] - summed[trie[child].low];
                if (!(most * mass > ways.floors[source[parent]])) continue;
                found.parents.push_back(parent);
                found.nodes.push_back(child);
                found.source.push_back(source[parent]);
                found.mass.push_back(mass);
            }
        }
        return found;
    }

    /// What strings may still have: in their rows, and by the next character before their last one.
    Doubles ahead(const Alignments& at, const Lead& lead) const {
        Doubles found;
        for (std::size_t place = 0; place < at.size(); ++place) {
            const double *row = at.row(place), *before = at.row_before(place);
            double total = row[0] * lead.rows[0] + row[1] * lead.rows[1];
            for (std::size_t letter = 2; letter < at.width; ++letter) {
                total += row[letter] * lead.rows[letter];
                if (points_[letter - 1] == at.last[place]) total += before[letter - 2] * lead.pairs[letter - 2];
            }
            found.push_back(total);
        }
        return found;
    }

    /// One character on, that of each node.
    Alignments after(const Alignments& at, const Followed& followed, const std::shared_ptr<const Trie>& trie) {
        const Table& table = this->table(trie);
        Alignments after(width(), followed.nodes.size());
        for (std::size_t to = 0; to < after.size(); ++to) {
            const std::size_t parent = followed.parents[to];
            const Trie::Node& node = (*trie)[followed.nodes[to]];
            const double* const from = at.row(parent);
            double* const row = after.rows.data() + to * width();
            std::copy_n(from, width(), after.before.data() + to * width());
            after.last[to] = node.point;
            after.done[to] = at.done[parent];
            double omitted = table.omits[node.letter];
            if (omitted >= 1) {
                std::copy_n(from, width(), row);  // half a character, which the rest of it decides
                continue;
            }
            if (node.point == at.last[parent]) omitted = std::max(model().undoubled, omitted);
            hit(row, at, parent, table.hits.data() + node.letter * size(), 1 - omitted, node.point);
            after.done[to] += slip(row, from, omitted);
        }
        return after;
    }

    /// The character is typed, or it changes places with the one before.
    void hit(double* row, const Alignments& at, std::size_t parent, const double* hits, double typed,
             char32_t point) const {
        const double *from = at.row(parent), *before = at.row_before(parent);
        for (std::size_t letter = 1; letter < width(); ++letter) {
            row[letter] = from[letter - 1] * hits[letter - 1] * typed;
            if (letter >= 2 && points_[letter - 2] == point && points_[letter - 1] == at.last[parent]) {
                row[letter] += before[letter - 2] * swapped_[letter - 2];
            }
        }
    }

    /// The character is left out, or a letter too many follows it; returns what has typed all the letters now.
    double slip(double* row, const double* from, double omitted) const {
        double done = complete_ ? 0 : std::exchange(row[size()], 0.0);
        for (std::size_t letter = 0; letter < (complete_ ? width() : size()); ++letter) {
            row[letter] += from[letter] * omitted;
        }
        for (std::size_t letter = size(); letter > 0; --letter) row[letter] += row[letter - 1] * extra_[letter - 1];
        if (!complete_) done += std::exchange(row[size()], 0.0);
        return done;
    }

    /// From the last letter back, as `Typed._most` says: the largest solution over the characters, so that no character
    /// can raise what a row may have. Densities of points may be above 1, and are taken as they are.
    Lead most() const {
        const std::vector<Letter> alphabet = this->alphabet();
        Lead lead{Doubles(width(), 1), Doubles(size() - 1)};
        Doubles begun(width(), 1);  // a letter too many may follow
        for (std::size_t at = size(); at-- > 0;) {
            const bool pairs = at + 1 < size();
            const double extra = extra_[at] * lead.rows[at + 1];
            if (pairs) lead.pairs[at] = swapped_[at] * begun[at + 2];
            const Doubles hits = typing_->likelihoods(alphabet, touches_[at]);
            double most = 0;
            for (std::size_t code = 0; code < alphabet.size(); ++code) {
                const double omitted = std::max(typing_->omits(alphabet[code]), model().undoubled);
                const double swapped = pairs && alphabet[code].point == points_[at + 1] ? lead.pairs[at] : 0;
                most = std::max(most, std::max(hits[code], typing_->rest()) * begun[at + 1] +
                                          (omitted * extra + swapped) / (1 - omitted));
            }
            lead.rows[at] = most;
            begun[at] = most + extra;
        }
        return lead;
    }

    /// Characters of which one has the most that any may have: those of the keys, those typed, and those that are left
    /// out most.
    std::vector<Letter> alphabet() const {
        std::vector<Letter> alphabet;
        for (const char32_t mark : std::u32string_view(U"'’-")) alphabet.emplace_back(mark);
        const auto add = [&](char32_t character) {
            if (is_escaped(character)) return;
            alphabet.emplace_back(character);
            if (alphabet.back().low.size() == 1) alphabet.emplace_back(char32_t{alphabet.back().low[0]});
            alphabet.emplace_back(upper(character));
        };
        for (const Layout::Key& key : typing_->layout.keys()) add(key.character);
        for (const char32_t point : points_) add(point);
        return alphabet;
    }

    const Table& table(const std::shared_ptr<const Trie>& trie) {
        const auto [known, is_new] = tables_.try_emplace(trie.get());
        Table& table = known->second;
        if (!is_new) return table;
        const std::vector<Letter>& letters = trie->letters();
        table.trie = trie;
        for (const Letter& letter : letters) table.omits.push_back(typing_->omits(letter));
        table.hits.resize(letters.size() * size());
        for (std::size_t at = 0; at < size(); ++at) {
            const Doubles column = typing_->likelihoods(letters, touches_[at]);
            for (std::size_t code = 0; code < letters.size(); ++code) table.hits[code * size() + at] = column[code];
        }
        return table;
    }

    const std::shared_ptr<const Typing> typing_;
    const std::vector<Touch> touches_;
    const bool complete_;
    std::string letters_;
    std::u32string points_;
    Doubles extra_;    // of each letter, that it is one too many
    Doubles space_;    // and that a space is typed as it, where it is one
    Doubles swapped_;  // of each and the next, that they changed places
    Lead lead_, promising_;
    std::unordered_map<const Trie*, Table> tables_;
};

}  // namespace wordgru::detail
