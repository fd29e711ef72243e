// Exact next-word search over pieces: `wordgru/decoding.py` in C++, the same step by step.
//
// The probability of a word is the sum, over every way to spell it in pieces, of the pieces' probability times the
// probability that the word then ends. The search is best-first. All open masses that one word could still get lie on
// one path of the trie of pieces, so the largest sum over a path bounds every word not yet found. The search ends when
// no bound exceeds the k-th word.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "spellings.hpp"
#include "suggestions.hpp"

namespace wordgru {
namespace detail {

/// One search: what is still in question, until nothing is.
class Search {
   public:
    using Blocked = std::unordered_set<std::string>;

    Search(const Lexicon& lexicon, Spellings& spellings, const Blocked& blocked, std::size_t k,
           const SearchOptions& options)
        : lexicon_(lexicon),
          spellings_(spellings),
          blocked_(blocked),
          k_(k),
          options_(options),
          batch_(static_cast<std::size_t>(options.batch)) {}

    /// Expand what is in question until nothing is, or a budget is spent.
    Suggestions run(bool given) {
        using Clock = std::chrono::steady_clock;
        const auto started = Clock::now();
        std::vector<Pick> picks = in_question();
        while (!picks.empty()) {
            const double spent = std::chrono::duration<double>(Clock::now() - started).count();
            const bool late = options_.max_seconds > 0 && spent > options_.max_seconds;
            if (late || spellings_.all().size() >= static_cast<std::size_t>(std::max(options_.max_expanded, 0))) break;
            spellings_.expand(picks);
            picks = in_question();
        }
        return result(picks.empty(), given ? spellings_.agreeing() : 1);
    }

   private:
    using Ranking = std::vector<std::pair<std::string_view, double>>;
    using Sources = std::vector<Spelling*>;

    static constexpr double kWorth = 0.5;  // a piece goes along with a call if it weighs so much of those it is for
    static constexpr double kSoon = 0.3;   // and those inside of a likely word, if they weigh so much of the slack

    /// The open pieces to expand next; none if the answer is proved.
    std::vector<Pick> in_question() {
        const double slack = options_.tolerance * spellings_.agreeing();
        const Ranking ranking = this->ranking();
        const std::size_t few = std::max(k_ - std::min(k_, ranking.size()), std::size_t{1});  // words to find
        Picks needed, wanted;
        needed.add(inside(slack));
        if (needed.items.size() < batch_) {
            Sources others;  // all but the root, the lightest first
            for (Spelling& each : spellings_.all()) {
                if (&each != &spellings_.root()) others.push_back(&each);
            }
            sort(others, [](const Spelling* a, const Spelling* b) { return a->total < b->total; });
            const double least = std::max(ranking.size() >= k_ ? ranking[k_ - 1].second : 0.0, slack);
            double reach = spellings_.root().heaviest_path(lexicon_);  // the most that any word can still get
            for (const Spelling* each : others) reach += each->total;
            question_found(ranking, others, least, slack, reach, needed);
            // better an improbable word than none
            if (ranking.size() < k_) question_all(ranking.empty() ? 1e-6 * slack : slack, few, wanted);
            const bool room = wanted.items.empty() && needed.items.size() < batch_;
            if (room && reach > least) question_unseen(others, least, wanted);
        }
        return best(std::move(needed.items), wanted.items, slack, few);
    }

    template <typename Items, typename Less>
    static void sort(Items& items, Less&& less) {
        std::stable_sort(items.begin(), items.end(), less);
    }

    /// What to expand in one call: all that is needed, what is wanted most, and what is likely to be asked for next.
    /// `few` is how many words are still to be found.
    std::vector<Pick> best(std::vector<Pick> needed, std::vector<Pick> wanted, double slack, std::size_t few) const {
        const auto heavier = [](const Pick& a, const Pick& b) { return a.mass > b.mass; };
        sort(needed, heavier);
        sort(wanted, heavier);
        Picks picks;
        picks.add(needed);
        const auto known = [&](const Pick& pick) { return picks.contains(pick); };
        wanted.erase(std::remove_if(wanted.begin(), wanted.end(), known), wanted.end());
        if (picks.items.size() < batch_ && !wanted.empty()) {
            few = std::min(few, wanted.size());
            const auto rest = wanted.begin() + static_cast<std::ptrdiff_t>(few);
            picks.add({wanted.begin(), rest});
            for (std::size_t i = 0; i < std::min(k_, wanted.size()); ++i) add_inside(wanted[i], kSoon * slack, picks);
            const double worth = kWorth * wanted[few - 1].mass;
            for (auto pick = rest; pick != wanted.end() && pick->mass >= worth; ++pick) picks.add(*pick);
        }
        picks.items.resize(std::min(picks.items.size(), batch_), {});
        return picks.items;
    }

