// P(typed | word): how likely letters and touch points are, given the word that was meant.
// `wordgru/typing/channel.py` in C++, which says what the model is; the same step by step.
//
// A forward pass: row[i] = P(the first i letters were typed, the characters so far are done). For a word that is still
// being typed, `done` adds up what has typed all the letters, whatever follows.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <numeric>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../trie.hpp"
#include "model.hpp"

namespace wordgru::detail {

inline constexpr double kRather = 0.07;       // what a letter still to come is worth, of the most that it may have
inline constexpr std::size_t kWidest = 100;   // nodes of one level that are followed, the most promising ones
inline constexpr char32_t kNoPoint = 0xFFFFFFFF;

/// Where some strings stand in the letters typed: one row for each, columns by habits, and of each by letters typed so
/// far.
struct Alignments {
    explicit Alignments(std::size_t columns, std::size_t count = 0)
        : width(columns), rows(count * columns), before(count * columns), done(count), last(count, kNoPoint) {}

    std::size_t width;           ///< how many columns
    Doubles rows;                ///< P(the first i letters typed, the characters so far done), (count × width)
    Doubles before;              ///< `rows` one character ago
    Doubles done;                ///< P(all letters typed before the word's last characters); 0 where it is complete
    std::vector<char32_t> last;  ///< the last character; `kNoPoint` where there is none

    std::size_t size() const { return done.size(); }
    double* row(std::size_t at) { return rows.data() + at * width; }
    const double* row(std::size_t at) const { return rows.data() + at * width; }
    const double* row_before(std::size_t at) const { return before.data() + at * width; }

    /// Add one of others.
    void add(const Alignments& other, std::size_t at) {
        rows.insert(rows.end(), other.row(at), other.row(at) + width);
        before.insert(before.end(), other.row_before(at), other.row_before(at) + width);
        done.push_back(other.done[at]);
        last.push_back(other.last[at]);
    }

    /// One of them.
    Alignments at(std::size_t place) const {
        Alignments one(width);
        one.add(*this, place);
        return one;
    }

    /// Put one in the place of another.
    void move(std::size_t from, std::size_t to) {
        std::copy_n(row(from), width, row(to));
        std::copy_n(row_before(from), width, before.data() + to * width);
        done[to] = done[from];
        last[to] = last[from];
    }

    /// Leave so many, the first ones; or make room for more.
    void resize(std::size_t count) {
        rows.resize(count * width);
        before.resize(count * width);
        done.resize(count);
        last.resize(count);
    }
};

/// What a string may still have.
struct Ahead {
    double open = 0;            ///< the most that what follows may add to `done`, or to the likelihood of a complete word
    double promise = 0;         ///< what it may rather add, for letters still to come are not certain in the word either
    double second = 0;          ///< the most that a second word after the one that ends here may have, the space being
                                ///< left out
    double second_promise = 0;  ///< and what it may rather have

    /// Add what a share of it has.
    void add(double share, const Ahead& each) {
        open += share * each.open;
        promise += share * each.promise;
        second += share * each.second;
        second_promise += share * each.second_promise;
    }
};

/// Trie nodes that one walk reached on one level.
struct Reached {
    explicit Reached(std::size_t columns) : alignments(columns) {}

    std::vector<std::size_t> source;  ///< of each, the string that the walk began with
    std::vector<std::size_t> nodes;   ///< their numbers
    std::vector<char> closed;  ///< whether all that begins with it has the same likelihood, so that the walk ends here
    Alignments alignments;     ///< where each stands
    std::vector<Ahead> ahead;  ///< what each may still have

    void add(std::size_t from, std::size_t node, const Ahead& may_have, bool is_closed) {
        source.push_back(from);
        nodes.push_back(node);
        closed.push_back(is_closed);
        ahead.push_back(may_have);
    }

    void reserve(std::size_t count) {
        source.reserve(count);
        nodes.reserve(count);
        closed.reserve(count);
        ahead.reserve(count);
    }

