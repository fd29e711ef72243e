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
// Words are chosen by what they count: their mass times a factor, 1 for a word that the language knows, less for
// another, 0 for one that may not be offered. Where a known word has a hundredth of what agrees with the letters, known
// words are offered alone; elsewhere that one is known says little, for some improbable one nearly always agrees, or is
// taken for one. With A the mass of all that agrees with the letters typed, and t the tolerance, an answer of k words
// is proved when no word but these k can count more than the k-th by more than t · A, and none of
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
#include "weighed.hpp"

namespace wordgru {
namespace detail {

inline constexpr std::size_t kRemembered = 4;  // places of which the nodes are kept
inline constexpr std::size_t kExamined = 256;  // words of which the factor is asked at most, in one ranking
inline constexpr double kTrusted = 0.01;       // share, of all that agrees, of a known word offered without unknown ones
inline constexpr double kLoose = 4;            // times the tolerance: what a known word may have that is missing where
                                               // not k known words were found

/// What these bytes count: from 0 for what may not be offered to 1.
using Factor = std::function<double(std::string_view)>;

/// One search: reads what is in question until nothing is.
class Search {
   public:
    /// All are kept by reference.
    Search(Weighed& weighed, std::size_t k, const SearchOptions& options, const Factor& factor)
        : weighed_(weighed),
          k_(k),
          options_(options),
          batch_(static_cast<std::size_t>(options.batch)),
          ask_factor_(factor) {}

    /// Read the usual tokens of what is typed, then what is in question.
    Answer run(std::string_view typed, const std::vector<Named>& named) {
        using Clock = std::chrono::steady_clock;
        const auto started = Clock::now();
        weighed_.begin(typed, named);
        while (true) {
            Picks picks;
            const double inner = weighed_.inner();
            const bool agrees = inner <= 0.5 * weighed_.allowed();  // else nobody knows yet what agrees with the letters
            const Ranking ranking = agrees ? this->ranking() : Ranking{};
            const bool proved = agrees && in_question(ranking, inner, picks);
            if (!agrees) question_letters(picks);
            const std::vector<Pick> wanted = heaviest(picks, std::min(batch_, weighed_.reader.left()));
            const double spent = std::chrono::duration<double>(Clock::now() - started).count();
            const bool late = options_.max_seconds && spent > *options_.max_seconds;
            if (proved || wanted.empty() || late) return answer(agrees ? ranking : this->ranking(), proved);
            weighed_.read(wanted);
        }
    }

   private:
    using Ranked = std::pair<std::string_view, double>;
    using Ranking = std::vector<Ranked>;

    // -- the proof ---------------------------------------------------------------------------------------------

    /// The k best words found and what they count; of words that are compared as equals, the heaviest.
    Ranking ranking() {
        weighed_.list_words();
        Ranking found = best();
        if (found.size() >= k_ || is_few_ || weighed_.is_complete()) return found;
        is_few_ = true;
        weighed_.list_words(std::max(kExamined / weighed_.rows.size(), k_));
        return best();
    }

    Ranking best() {
        using Item = std::pair<const std::string, double>;
        std::vector<const Item*> heap;
        for (const Item& item : weighed_.found) heap.push_back(&item);
        const auto worse = [](const Item* one, const Item* other) {
            return one->second != other->second ? one->second < other->second : one->first > other->first;
        };
        std::make_heap(heap.begin(), heap.end(), worse);
        Ranking best;
        std::set<std::string> forms;
        std::size_t known = 0;
        double last = 0;  // the mass of the k-th known word
        for (std::size_t examined = 0; examined < kExamined && !heap.empty(); ++examined) {
            std::pop_heap(heap.begin(), heap.end(), worse);
            const auto& [word, mass] = *heap.back();
            heap.pop_back();
            if (known >= k_ && mass <= last) break;
            std::string form = weighed_.vocabulary.form(word);
            const double factor = forms.count(form) ? 0 : this->factor(word);
            if (factor <= 0) continue;
            forms.insert(std::move(form));
            best.emplace_back(word, mass * factor);
            if (factor >= 1 && ++known == k_) last = mass;
        }
        std::sort(best.begin(), best.end(), [](const Ranked& one, const Ranked& other) {
            return one.second != other.second ? one.second > other.second : one.first < other.first;
        });
        const auto is_known = [this](const Ranked& ranked) { return this->is_known(ranked); };
        const auto first = std::find_if(best.begin(), best.end(), is_known);
        if (first != best.end() && is_alone(*first)) std::stable_partition(best.begin(), best.end(), is_known);
        best.resize(std::min(best.size(), k_));
        return best;
    }

    bool is_known(const Ranked& ranked) const { return factor(ranked.first) >= 1; }

    /// Whether known words are offered alone, of which this is the first.
    bool is_alone(const Ranked& first) const {
        return is_known(first) && first.second >= kTrusted * weighed_.agreeing;
    }

    double factor(const std::string& word) const {
        const auto [known, is_new] = factors_.try_emplace(word);
        if (is_new) {
            known->second = ask_factor_(word);
            if (known->second > 0 && weighed_.named.count(word)) known->second = 1;
        }
        return known->second;
    }
    double factor(std::string_view word) const { return factor(std::string(word)); }

    /// Whether a ranking is proved, and if not the open tokens to read next; `inner` is the mass of the inner ones.
    bool in_question(const Ranking& ranking, double inner, Picks& picks) {
        const double allowed = weighed_.allowed() - inner - weighed_.unnamed;
        for (const auto& item : ranking) {
            enough(weighed_.along(std::string(item.first)), allowed, picks);
            weighed_.add_unread(item.first, picks);
        }
        if (ranking.size() < k_) {
            weighed_.add_heaviest(batch_, picks);
            question_letters(picks);
            return picks.empty() && weighed_.found.size() <= kExamined && weighed_.is_complete();
        }
        const double limit = this->limit(ranking, allowed);
        const double most = question_unlisted(limit, picks);
        const bool settled = most <= limit && question_listed(ranking, limit, most, picks);
        return settled && picks.empty();
    }

