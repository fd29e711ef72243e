// What agrees with the letters typed, weighed: rows of the model and the words of other sources, in one unit of mass.
// `wordgru/search/weighed.py` in C++. `Weighed` reads what it is told to and adds up; search.hpp says what the words
// mean, and decides what is read.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <deque>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "named.hpp"
#include "rows.hpp"
#include "suggestions.hpp"
#include "tokenizer.hpp"
#include "vocabulary.hpp"

namespace wordgru::detail {

inline constexpr double kForgotten = 0.01;  // share of the tolerance below which a node is taken as not read
inline constexpr std::size_t kNamed = 256;  // words that a source names everywhere which are looked at one by one
inline constexpr double kSmallest = 1e-9;   // the least tolerance: sums of masses are no more exact

/// One word of an answer.
struct Found {
    std::string spelled;                                ///< its bytes, those held back before the word included
    double probability;                                 ///< out of what agrees with the bytes typed
    Ids tokens;                                         ///< its most probable spelling
    std::vector<std::pair<const char*, double>> named;  ///< other sources, and how much of the probability is theirs
};

/// What a search found.
struct Answer {
    std::vector<Found> words;  ///< most probable first
    bool exact;                ///< it is proved that they are the most probable
    double unexplored;         ///< share, of all that agrees, of spellings that were not looked into
    std::size_t rows;          ///< rows of the model that were asked for
};

/// The groups whose nodes a word begins with, and what of it follows them.
using Along = std::vector<std::pair<Group*, std::string_view>>;

/// What a word may still gain.
inline double missing(const Along& along) {
    double total = 0;
    for (const auto& [group, rest] : along) total += group->missing(rest);
    return total;
}

/// Add the heaviest open tokens on the path of a word, so many that the others sum to no more than `allowed`.
inline void enough(const Along& along, double allowed, Picks& picks) {
    double left = missing(along);
    if (left <= allowed) return;
    Picks all;
    for (const auto& [group, rest] : along) group->along(rest, all);
    for (auto pick = all.rbegin(); pick != all.rend() && left > allowed; ++pick) {
        picks.insert(*pick);
        left -= pick->mass;
    }
}

/// The heaviest of them, heaviest first.
inline std::vector<Pick> heaviest(const Picks& picks, std::size_t most) {
    std::vector<Pick> found;
    for (auto pick = picks.rbegin(); pick != picks.rend() && found.size() < most; ++pick) found.push_back(*pick);
    return found;
}

/// Everything read so far that agrees with some letters.
class Weighed {
   public:
    /// All but `typed` is kept by reference. `typed` is as `vocabulary` compares it.
    Weighed(Reader& asks, const Vocabulary& compares, std::string typed, const SearchOptions& options,
            const Tokenizer& tokenizer)
        : reader(asks), vocabulary(compares), typed_(std::move(typed)), options_(options), tokenizer_(tokenizer) {}

    Reader& reader;                ///< asks the model
    const Vocabulary& vocabulary;  ///< compares
    std::deque<Row> rows;          ///< by their numbers, each after its parent
    std::deque<Group> groups;      ///< of the rows whose nodes have one key
    std::unordered_map<std::string, double> found;  ///< words, and the masses of their spellings in rows that list them
    std::unordered_map<std::string, double> named;  ///< words, and the masses that they have beside the model's
    double unnamed = 0;                             ///< the most that any other word may have beside it
    double agreeing = 0;                            ///< mass of all that agrees with the letters for sure

    /// The mass by which a word may be short of the truth.
    double allowed() const { return std::max(options_.tolerance, kSmallest) * agreeing; }

    /// The mass of the open tokens that spell a part of the letters: nobody knows yet what of it agrees.
    double inner() const {
        double total = 0;
        for (const Row& row : rows) total += row.inner_mass();
        return total;
    }

    /// Share, of all that agrees, of spellings that were not looked into.
    double unexplored() const {
        const double inner = this->inner();
        double open = inner;
        for (const Row& row : rows) open += sum(row.open.data(), row.open.size());
        return agreeing + inner > 0 ? std::min(open / (agreeing + inner), 1.0) : 1;
    }

    // -- reading -----------------------------------------------------------------------------------------------