    /// The pieces inside of a likely word that weigh more than `least`.
    void add_inside(const Pick& pick, double least, Picks& picks) const {
        for (Id id = lexicon_.parents[static_cast<std::size_t>(pick.id)]; id;
             id = lexicon_.parents[static_cast<std::size_t>(id)]) {
            if (const double mass = pick.spelling->weigh(id); mass > least) picks.add({pick.spelling, id, mass});
        }
    }

    /// Pieces that spell a part of the letters typed: while they weigh much, nobody knows these letters' mass.
    std::vector<Pick> inside(double slack) {
        std::vector<Pick> picks;
        for (Spelling& each : spellings_.all()) {
            for (const auto& [id, mass] : each.inside) picks.push_back({&each, id, mass});
        }
        return enough(std::move(picks), slack);
    }

    /// The heaviest open pieces anywhere, for `few` words are not found at all.
    void question_all(double least, std::size_t few, Picks& picks) {
        Sources heavy;
        for (Spelling& each : spellings_.all()) heavy.push_back(&each);
        sort(heavy, [](const Spelling* a, const Spelling* b) { return a->total > b->total; });
        for (Spelling* each : heavy) {
            if (each->total <= least) return;
            const auto add = [&](Id id, double mass) {
                if (mass > least) picks.add({each, id, mass});
            };
            for (const auto& [id, mass] : each->inside) add(id, mass);
            std::vector<std::size_t> every(each->open().size());
            std::iota(every.begin(), every.end(), std::size_t{0});
            for (const std::size_t at : largest(each->open(), std::move(every), 2 * batch_)) {
                add(each->low() + static_cast<Id>(at), each->open()[at]);
            }
            if (picks.items.size() < few) continue;
            std::vector<double> masses;  // what is much lighter than the last of the few would not go along
            for (const Pick& pick : picks.items) masses.push_back(pick.mass);
            const auto last = masses.begin() + static_cast<std::ptrdiff_t>(few - 1);
            std::nth_element(masses.begin(), last, masses.end(), std::greater<>());
            least = std::max(least, kWorth * *last);
        }
    }

    // -- words that are not found yet --------------------------------------------------------------------------

    /// Pieces that lead to a word which is not found yet and may be more probable than `least`. Those of `others` that
    /// weigh little all together are not looked at one by one.
    void question_unseen(const Sources& others, double least, Picks& picks) {
        double light = 0;
        auto first = others.begin();
        while (first != others.end() && light + (*first)->total <= 0.1 * least) light += (*first++)->total;
        Sources weighty(first, others.end());
        weighty.push_back(&spellings_.root());
        std::reverse(weighty.begin(), weighty.end());
        for (Spelling* each : weighty) {
            if (picks.items.size() >= batch_) return;  // enough for the next call
            unseen(*each, weighty, least - light, picks);
        }
    }

    /// The same for the words of which `source` is the longest spelling begun.
    void unseen(Spelling& source, const Sources& weighty, double least, Picks& picks) {
        Spelling& root = spellings_.root();
        Sources above;
        double rough = source.total;
        for (Spelling* other : weighty) {
            if (other == &source || !starts_with(source.spelled, other->spelled)) continue;
            above.push_back(other);
            rough += other == &root ? 0 : other->total;
        }
        if (&source != &root) {  // cheap: a path is no heavier than all open pieces together
            if (rough + root.heaviest_path(lexicon_) <= least) return;
            if (rough + root.along(source.spelled, lexicon_).first <= least) return;
        }
        double needed = least;
        std::vector<std::pair<Spelling*, Id>> ends;
        for (Spelling* other : above) {
            const auto [bound, end] =
                other->along(std::string_view(source.spelled).substr(other->spelled.size()), lexicon_);
            needed -= bound;
            ends.emplace_back(other, end);
        }
        std::vector<std::size_t> over = source.paths_over(needed - source.held(), lexicon_);
        if (over.empty() && source.held() <= needed) return;
        if (needed > 0) {
            for (const std::size_t at : largest(source.open(), std::move(over), batch_)) {
                ends.emplace_back(&source, source.low() + static_cast<Id>(at));
            }
            ends.emplace_back(&source, 0);
        }
        for (const auto& [each, end] : ends) {
            if (const Id id = each->on_path(end, lexicon_)) picks.add({each, id, each->weigh(id)});
        }
    }

    // -- words that are found ----------------------------------------------------------------------------------

    /// Pieces that could change the rank or, by more than the slack, the probability of a word found.
    void question_found(const Ranking& ranking, const Sources& others, double least, double slack, double reach,
                        Picks& picks) {
        const double tie = 1e-3 * slack;
        double before = std::numeric_limits<double>::infinity();  // the mass of the word ranked one higher
        for (std::size_t rank = 0; rank < ranking.size(); ++rank) {
            const auto& [word, mass] = ranking[rank];
            const bool top = rank < k_;
            // enough for the next call; or all that follow are beaten
            if (picks.items.size() >= batch_ || (!top && mass + reach <= least)) return;
            const double allowed = top ? std::min(before + tie - mass, slack) : least - mass;
            if (top) before = std::max(mass, slack);
            picks.add(enough(missing(word, others, std::max(allowed, tie)), std::max(allowed, tie)));
        }
    }

