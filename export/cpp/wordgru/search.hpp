// The exact word search: the most probable words after a context, with a proof that none is missing.
// `wordgru/search/search.py` in C++, the same step by step.
//
// Words used here. A *node* is a token sequence that has begun a word: its last token is open and the model has read
// it, so its *row* is known: the probability of every token that may follow. Its *mass* is P(its tokens | context). The
// final tokens of a row spell whole words, which are *found*; its open tokens are *open*: words may go on from them,
// but nobody looked yet. P(word) is the sum over all its spellings, so what a word can still gain is the sum of the
// open masses whose bytes the word begins with: its *missing* mass. They all lie on one path of the trie of tokens, and
// that is the bound.
//
// Words stand in the order of what they count: their mass times a factor, 1 for a word that the language knows, less
// for another, 0 for one that may not be offered. Known words stand before all others, which are offered only where no
// known one agrees with the letters. With A the mass of all that agrees with the letters typed, and t the tolerance, an
// answer of k words is proved when no word but these k can count more than the k-th by more than t · A, and none of
// these k misses more than t · A, or the tokens that `Tokenizer::encode` spells it with. Until then the heaviest open
// tokens on the paths that break a rule are read, many in one call, within a budget.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <deque>
#include <functional>
#include <iterator>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "characters.hpp"
#include "language_model.hpp"
#include "named.hpp"
#include "rows.hpp"
#include "suggestions.hpp"
#include "trie.hpp"
#include "vocabulary.hpp"

namespace wordgru {
namespace detail {

inline constexpr std::size_t kRemembered = 4;  // places of which the nodes are kept
inline constexpr double kForgotten = 0.01;     // share of the tolerance below which a node is taken as not read
inline constexpr std::size_t kNamed = 256;     // words that a source names everywhere which are looked at one by one
inline constexpr std::size_t kExamined = 256;  // words of which the factor is asked at most, in one ranking
inline constexpr double kLoose = 4;            // times the tolerance: what a known word may have that is missing where
                                               // not k known words were found
inline constexpr double kSmallest = 1e-9;      // the least tolerance: sums of masses are no more exact

/// What these bytes count: from 0 for what may not be offered to 1.
using Factor = std::function<double(std::string_view)>;

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

/// One search: reads what is in question until nothing is.
class Search {
   public:
    /// All but `typed` is kept by reference. `typed` is as `vocabulary` compares it.
    Search(Reader& reader, const Vocabulary& vocabulary, std::string typed, std::size_t k, const SearchOptions& options,
           const Tokenizer& tokenizer, const Factor& factor, const std::vector<Named>& named)
        : reader_(reader),
          vocabulary_(vocabulary),
          typed_(std::move(typed)),
          k_(k),
          options_(options),
          batch_(static_cast<std::size_t>(options.batch)),
          tokenizer_(tokenizer),
          ask_factor_(factor),
          sources_(named) {}

    /// Read the usual tokens of what is typed, then what is in question.
    Answer run(std::string_view typed) {
        using Clock = std::chrono::steady_clock;
        const auto started = Clock::now();
        begin(usual(typed));
        while (true) {
            Picks picks;
            const bool weighed = inner_mass() <= 0.5 * allowed();  // else nobody knows yet what agrees with the letters
            const Ranking ranking = weighed ? this->ranking() : Ranking{};
            const bool proved = weighed && in_question(ranking, picks);
            if (!weighed) question_letters(picks);
            const std::vector<Pick> wanted = heaviest(picks, std::min(batch_, reader_.left()));
            const double spent = std::chrono::duration<double>(Clock::now() - started).count();
            const bool late = options_.max_seconds && spent > *options_.max_seconds;
            if (proved || wanted.empty() || late) return answer(weighed ? ranking : this->ranking(), proved);
            read(wanted);
        }
    }

   private:
    using Ranked = std::pair<std::string_view, double>;
    using Ranking = std::vector<Ranked>;