    /// The most that a word may count which is missing from the answer.
    double limit(const Ranking& ranking, double allowed) const {
        const auto& [last, count] = ranking.back();
        if (factor(last) >= 1) return count + allowed;
        const auto is_known = [this](const Ranked& ranked) { return this->is_known(ranked); };
        const bool none = std::none_of(ranking.begin(), ranking.end(), is_known);
        if (none) return count / factor(last) + allowed;  // then no word at all is more probable
        return std::max(count + allowed, kLoose * allowed);
    }

    /// The heaviest tokens inside the letters typed, and with a third of a call those that agree already.
    /// The former may be countless and lead nowhere, since a spelling that began well need not reach the last letter.
    void question_letters(Picks& picks) const {
        const std::size_t others = batch_ / 3;
        weighed_.add_heaviest_inner(batch_ - others, picks);
        weighed_.add_heaviest(others, picks);
    }

    /// Add tokens on the paths by which a word not listed may exceed `limit`; return the most that one may have.
    double question_unlisted(double limit, Picks& picks) const {
        std::vector<std::pair<double, const Group*>> heaviest_first;
        for (const Group& group : weighed_.groups) heaviest_first.emplace_back(group.peak(""), &group);
        std::stable_sort(heaviest_first.begin(), heaviest_first.end(),
                         [](const auto& one, const auto& other) { return one.first > other.first; });
        double most = 0;
        for (const auto& each : heaviest_first) {
            double total = weighed_.unnamed, highest = 0;
            const Group* heaviest = nullptr;
            for (const auto& [group, rest] : weighed_.along_key(each.second->key)) {
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
        for (const auto& item : ranking) best.insert(weighed_.vocabulary.form(item.first));
        const bool alone = is_alone(ranking[0]);
        for (const auto& [word, mass] : weighed_.found) {
            if (mass + most <= limit) continue;
            if (best.count(weighed_.vocabulary.form(word))) continue;
            const Along along = weighed_.along(word);
            double known = mass + weighed_.unnamed;
            for (const auto& each : along) known += each.first->unlisted;
            const double factor = known + missing(along) > limit ? this->factor(word) : 0;
            if (factor <= 0 || (alone && factor < 1)) continue;
            enough(along, std::max(limit / factor - known, 0.0), picks);
            if (factor * known <= limit) continue;  // with what rows do not list
            settled = settled && factor * weighed_.measured(word).probability * weighed_.agreeing <= limit;
        }
        return settled;
    }

    // -- the answer --------------------------------------------------------------------------------------------

    Answer answer(const Ranking& ranking, bool exact) const {
        std::vector<Found> found;
        const bool alone = !ranking.empty() && is_alone(ranking[0]);
        for (const Ranked& ranked : ranking) {
            if (!alone || is_known(ranked)) found.push_back(weighed_.measured(std::string(ranked.first)));
        }
        std::sort(found.begin(), found.end(), [](const Found& one, const Found& other) {
            return std::tie(other.probability, one.spelled) < std::tie(one.probability, other.spelled);
        });
        return {std::move(found), exact && weighed_.agreeing > 0, weighed_.unexplored(), weighed_.reader.rows()};
    }

    Weighed& weighed_;
    const std::size_t k_;
    const SearchOptions& options_;
    const std::size_t batch_;
    const Factor& ask_factor_;
    mutable std::unordered_map<std::string, double> factors_;
    bool is_few_ = false;  // whether there were not k words, so that more were listed
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
        {
            const std::lock_guard lock(mutex_);
            reader.room.swap(room_);
        }
        if (reader.nodes().empty()) reader.begin(state, last);
        auto answer = use(reader, vocabulary);
        remember({state, last, fold, reader.remembered()}, std::move(reader.room));
        return answer;
    }

    /// The `k` words that begin with `typed` and count most: the space before the word, if there is one, and the
    /// letters typed. `state` is the one before the context's last token, which is `last`. Words of a factor below 1
    /// are in the answer only where others hardly agree. `named` are words that other sources name, which count in full if
    /// they may be offered; probabilities are those of the mixture.
    detail::Answer operator()(const State& state, Id last, const std::string& typed, std::size_t k,
                              const SearchOptions& options, const detail::Factor& factor,
                              const std::vector<detail::Named>& named = {}) {
        const auto find = [&](detail::Reader& reader, const detail::Vocabulary& vocabulary) {
            detail::Weighed weighed(reader, vocabulary, vocabulary.key(typed), options, tokenizer_);
            return detail::Search(weighed, k, options, factor).run(typed, named);
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

    void remember(Place place, std::vector<detail::Doubles> room) {
        const std::lock_guard lock(mutex_);
        room_ = std::move(room);
        places_.push_front(std::move(place));
        if (places_.size() > detail::kRemembered) places_.pop_back();
    }

    const LanguageModel& model_;
    const Tokenizer& tokenizer_;
    const detail::Vocabulary plain_;
    const detail::TokenTries tries_;
    std::once_flag folded_;
    std::optional<const detail::Vocabulary> folding_;
    std::list<Place> places_;            // the latest first
    std::vector<detail::Doubles> room_;  // of a `Reader`, which has it while it reads
    std::mutex mutex_;
};

}  // namespace wordgru