    /// The open pieces that may still end in `word`; none if they weigh no more than `allowed`.
    std::vector<Pick> missing(std::string_view word, const Sources& others, double allowed) {
        Sources around = {&spellings_.root()};  // the heaviest first
        double rough = 0;
        for (auto each = others.rbegin(); each != others.rend(); ++each) {
            if (!starts_with(word, (*each)->word)) continue;
            around.push_back(*each);
            rough += (*each)->total;
        }
        std::vector<Pick> picks;
        double mass = 0;
        for (Spelling* each : around) {
            each->each_missing(word, lexicon_, [&](Id id, double weight) {
                mass += weight;
                picks.push_back({each, id, weight});
            });
            if (each != &spellings_.root()) rough -= each->total;
            if (mass + rough <= allowed) return {};
        }
        return picks;
    }

    // -- the answer --------------------------------------------------------------------------------------------

    /// The words found and their masses, most probable first, without those blocked.
    Ranking ranking() const {
        Ranking words;
        for (const auto& [word, mass] : spellings_.found()) {
            if (blocked_.empty() || !blocked_.count(lower(word))) words.emplace_back(word, mass);
        }
        std::sort(words.begin(), words.end(), [](const auto& a, const auto& b) {
            return a.second != b.second ? a.second > b.second : a.first < b.first;
        });
        return words;
    }

    Suggestions result(bool exact, double total) {
        if (total == 0) total = 1;
        Suggestions answer;
        for (const auto& [word, mass] : ranking()) {
            if (answer.items.size() == k_) break;
            Suggestion& item = answer.items.emplace_back();
            item.word = word;
            item.probability = std::min(mass / total, 1.0);
            for (const Id id : spellings_.best(item.word))
                item.pieces.push_back(lexicon_.pieces[static_cast<std::size_t>(id)]);
        }
        double open = 0;
        for (const Spelling& each : spellings_.all()) open += each.total;
        answer.exact = exact;
        answer.unexplored = std::clamp(open / total, 0.0, 1.0);
        answer.expanded = spellings_.all().size();
        return answer;
    }

    const Lexicon& lexicon_;
    Spellings& spellings_;
    const Blocked& blocked_;
    const std::size_t k_;
    const SearchOptions& options_;
    const std::size_t batch_;
};

}  // namespace detail

/// Finds the most probable words after a state. Immutable but for what it remembers: threads may share it.
class WordSearch {
   public:
    WordSearch(const LanguageModel& model, const std::vector<std::string>& pieces,
               std::unordered_set<std::string> blocked)
        : lexicon_(pieces), blocked_(std::move(blocked)), expand(model) {}

    /// The `k` most probable words. `state` is before the context's last piece `last`; `gap` is a space if one stands
    /// between the context and the word. Probabilities are out of what agrees with the gap and prefix if `given`, else
    /// out of all that may follow.
    Suggestions operator()(const State& state, Id last, const std::string& gap, const std::string& prefix,
                           std::size_t k, const SearchOptions& options, bool given) {
        const bool folds = options.ignore_case && has_case(prefix);
        const std::string typed = folds ? fold(prefix) : prefix;
        std::string key(reinterpret_cast<const char*>(state.data()), state.size() * sizeof(float));
        key += std::to_string(last) + gap + (folds ? "f" : "");
        auto spellings = take(key);  // so that another thread at the same place begins anew
        if (!spellings || !detail::starts_with(typed, spellings->typed())) {
            spellings = std::make_unique<detail::Spellings>(lexicon_, expand, state, last, gap, folds);
        }
        spellings->narrow(typed);
        Suggestions answer = detail::Search(lexicon_, *spellings, blocked_, k, options).run(given);
        const std::lock_guard lock(mutex_);
        if (spellings->size() > kLargest * lexicon_.pieces.size()) return answer;
        words_.emplace_front(std::move(key), std::move(spellings));
        if (words_.size() > kRemembered) words_.pop_back();
        return answer;
    }

   private:
    static constexpr std::size_t kRemembered = 4;  // words whose spellings are kept for the next letter
    static constexpr std::size_t kLargest =
        64;  // rows of probabilities that such a word may hold: 4 MB of 16,000 pieces

    std::unique_ptr<detail::Spellings> take(const std::string& key) {
        const std::lock_guard lock(mutex_);
        const auto found =
            std::find_if(words_.begin(), words_.end(), [&](const auto& word) { return word.first == key; });
        if (found == words_.end()) return nullptr;
        auto spellings = std::move(found->second);
        words_.erase(found);
        return spellings;
    }

    const Lexicon lexicon_;
    const std::unordered_set<std::string> blocked_;
    std::list<std::pair<std::string, std::unique_ptr<detail::Spellings>>> words_;  // the latest first
    std::mutex mutex_;

   public:
    Expander expand;
};

}  // namespace wordgru