    static std::vector<Pick> heaviest(const Picks& picks, std::size_t most) {
        std::vector<Pick> found;
        for (auto pick = picks.rbegin(); pick != picks.rend() && found.size() < most; ++pick) found.push_back(*pick);
        return found;
    }

    /// The tokens that usually spell these bytes, without the final one.
    Ids usual(std::string_view spelled) const {
        Ids tokens = tokenizer_.spell(spelled);
        if (!tokens.empty()) tokens.pop_back();
        return tokens;
    }

    /// Read the tokens of `chain`, and weigh all nodes that agree; the others are forgotten.
    void begin(const Ids& chain) {
        const Node* node = reader_.find({});
        for (std::size_t at = 0; node && at < chain.size(); ++at) node = reader_.read_usual(*node, chain[at]);
        reader_.keep([&](const Node& each) {
            return !each.is_second && (starts_with(each.key, typed_) || starts_with(typed_, each.key));
        });
        std::map<const Node*, Row> rows;
        for (const auto& each : reader_.nodes()) rows.try_emplace(each.get(), *each, vocabulary_, typed_);
        if (!typed_.empty()) set_scale(rows);
        reader_.keep([&](const Node& each) {
            const Row& row = rows.at(&each);
            return is_outer(row) || !is_light(row);
        });
        for (const auto& each : reader_.nodes()) add(std::move(rows.at(each.get())));
        for (const Row& row : rows_) {
            if (row.node->tokens.empty()) continue;
            const Ids parent(row.node->tokens.begin(), row.node->tokens.end() - 1);
            take(*by_tokens_.at(parent), vocabulary_.opens().place(row.node->tokens.back()));
        }
        for (const Named& source : sources_) name(source);
    }

    /// Weigh the named words that agree; they are found from the start, the heaviest one by one.
    void name(const Named& source) {
        const double among = share_of(vocabulary_, reader_.find({})->row, vocabulary_.key(source.start));
        const double unit = among * std::exp(std::min(-scale_, 700.0));
        const Named::Agreeing agreeing = source.agreeing(typed_, kNamed, options_.ignore_case);
        agreeing_ += unit * agreeing.total;
        const double least = options_.tolerance / 8 * agreeing.total;
        double most = agreeing.rest;
        auto& masses = shares_.emplace_back(source.source, std::unordered_map<std::string, double>()).second;
        for (const auto& [word, share] : agreeing.found) {
            if (share <= least) {
                most = std::max(most, share);
                continue;
            }
            masses[word] = unit * share;
            named_[word] += unit * share;
            found_[word] += unit * share;
            keys_.try_emplace(word, usual_key(word));
        }
        unnamed_ += unit * most;
    }

    /// The key of a word that is spelled by its usual tokens.
    std::string usual_key(const std::string& word) const {
        if (!options_.ignore_case) return word;
        std::string key;
        for (const Id token : tokenizer_.spell(word)) key += vocabulary_.key(vocabulary_.spelled(token));
        return key;
    }

    void set_scale(const std::map<const Node*, Row>& rows) {
        const double nothing = -std::numeric_limits<double>::infinity();
        double agreeing = nothing, any = nothing;
        for (const auto& [node, row] : rows) {
            any = std::max(any, node->log_mass);
            if (is_outer(row)) agreeing = std::max(agreeing, node->log_mass + std::log(row.share));
        }
        scale_ = agreeing > nothing ? agreeing : any;
    }

    /// Weigh a row; the words that it spells are listed when they are needed.
    void add(Row&& weightless) {
        weightless.number = rows_.size();
        rows_.push_back(std::move(weightless));
        Row& row = rows_.back();
        row.weigh(mass(*row.node));
        by_tokens_.emplace(row.node->tokens, &row);
        if (!by_key_.count(row.node->key)) {
            groups_.emplace_back(vocabulary_, row.node->key);
            by_key_.emplace(groups_.back().key, &groups_.back());
            sizes_.insert(row.node->key.size());
        }
        group(row).add(row);
        if (is_outer(row)) agreeing_ += row.mass * row.share;
        unlisted_.push_back(&row);
    }