    /// Leave those at some places, in their order.
    void keep(const std::vector<std::size_t>& places) {
        for (std::size_t to = 0; to < places.size(); ++to) {
            const std::size_t from = places[to];
            source[to] = source[from];
            nodes[to] = nodes[from];
            closed[to] = closed[from];
            ahead[to] = ahead[from];
            alignments.move(from, to);
        }
        source.resize(places.size());
        nodes.resize(places.size());
        closed.resize(places.size());
        ahead.resize(places.size());
        alignments.resize(places.size());
    }
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
        : typing_(std::move(typing)),
          touches_(std::move(touches)),
          complete_(complete),
          habits_(typing_->habits(complete)) {
        for (const Touch& touch : touches_) points_.push_back(touch.character);
        letters_ = to_utf8(points_);
        find_slips();
        find_weights();
    }

    const TypingModel& model() const { return typing_->model; }
    bool complete() const { return complete_; }
    const std::string& letters() const { return letters_; }            ///< as they were typed
    std::size_t size() const { return touches_.size(); }               ///< how many
    std::size_t columns() const { return habits_.size() * width(); }  ///< of a row of alignments

    /// Before the first character.
    Alignments start() const {
        Alignments start(columns(), 1);
        for (std::size_t habit = 0; habit < habits_.size(); ++habit) {
            double* const row = start.row(0) + habit * width();
            row[0] = habits_[habit].share;
            const double extra = row[0] * extra_[habit * size()];
            if (!complete_ && size() == 1) start.done[0] += extra;
            else row[1] = extra;
        }
        return start;
    }

    /// Before the first character of another word after words that end here, the space typed or left out.
    Alignments second(const Alignments& at) const {
        Alignments second(columns(), at.size());
        for (std::size_t from = 0; from < at.rows.size(); from += width()) {
            for (std::size_t letter = 1; letter < size(); ++letter) {  // of each word a letter was typed
                second.rows[from + letter] = at.rows[from + letter] * model().joined;
            }
            for (std::size_t letter = 0; letter < size(); ++letter) {
                second.rows[from + letter + 1] += at.rows[from + letter] * space_[letter];
            }
        }
        return second;
    }