    /// Read the usual tokens of what is typed, and weigh all nodes that agree; the others are forgotten. Then the
    /// sources.
    void begin(std::string_view letters, const std::vector<Named>& sources) {
        const Ids chain = usual(letters);
        const Node* node = reader.find({});
        for (std::size_t at = 0; node && at < chain.size(); ++at) node = reader.read_usual(*node, chain[at]);
        reader.keep([&](const Node& each) {
            return !each.is_second && (starts_with(each.key, typed_) || starts_with(typed_, each.key));
        });
        std::map<const Node*, Row> weightless;
        for (const auto& each : reader.nodes()) weightless.try_emplace(each.get(), *each, vocabulary, typed_);
        if (!typed_.empty()) set_scale(weightless);
        reader.keep([&](const Node& each) {
            const Row& row = weightless.at(&each);
            return is_outer(row) || !is_light(row);
        });
        for (const auto& each : reader.nodes()) add(std::move(weightless.at(each.get())));
        for (const Row& row : rows) {
            if (row.node->tokens.empty()) continue;
            const Ids parent(row.node->tokens.begin(), row.node->tokens.end() - 1);
            take(*by_tokens_.at(parent), vocabulary.opens().place(row.node->tokens.back()));
        }
        for (const Named& source : sources) name(source);
    }

    /// Read open tokens, in one call of the model.
    void read(const std::vector<Pick>& picks) {
        std::vector<std::pair<const Node*, Id>> asked;
        for (const Pick& pick : picks) {
            take(rows[pick.row], pick.place);
            asked.emplace_back(rows[pick.row].node, vocabulary.opens().id(pick.place));
        }
        const auto least = static_cast<std::size_t>(options_.batch) / 2;
        for (const Node* node : reader.read(asked, least)) add(Row(*node, vocabulary, typed_));
    }

    // -- the words ---------------------------------------------------------------------------------------------

    /// Whether every word that the rows have is found.
    bool is_complete() const {
        return unlisted_.empty() &&
               std::none_of(groups.begin(), groups.end(), [](const Group& group) { return group.unlisted > 0; });
    }

    /// Find the words of the rows that were read since; of all rows anew where each is to list a `few` at least.
    void list_words(std::size_t few = 0) {
        if (few) {
            found = named;
            few_ = few;
            unlisted_.clear();
            for (Group& group : groups) group.unlisted = 0;
            for (const Row& row : rows) unlisted_.push_back(&row);
        }
        for (const Row* row : unlisted_) list(*row);
        unlisted_.clear();
    }

    /// A word with the mass of all its spellings seen, light ones too, and the best of them.
    Found measured(const std::string& word) const {
        const auto given = named.find(word);
        double total = given == named.end() ? 0 : given->second, best = 0;
        Ids tokens;
        for (const auto& each : along(word)) {
            for (const Row* row : each.first->rows) {
                const std::string& start = row->node->spelled;
                if (!starts_with(word, start)) continue;
                for (const Id token : vocabulary.spelling(start, word.substr(start.size()))) {
                    const double mass = row->mass * row->node->row[static_cast<std::size_t>(token)];
                    total += mass;
                    if (mass <= best) continue;
                    best = mass;
                    tokens = row->node->tokens;
                    tokens.push_back(token);
                }
            }
        }
        if (tokens.empty()) tokens = tokenizer_.spell(word);
        std::vector<std::pair<const char*, double>> given_by;
        for (const auto& [source, masses] : shares_) {
            const auto mass = masses.find(word);
            if (mass != masses.end()) given_by.emplace_back(source, mass->second / agreeing);
        }
        return {word, std::min(total / agreeing, 1.0), std::move(tokens), std::move(given_by)};
    }

    // -- what may be missing -----------------------------------------------------------------------------------

    /// What a listed word goes through: the groups on its path, and what of it follows them, as it is compared.
    Along along(const std::string& word) const { return along_key(keys_.at(word)); }

    /// The same of bytes as they are compared.
    Along along_key(std::string_view key) const {
        Along path;
        for (const std::size_t size : sizes_) {
            if (size > key.size()) break;
            const auto group = by_key_.find(key.substr(0, size));
            if (group != by_key_.end()) path.emplace_back(group->second, key.substr(size));
        }
        return path;
    }

    /// Add the heaviest open tokens that agree.
    void add_heaviest(std::size_t most, Picks& picks) const {
        if (!most) return;
        std::vector<std::pair<double, const Group*>> by_peak;
        for (const Group& group : groups) by_peak.emplace_back(group.peak(""), &group);
        std::sort(by_peak.rbegin(), by_peak.rend());
        Picks open;
        for (const auto& [peak, group] : by_peak) {
            if (open.size() == most && peak < open.begin()->mass) break;  // no token weighs more than its path
            group->over(0, most, open);
            while (open.size() > most) open.erase(open.begin());
        }
        picks.insert(open.begin(), open.end());
    }

    /// Add the heaviest open tokens inside the letters.
    void add_heaviest_inner(std::size_t most, Picks& picks) const {
        Picks inner;
        for (const Row& row : rows) {
            for (const auto& [place, mass] : row.inner) {
                if (mass > 0) inner.insert({mass, row.number, place});
            }
        }
        for (const Pick& pick : heaviest(inner, most)) picks.insert(pick);
    }