    void list_all() {
        for (const Row* row : std::exchange(unlisted_, {})) list(*row);
    }

    void list(const Row& row) {
        const std::size_t few = few_ ? std::max(few_ / rows_.size(), k_) : 0;
        group(row).unlisted += row.words(few, kForgotten * allowed(), [&](Id token, double mass) {
            std::string word = row.node->spelled + vocabulary_.spelled(token);
            keys_[word] = row.node->key + vocabulary_.key(vocabulary_.spelled(token));
            found_[std::move(word)] += mass;
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

    void read(const std::vector<Pick>& picks) {
        std::vector<std::pair<const Node*, Id>> asked;
        for (const Pick& pick : picks) {
            take(rows_[pick.row], pick.place);
            asked.emplace_back(rows_[pick.row].node, vocabulary_.opens().id(pick.place));
        }
        const auto least = static_cast<std::size_t>(options_.batch) / 2;
        for (const Node* node : reader_.read(asked, least)) add(Row(*node, vocabulary_, typed_));
    }

    Along along(std::string_view key) const {
        Along found;
        for (const std::size_t size : sizes_) {
            if (size > key.size()) break;
            const auto group = by_key_.find(key.substr(0, size));
            if (group != by_key_.end()) found.emplace_back(group->second, key.substr(size));
        }
        return found;
    }

    // -- the proof ---------------------------------------------------------------------------------------------

    bool is_any_unlisted() const {
        return std::any_of(groups_.begin(), groups_.end(), [](const Group& group) { return group.unlisted > 0; });
    }

    /// The mass by which a word may be short of the truth.
    double allowed() const { return std::max(options_.tolerance, kSmallest) * agreeing_; }

    /// The k best words found and what they count; of words that are compared as equals, the heaviest.
    Ranking ranking() {
        list_all();
        Ranking found = best();
        if (found.size() >= k_ || few_ || !is_any_unlisted()) return found;
        found_ = named_;
        few_ = kExamined;
        for (Group& group : groups_) group.unlisted = 0;
        for (const Row& row : rows_) unlisted_.push_back(&row);
        list_all();
        return best();
    }

    Ranking best() {
        using Item = std::pair<const std::string, double>;
        std::vector<const Item*> heap;
        for (const Item& item : found_) heap.push_back(&item);
        const auto worse = [](const Item* one, const Item* other) {
            return one->second != other->second ? one->second < other->second : one->first > other->first;
        };
        std::make_heap(heap.begin(), heap.end(), worse);
        Ranking best;  // sorted
        std::set<std::string> forms;
        for (std::size_t examined = 0; examined < kExamined && !heap.empty(); ++examined) {
            std::pop_heap(heap.begin(), heap.end(), worse);
            const auto& [word, mass] = *heap.back();
            heap.pop_back();
            if (best.size() >= k_ && is_known(best.back()) && mass <= best.back().second) break;
            std::string form = vocabulary_.form(word);
            const double factor = forms.count(form) ? 0 : this->factor(word);
            if (factor <= 0) continue;
            forms.insert(std::move(form));
            const Ranked ranked(word, mass * factor);
            const auto before = [this](const Ranked& one, const Ranked& other) { return counts_more(one, other); };
            best.insert(std::upper_bound(best.begin(), best.end(), ranked, before), ranked);
            if (best.size() > k_) best.pop_back();
        }
        return best;
    }

    bool is_known(const Ranked& ranked) const { return factor(ranked.first) >= 1; }

    /// Known words stand before all others.
    bool counts_more(const Ranked& one, const Ranked& other) const {
        if (is_known(one) != is_known(other)) return is_known(one);
        return one.second != other.second ? one.second > other.second : one.first < other.first;
    }

    double factor(const std::string& word) const {
        const auto [known, is_new] = factors_.try_emplace(word);
        if (is_new) {
            known->second = ask_factor_(word);
            if (known->second > 0 && named_.count(word)) known->second = 1;
        }
        return known->second;
    }
    double factor(std::string_view word) const { return factor(std::string(word)); }

    /// Whether a ranking is proved, and if not the open tokens to read next.
    bool in_question(const Ranking& ranking, Picks& picks) {
        const double allowed = this->allowed() - inner_mass() - unnamed_;
        for (const auto& item : ranking) {
            enough(along(keys_.at(std::string(item.first))), allowed, picks);
            question_usual(item.first, picks);
        }
        if (ranking.size() < k_) {
            question_open(batch_, picks);
            question_letters(picks);
            return picks.empty() && found_.size() <= kExamined && !is_any_unlisted();
        }
        const double limit = this->limit(ranking, allowed);
        const double most = question_unlisted(limit, picks);
        const bool settled = most <= limit && question_listed(ranking, limit, most, picks);
        return settled && picks.empty();
    }

    /// The most that a word may count which is missing from the answer.
    double limit(const Ranking& ranking, double allowed) const {
        const auto& [last, count] = ranking.back();
        // no known word at all: what is missing is hardly one
        if (factor(ranking[0].first) < 1) return count / factor(last) + allowed;
        return factor(last) < 1 ? std::max(count + allowed, kLoose * allowed) : count + allowed;
    }

    double inner_mass() const {
        double total = 0;
        for (const Row& row : rows_) total += row.inner_mass();
        return total;
    }

    /// The heaviest tokens inside the letters typed, and with a third of a call those that agree already.
    /// The former may be countless and lead nowhere, since a spelling that began well need not reach the last letter.
    void question_letters(Picks& picks) const {
        Picks inner;
        for (const Row& row : rows_) {
            for (const auto& [place, mass] : row.inner) {
                if (mass > 0) inner.insert({mass, row.number, place});
            }
        }
        const std::size_t others = batch_ / 3;
        for (const Pick& pick : heaviest(inner, batch_ - others)) picks.insert(pick);
        question_open(others, picks);
    }

    /// Add the heaviest open tokens that agree.
    void question_open(std::size_t most, Picks& picks) const {
        Picks open;
        for (const Group& group : groups_) group.over(0, most, open);
        for (const Pick& pick : heaviest(open, most)) picks.insert(pick);
    }

    /// Add the first token of the usual spelling of a word that was not read, if it is not the last.
    void question_usual(std::string_view word, Picks& picks) const {
        Ids tokens;
        for (const Id token : usual(word)) {
            const auto row = by_tokens_.find(tokens);
            tokens.push_back(token);
            if (by_tokens_.count(tokens)) continue;
            const std::size_t place = vocabulary_.opens().place(token);
            const double mass = row->second->mass_of(place);
            if (mass > kForgotten * options_.tolerance * agreeing_) picks.insert({mass, row->second->number, place});
            return;
        }
    }

    /// Add tokens on the paths by which a word not listed may exceed `limit`; return the most that one may have.
    double question_unlisted(double limit, Picks& picks) const {
        std::vector<std::pair<double, const Group*>> heaviest_first;
        for (const Group& group : groups_) heaviest_first.emplace_back(group.peak(""), &group);
        std::stable_sort(heaviest_first.begin(), heaviest_first.end(),
                         [](const auto& one, const auto& other) { return one.first > other.first; });
        double most = 0;
        for (const auto& each : heaviest_first) {
            double total = unnamed_, highest = 0;
            const Group* heaviest = nullptr;
            for (const auto& [group, rest] : along(each.second->key)) {
                const double peak = group->peak(rest);
                total += peak + group->unlisted;
                if (!heaviest || peak >= highest) highest = peak, heaviest = group;
            }
            most = std::max(most, total);
            if (total <= limit) continue;
            heaviest->over(std::max(limit - (total - highest), 0.0), batch_, picks);
            if (picks.size() >= 2 * batch_) break;  // enough for the next call
        }
        return most;
    }

    /// Add tokens by which a word that is listed, but not among the best, may still exceed `limit`; false if one
    /// exceeds it that was not examined.
    bool question_listed(const Ranking& ranking, double limit, double most, Picks& picks) const {
        bool settled = true;
        std::set<std::string> best;
        for (const auto& item : ranking) best.insert(vocabulary_.form(item.first));
        const bool any_known = is_known(ranking[0]);  // beside known words no others are offered
        for (const auto& [word, mass] : found_) {
            if (mass + most <= limit) continue;
            if (best.count(vocabulary_.form(word))) continue;
            const Along along = this->along(keys_.at(word));
            double known = mass + unnamed_;
            for (const auto& each : along) known += each.first->unlisted;
            const double factor = known + missing(along) > limit ? this->factor(word) : 0;
            if (factor <= 0 || (any_known && factor < 1)) continue;
            enough(along, std::max(limit / factor - known, 0.0), picks);
            settled = settled && factor * mass <= limit;
        }
        return settled;
    }

    // -- the answer --------------------------------------------------------------------------------------------

    Answer answer(const Ranking& ranking, bool exact) const {
        std::vector<Found> found;
        for (const Ranked& ranked : ranking) {
            if (is_known(ranked) || !is_known(ranking[0])) found.push_back(measured(std::string(ranked.first)));
        }
        std::sort(found.begin(), found.end(), [this](const Found& one, const Found& other) {
            const double count = one.probability * factor(one.spelled);
            const double more = other.probability * factor(other.spelled);
            return std::tie(more, one.spelled) < std::tie(count, other.spelled);
        });
        const double inner = inner_mass();
        double unexplored = inner;
        for (const Row& row : rows_) unexplored += sum(row.open.data(), row.open.size());
        const double share = agreeing_ + inner > 0 ? std::min(unexplored / (agreeing_ + inner), 1.0) : 1;
        return {std::move(found), exact && agreeing_ > 0, share, reader_.rows()};
    }

    /// A word with the mass of all its spellings seen, light ones too, and the best of them.
    Found measured(const std::string& word) const {
        const auto given = named_.find(word);
        double total = given == named_.end() ? 0 : given->second, best = 0;
        Ids tokens;
        for (const auto& each : along(keys_.at(word))) {
            for (const Row* row : each.first->rows) {
                const std::string& start = row->node->spelled;
                if (!starts_with(word, start)) continue;
                for (const Id token : vocabulary_.spelling(start, word.substr(start.size()))) {
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
        std::vector<std::pair<const char*, double>> named;
        for (const auto& [source, masses] : shares_) {
            const auto mass = masses.find(word);
            if (mass != masses.end()) named.emplace_back(source, mass->second / agreeing_);
        }
        return {word, std::min(total / agreeing_, 1.0), std::move(tokens), std::move(named)};
    }

    Reader& reader_;
    const Vocabulary& vocabulary_;
    const std::string typed_;
    const std::size_t k_;
    const SearchOptions& options_;
    const std::size_t batch_;
    const Tokenizer& tokenizer_;
    const Factor& ask_factor_;
    const std::vector<Named>& sources_;
    std::vector<std::pair<const char*, std::unordered_map<std::string, double>>> shares_;  // source → word → its mass
    std::unordered_map<std::string, double> named_;  // words, and the masses that they have beside the model's
    double unnamed_ = 0;                             // the most that any other word may have beside it
    std::deque<Row> rows_;                           // by their numbers
    std::map<Ids, Row*> by_tokens_;
    std::deque<Group> groups_;
    std::unordered_map<std::string_view, Group*> by_key_;
    std::set<std::size_t> sizes_;                        // of the keys of groups
    std::unordered_map<std::string, std::string> keys_;  // of words: their bytes as compared, token by token
    std::unordered_map<std::string, double> found_;  // words, and the masses of their spellings in rows that list them
    mutable std::unordered_map<std::string, double> factors_;
    std::vector<const Row*> unlisted_;  // rows of which the words are still to be listed
    std::size_t few_ = 0;               // how many words the rows list at least
    double scale_ = 0;     // log of what has mass 1, so that no mass underflows however improbable the letters are
    double agreeing_ = 0;  // mass of all that agrees with the letters for sure
};

}  // namespace detail

/// Finds the most probable words after a state. It remembers a few places; threads may share it.
class WordSearch {
   public:
    /// Both are kept by reference.
    WordSearch(const LanguageModel& model, const Tokenizer& tokenizer)
        : model_(model),
          tokenizer_(tokenizer),
          plain_(tokenizer.token_bytes(), tokenizer.finals(), false),
          tries_(tokenizer.token_bytes(), tokenizer.finals()) {}

    /// What `use` makes of a reader at a place, and the vocabulary, which folds case if asked; what it read there is
    /// remembered.
    template <typename Use>
    auto read(const State& state, Id last, const SearchOptions& options, bool fold, Use&& use) {
        const detail::Vocabulary& vocabulary = fold ? folding() : plain_;
        detail::Reader reader(model_, vocabulary, known(state, last, fold), options);
        if (reader.nodes().empty()) reader.begin(state, last);
        auto answer = use(reader, vocabulary);
        remember({state, last, fold, reader.remembered()});
        return answer;
    }

    /// The `k` words that begin with `typed` and count most: the space before the word, if there is one, and the
    /// letters typed. `state` is the one before the context's last token, which is `last`. Words of a factor below 1
    /// are in the answer only if there are no others. `named` are words that other sources name, which count in full if
    /// they may be offered; probabilities are those of the mixture.
    detail::Answer operator()(const State& state, Id last, const std::string& typed, std::size_t k,
                              const SearchOptions& options, const detail::Factor& factor,
                              const std::vector<detail::Named>& named = {}) {
        const auto find = [&](detail::Reader& reader, const detail::Vocabulary& vocabulary) {
            return detail::Search(reader, vocabulary, vocabulary.key(typed), k, options, tokenizer_, factor, named)
                .run(typed);
        };
        return read(state, last, options, options.ignore_case, find);
    }

    /// The distribution of the character after `typed`; arguments as of a call. `ignore_case` is not looked at.
    NextCharacters characters(const State& state, Id last, const std::string& typed, const SearchOptions& options,
                              const std::vector<detail::Named>& named = {}) {
        const auto add_up = [&](detail::Reader& reader, const detail::Vocabulary& vocabulary) {
            return detail::CharacterSearch(reader, vocabulary, typed).run(tokenizer_.spell(typed), options, named);
        };
        return read(state, last, options, false, add_up);
    }

    /// The tokens as tries, for what was typed.
    const detail::TokenTries& tries() const { return tries_; }

    const Tokenizer& tokenizer() const { return tokenizer_; }

   private:
    struct Place {
        State state;
        Id last;
        bool folds;
        detail::Nodes nodes;
    };

    /// The vocabulary in lower case, made when first asked for.
    const detail::Vocabulary& folding() {
        std::call_once(folded_, [&] { folding_.emplace(tokenizer_.token_bytes(), tokenizer_.finals(), true); });
        return *folding_;
    }

    /// The nodes of a place, taken out while in use: another thread at the same place begins anew.
    detail::Nodes known(const State& state, Id last, bool folds) {
        const std::lock_guard lock(mutex_);
        for (auto place = places_.begin(); place != places_.end(); ++place) {
            if (place->last != last || place->folds != folds || place->state != state) continue;
            detail::Nodes nodes = std::move(place->nodes);
            places_.erase(place);
            return nodes;
        }
        return {};
    }

    void remember(Place place) {
        const std::lock_guard lock(mutex_);
        places_.push_front(std::move(place));
        if (places_.size() > detail::kRemembered) places_.pop_back();
    }

    const LanguageModel& model_;
    const Tokenizer& tokenizer_;
    const detail::Vocabulary plain_;
    const detail::TokenTries tries_;
    std::once_flag folded_;
    std::optional<const detail::Vocabulary> folding_;
    std::list<Place> places_;  // the latest first
    std::mutex mutex_;
};

}  // namespace wordgru