    /// P(typed | the word that ends at one of them).
    double likelihood(const Alignments& at, std::size_t place) const {
        if (!complete_) return at.done[place];
        double total = 0;
        for (std::size_t end = size(); end < at.width; end += width()) total += at.row(place)[end];
        return total;
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

    /// P(typed | each of some words).
    Doubles each(const std::vector<std::string>& words) {
        Doubles found(words.size());
        if (words.empty()) return found;
        const auto trie = std::make_shared<const Trie>(words);
        Doubles masses(words.size() + 1);
        std::iota(masses.begin(), masses.end(), 0.0);
        Ways ways{trie, {0}, start(), {std::move(masses)}, {0}};
        for (const Reached& level : walk(ways)) {
            for (std::size_t at = 0; at < level.nodes.size(); ++at) {
                const Trie::Node& node = (*trie)[level.nodes[at]];
                for (std::size_t place = node.low; place < node.own; ++place) {
                    found[trie->order()[place]] = likelihood(level.alignments, at);
                }
            }
        }
        return found;
    }

    /// The most that P(typed | word) may be, of whatever word; of touch points a density, which may be above 1.
    double most_likely() const {
        double most = 1;
        for (const Ahead& each : of_rows_) most = std::max(most, each.open);
        return most;
    }

    /// Follow a trie from some strings on, level by level, where it may matter.
    std::vector<Reached> walk(Ways& ways) {
        const Trie& trie = *ways.trie;
        const Table& table = this->table(ways.trie);
        std::vector<Reached> found;
        found.emplace_back(columns());
        found[0].alignments = ways.starts;
        for (std::size_t at = 0; at < ways.roots.size(); ++at) {
            found[0].add(at, ways.roots[at], ahead(ways.starts, at), false);
        }
        const auto goes_on = [&](const Reached& level) {
            for (std::size_t at = 0; at < level.nodes.size(); ++at) {
                if (!level.closed[at] && trie[level.nodes[at]].count > 0) return true;
            }
            return false;
        };
        while (goes_on(found.back())) found.push_back(next(found.back(), ways, table));
        return found;
    }

   private:
    /// For the characters of a trie: P(letter i | character, which is not left out), (characters × habits × letters), and
    /// P(left out), (characters × habits).
    struct Table {
        std::shared_ptr<const Trie> trie;  // so that no other has its address
        Doubles hits, omits;
    };

    std::size_t width() const { return size() + 1; }  // of a habit in a row

    /// What slips at a letter are worth, of what they are elsewhere.
    double rarer(std::size_t letter) const { return letter == 0 ? model().first : 1; }

    /// How probable letters too many are, and letters that changed places, at each letter.
    void find_slips() {
        const Layout& layout = typing_->layout;
        Doubles around;
        std::vector<bool> is_key;
        for (const Touch& touch : touches_) {
            const Letter letter(touch.character);
            around.push_back(typing_->around(touch));
            is_key.push_back(letter.low.size() == 1 && layout.find(letter.low[0]) < layout.keys().size());
            const bool is_space = touch.character == U' ';
            space_.push_back(is_space ? typing_->likelihoods(model(), {letter}, touch, false)[0] : 0);
        }
        for (const auto& [share, habit] : habits_) {
            for (std::size_t at = 0; at < size(); ++at) {
                const bool repeats = at > 0 && points_[at] == points_[at - 1];
                const double any = is_key[at] ? habit.extra / static_cast<double>(layout.keys().size()) : 0;
                const double again = repeats ? habit.doubled * around[at] : 0;
                extra_.push_back(rarer(at) * (any + again + (space_[at] > 0 ? model().split : 0)));
                const double both = at + 1 < size() ? around[at] * around[at + 1] : 0;
                swapped_.push_back(rarer(at) * habit.swapped * both);
            }
        }
    }

    /// What a share in each column of a row may still have, and one before each letter that changes places with the next.
    void find_weights() {
        const std::vector<Letter> alphabet = this->alphabet();
        const auto rather = [&](std::size_t letter) {
            return std::pow(kRather, static_cast<double>(size() - letter));
        };
        for (std::size_t habit = 0; habit < habits_.size(); ++habit) {
            const auto [rows, pairs] = most(habit, alphabet);
            for (std::size_t at = 0; at <= size(); ++at) {
                Ahead column{rows[at], rows[at] * rather(at), 0, 0};
                if (at > 0 && at < size()) {  // of each word a letter was typed
                    column.second = column.open * model().joined;
                    column.second_promise = column.promise * model().joined;
                }
                if (at < size()) {
                    column.second += rows[at + 1] * space_[at];
                    column.second_promise += rows[at + 1] * rather(at + 1) * space_[at];
                }
                of_rows_.push_back(column);
            }
            for (std::size_t at = 0; at < size(); ++at) {
                of_pairs_.push_back(at + 1 < size() ? Ahead{pairs[at], pairs[at] * rather(at + 2), 0, 0} : Ahead{});
            }
        }
    }

    /// The most that the letters from each on may still have by a habit, whatever the word goes on with; and of each pair
    /// of letters, if it changes places.
    ///
    /// From the last letter back, as `Typed._most` says: the largest solution over the characters, so that no character
    /// can raise what a row may have. Densities of points may be above 1, and are taken as they are.
    std::pair<Doubles, Doubles> most(std::size_t which, const std::vector<Letter>& alphabet) const {
        const TypingModel& habit = habits_[which].model;
        Doubles omits, rows(width(), 1), pairs(size() - 1);
        for (const Letter& letter : alphabet) omits.push_back(std::max(Typing::omits(habit, letter), habit.undoubled));
        Doubles begun(width(), 1);  // a letter too many may follow
        const double rest = typing_->rest(model());
        for (std::size_t at = size(); at-- > 0;) {
            const bool is_pair = at + 1 < size();
            const double extra = extra_[which * size() + at] * rows[at + 1];
            if (is_pair) pairs[at] = swapped_[which * size() + at] * begun[at + 2];
            const Doubles hits = typing_->likelihoods(habit, alphabet, touches_[at], at == 0);
            double most = 0;
            for (std::size_t code = 0; code < alphabet.size(); ++code) {
                const double swapped = is_pair && alphabet[code].point == points_[at + 1] ? pairs[at] : 0;
                most = std::max(most, std::max(hits[code], rest) * begun[at + 1] +
                                          (omits[code] * extra + swapped) / (1 - omits[code]));
            }
            rows[at] = most;
            begun[at] = most + extra;
        }
        return {std::move(rows), std::move(pairs)};
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

    /// What a string may still have: in its row, and by the next character before its last one.
    Ahead ahead(const Alignments& at, std::size_t place) const {
        Ahead found;
        const double* const row = at.row(place);
        for (std::size_t column = 0; column < at.width; ++column) found.add(row[column], of_rows_[column]);
        for (std::size_t letter = 1; letter < size(); ++letter) {
            if (points_[letter] != at.last[place]) continue;
            const double* const before = at.row_before(place) + letter - 1;
            for (std::size_t habit = 0; habit < habits_.size(); ++habit) {
                found.add(before[habit * width()], of_pairs_[habit * size() + letter - 1]);
            }
        }
        return found;
    }

    /// The children that may matter of what a level reached.
    Reached next(const Reached& level, Ways& ways, const Table& table) const {
        const Trie& trie = *ways.trie;
        Reached found(columns());
        Doubles masses;
        found.reserve(kWidest);
        masses.reserve(kWidest);
        Alignments& after = found.alignments;
        for (std::size_t parent = 0; parent < level.nodes.size(); ++parent) {
            if (level.closed[parent]) continue;
            const std::size_t source = level.source[parent];
            const Doubles& summed = ways.masses[source];
            const double floor = ways.floors[source], most = level.alignments.done[parent] + level.ahead[parent].open;
            const std::size_t first = trie[level.nodes[parent]].first, end = first + trie[level.nodes[parent]].count;
            for (std::size_t child = first; child < end; ++child) {
                const double mass = summed[trie[child].high] - summed[trie[child].low];
                if (!(most * mass > floor)) continue;
                const std::size_t place = masses.size();
                if (place == after.size()) after.resize(2 * place + 16);
                put_after(after, place, level.alignments, parent, trie[child], table);
                const Ahead ahead = this->ahead(after, place);
                if (!(mass * (after.done[place] + ahead.open) > floor)) continue;
                found.add(source, child, ahead, !complete_ && mass * ahead.open <= floor);
                masses.push_back(mass);
            }
        }
        after.resize(masses.size());
        if (masses.size() > kWidest) keep_promising(found, masses, ways.lost);
        return found;
    }

    /// Keep the most promising of a level; the others may have what is lost at each place.
    static void keep_promising(Reached& level, const Doubles& masses, Doubles& lost) {
        const auto& [done, ahead] = std::tie(level.alignments.done, level.ahead);
        Doubles promised;
        for (std::size_t at = 0; at < masses.size(); ++at) {
            promised.push_back(masses[at] * (done[at] + ahead[at].promise));
        }
        std::vector<std::size_t> kept(masses.size());
        std::iota(kept.begin(), kept.end(), std::size_t{0});
        const auto end = kept.begin() + kWidest;
        std::nth_element(kept.begin(), end, kept.end(),
                         [&](std::size_t one, std::size_t other) { return promised[one] > promised[other]; });
        double most = 0;
        for (auto at = end; at != kept.end(); ++at) most = std::max(most, masses[*at] * (done[*at] + ahead[*at].open));
        for (double& each : lost) each = std::max(each, most);
        kept.erase(end, kept.end());
        std::sort(kept.begin(), kept.end());
        level.keep(kept);
    }

    /// Put one of `at`, one character on, that of a node, into a place of others.
    void put_after(Alignments& after, std::size_t to, const Alignments& at, std::size_t parent, const Trie::Node& node,
                   const Table& table) const {
        const std::size_t count = habits_.size();
        const double* const from = at.row(parent);
        double* const row = after.row(to);
        std::copy_n(from, columns(), after.before.data() + to * columns());
        after.last[to] = node.point;
        after.done[to] = at.done[parent];
        const double* const omits = table.omits.data() + node.letter * count;
        if (omits[0] >= 1) {
            std::copy_n(from, columns(), row);  // half a character, which the rest of it decides
            return;
        }
        const auto omitted = [&](std::size_t habit) {
            return node.point == at.last[parent] ? std::max(habits_[habit].model.undoubled, omits[habit]) : omits[habit];
        };
        const double* hits = table.hits.data() + node.letter * count * size();
        for (std::size_t habit = 0; habit < count; ++habit, hits += size()) {
            hit(row + habit * width(), from + habit * width(), hits, 1 - omitted(habit));
        }
        swap(row, at, parent, node.point);
        for (std::size_t habit = 0; habit < count; ++habit) {
            after.done[to] += slip(row + habit * width(), from + habit * width(), habit, omitted(habit));
        }
    }

    /// The character is typed.
    void hit(double* row, const double* from, const double* hits, double typed) const {
        row[0] = 0;
        for (std::size_t letter = 0; letter < size(); ++letter) row[letter + 1] = from[letter] * hits[letter] * typed;
    }

    /// Or it changes places with the one before.
    void swap(double* row, const Alignments& at, std::size_t parent, char32_t point) const {
        for (std::size_t letter = 0; letter + 1 < size(); ++letter) {
            if (points_[letter] != point || points_[letter + 1] != at.last[parent]) continue;
            const double* const before = at.row_before(parent) + letter;
            for (std::size_t habit = 0; habit < habits_.size(); ++habit) {
                row[habit * width() + letter + 2] += before[habit * width()] * swapped_[habit * size() + letter];
            }
        }
    }

    /// The character is left out, or a letter too many follows it; returns what has typed all the letters now.
    double slip(double* row, const double* from, std::size_t habit, double omitted) const {
        const double* const extra = extra_.data() + habit * size();
        double done = complete_ ? 0 : std::exchange(row[size()], 0.0);
        row[0] += from[0] * omitted * rarer(0);
        for (std::size_t letter = 1; letter < (complete_ ? width() : size()); ++letter) {
            row[letter] += from[letter] * omitted;
        }
        for (std::size_t letter = size(); letter > 0; --letter) row[letter] += row[letter - 1] * extra[letter - 1];
        if (!complete_) done += std::exchange(row[size()], 0.0);
        return done;
    }

    /// What a trie's characters have.
    const Table& table(const std::shared_ptr<const Trie>& trie) {
        const auto [known, is_new] = tables_.try_emplace(trie.get());
        Table& table = known->second;
        if (!is_new) return table;
        const std::vector<Letter>& letters = trie->letters();
        const std::size_t count = habits_.size();
        table.trie = trie;
        table.omits.resize(letters.size() * count);
        table.hits.resize(letters.size() * count * size());
        for (std::size_t which = 0; which < count; ++which) {
            const TypingModel& habit = habits_[which].model;
            for (std::size_t code = 0; code < letters.size(); ++code) {
                table.omits[code * count + which] = Typing::omits(habit, letters[code]);
            }
            for (std::size_t at = 0; at < size(); ++at) {
                const Doubles column = typing_->likelihoods(habit, letters, touches_[at], at == 0);
                for (std::size_t code = 0; code < letters.size(); ++code) {
                    table.hits[(code * count + which) * size() + at] = column[code];
                }
            }
        }
        return table;
    }

    const std::shared_ptr<const Typing> typing_;
    const std::vector<Touch> touches_;
    const bool complete_;
    const std::vector<Habit>& habits_;
    std::string letters_;
    std::u32string points_;
    Doubles extra_;                            // by habit, of each letter, that it is one too many
    Doubles swapped_;                          // and of each and the next, that they changed places
    Doubles space_;                            // of each letter, that a space is typed as it, where it is one
    std::vector<Ahead> of_rows_, of_pairs_;  // what a share has in each column, or before each pair
    std::unordered_map<const Trie*, Table> tables_;
};

}  // namespace wordgru::detail