    /// Add the first token of the usual spelling of a word that was not read, if it is not the last.
    void add_unread(std::string_view word, Picks& picks) const {
        Ids tokens;
        for (const Id token : usual(word)) {
            const auto row = by_tokens_.find(tokens);
            tokens.push_back(token);
            if (by_tokens_.count(tokens)) continue;
            const std::size_t place = vocabulary.opens().place(token);
            const double mass = row->second->mass_of(place);
            if (mass > kForgotten * options_.tolerance * agreeing) picks.insert({mass, row->second->number, place});
            return;
        }
    }

   private:
    /// The tokens that usually spell these bytes, without the final one.
    Ids usual(std::string_view spelled) const {
        Ids tokens = tokenizer_.spell(spelled);
        if (!tokens.empty()) tokens.pop_back();
        return tokens;
    }

    /// Weigh the named words that agree; they are found from the start, the heaviest one by one.
    void name(const Named& source) {
        const double among = share_of(vocabulary, reader.find({})->row, vocabulary.key(source.start));
        const double unit = among * std::exp(std::min(-scale_, 700.0));
        const Named::Agreeing given = source.agreeing(typed_, kNamed, options_.ignore_case);
        agreeing += unit * given.total;
        const double least = options_.tolerance / 8 * given.total;
        double most = given.rest;
        auto& masses = shares_.emplace_back(source.source, std::unordered_map<std::string, double>()).second;
        for (const auto& [word, share] : given.found) {
            if (share <= least) {
                most = std::max(most, share);
                continue;
            }
            masses[word] = unit * share;
            named[word] += unit * share;
            found[word] += unit * share;
            keys_.try_emplace(word, usual_key(word));
        }
        unnamed += unit * most;
    }

    /// The key of a word that is spelled by its usual tokens.
    std::string usual_key(const std::string& word) const {
        if (!options_.ignore_case) return word;
        std::string key;
        for (const Id token : tokenizer_.spell(word)) key += vocabulary.key(vocabulary.spelled(token));
        return key;
    }

    void set_scale(const std::map<const Node*, Row>& weightless) {
        const double nothing = -std::numeric_limits<double>::infinity();
        double outer = nothing, any = nothing;
        for (const auto& [node, row] : weightless) {
            any = std::max(any, node->log_mass);
            if (is_outer(row)) outer = std::max(outer, node->log_mass + std::log(row.share));
        }
        scale_ = outer > nothing ? outer : any;
    }

    /// Weigh a row; the words that it spells are listed when they are needed.
    void add(Row&& weightless) {
        weightless.number = rows.size();
        rows.push_back(std::move(weightless));
        Row& row = rows.back();
        row.weigh(mass(*row.node));
        by_tokens_.emplace(row.node->tokens, &row);
        if (!by_key_.count(row.node->key)) {
            groups.emplace_back(vocabulary, row.node->key);
            by_key_.emplace(groups.back().key, &groups.back());
            sizes_.insert(row.node->key.size());
        }
        group(row).add(row);
        if (is_outer(row)) agreeing += row.mass * row.share;
        unlisted_.push_back(&row);
    }

    void list(const Row& row) {
        group(row).unlisted += row.words(few_, kForgotten * allowed(), [&](Id token, double mass) {
            std::string word = row.node->spelled + vocabulary.spelled(token);
            keys_[word] = row.node->key + vocabulary.key(vocabulary.spelled(token));
            found[std::move(word)] += mass;
        });
    }

    Group& group(const Row& row) { return *by_key_.at(row.node->key); }

    /// Whether what agrees in a row is in no other row: its node ends before the letters typed do.
    bool is_outer(const Row& row) const { return row.node->key.size() < typed_.size() || row.node->tokens.empty(); }

    double mass(const Node& node) const { return std::exp(std::min(node.log_mass - scale_, 700.0)); }

    /// Whether a node weighs next to nothing; so do those after it. Not one inside the letters typed: that it leads
    /// nowhere is worth knowing.
    bool is_light(const Row& row) const { return mass(*row.node) < kForgotten * options_.tolerance; }

    void take(Row& row, std::size_t place) { group(row).take(place, row.take(place)); }

    const std::string typed_;
    const SearchOptions& options_;
    const Tokenizer& tokenizer_;
    std::vector<std::pair<const char*, std::unordered_map<std::string, double>>> shares_;  // source → word → its mass
    std::map<Ids, Row*> by_tokens_;
    std::unordered_map<std::string_view, Group*> by_key_;
    std::set<std::size_t> sizes_;                        // of the keys of groups
    std::unordered_map<std::string, std::string> keys_;  // of words: their bytes as compared, token by token
    std::vector<const Row*> unlisted_;                   // rows of which the words are still to be listed
    std::size_t few_ = 0;                                // how many words each row lists at least
    double scale_ = 0;  // log of what has mass 1, so that no mass underflows however improbable the letters are
};

}  // namespace wordgru::detail
