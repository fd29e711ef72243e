// The words that were most probably meant, given what was typed: P(word | context) · P(typed | word), with proof.
// `wordgru/typing/search.py` in C++, the same step by step.
//
// The search of ../search.hpp, with another notion of what agrees. Every token after a node has a likelihood now: of a
// final token that of the word, of an open one what its words have for sure, and the most that they may have beside.
// Open tokens are read, the most promising first, until no path through them can change the answer. What is too light
// to matter is left out of the walk along the trie of tokens (`Typed::walk`); what that may cost a word is counted as
// missing. Of a word typed in full, tokens promise more that begin a known word near it.
//
// Two words typed as one are found in the same way: a final token is open too, for a second word whose space was left
// out. So are two words typed as two, where they may be one with a space too many (`Typed` has the space among its
// letters).
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../search.hpp"
#include "channel.hpp"
#include "masses.hpp"

namespace wordgru::detail {

inline constexpr double kLeftOut = 1.0 / 30;   // share of the tolerance below which a branch is left out of a walk
inline constexpr double kUndecided = 0.05;     // share of what agrees that may be undecided in an answer that is proved
inline constexpr double kListedShare = 1e-3;   // of that, the share above which words are listed
inline constexpr double kGoesOn = 0.3;         // P(the next of a known word's usual tokens | those before, and what was
                                               // typed), roughly
inline constexpr std::size_t kRanked = 256;    // words that are asked at most whether they may be offered
inline constexpr double kTiny = 1e-300;        // in place of 0, for its logarithm

/// One search.
class TypingSearch {
   public:
    /// All but `gap` is kept by reference. `gap` is the space before the word, or nothing; `factor` is, of some bytes,
    /// from 0 for what may not be offered to 1; `prior` P(the next word is what was typed, and no model knows it);
    /// `doubt` the share of what was typed, as a word, above which no others are looked for.
    TypingSearch(Reader& reader, const TokenTries& tries, const Tokenizer& tokenizer, std::string gap, Typed& typed,
                 std::size_t k, const SearchOptions& options, const Factor& factor, double prior, double doubt)
        : reader_(reader),
          tries_(tries),
          tokenizer_(tokenizer),
          gap_(std::move(gap)),
          typed_(typed),
          as_typed_(gap_ + typed.letters()),
          k_(k),
          options_(options),
          batch_(static_cast<std::size_t>(options.batch)),
          ask_factor_(factor),
          prior_(prior),
          doubt_(doubt) {}

    /// Read early along the usual tokens of a word that was perhaps meant, of a likelihood.
    void expect(const std::string& word, double likelihood) {
        Ids tokens = tokenizer_.spell(gap_ + word);
        for (double promise = likelihood * kGoesOn; tokens.size() > 1; promise *= kGoesOn) {
            tokens.pop_back();
            double& most = near_[tokens];
            most = std::max(most, promise);
        }
    }

    /// Read the usual tokens of what is typed, weigh the named words, then read what is in question.
    Answer run(const std::vector<Named>& named) {
        using Clock = std::chrono::steady_clock;
        const auto started = Clock::now();
        begin(named);
        while (true) {
            const Ranking ranking = this->ranking();
            const bool proved = is_proved(ranking);
            const double spent = std::chrono::duration<double>(Clock::now() - started).count();
            const bool late = options_.max_seconds && spent > *options_.max_seconds;
            if (proved || open_.empty() || is_settled() || late) return answer(ranking, proved);
            const Picks picks = heaviest();
            if (picks.empty()) return answer(ranking, false);
            expand(picks);
        }
    }

   private:
    using Ranking = std::vector<std::pair<std::string, double>>;
    using Picks = std::vector<std::pair<const Node*, Alignments>>;

    /// Weigh what may follow, and the named words.
    ///
    /// While letters are still typed, what goes on from them as they are is read first, along their usual tokens. Of a
    /// word that ends here it is one spelling among others, and may be long: "rrvepyiim" has seven tokens. Of two words
    /// typed it is read, and so is the one that they may be: these are what is asked about.
    void begin(const std::vector<Named>& named) {
        const std::vector<Ids> spellings = this->spellings();
        std::vector<std::vector<const Node*>> chains;
        for (const Ids& spelling : spellings) {
            std::vector<const Node*> chain = {reader_.find({})};
            const bool is_read = !typed_.complete() || spellings.size() > 1;
            for (std::size_t at = 0; is_read && at + 1 < spelling.size(); ++at) {
                const Node* const next = reader_.read_usual(*chain.back(), spelling[at]);
                if (!next) break;
                chain.push_back(next);
            }
            chains.push_back(std::move(chain));
        }
        guess(chains[0], spellings[0]);
        expand({{chains[0][0], typed_.start()}});
        for (const auto& chain : chains) {
            for (std::size_t at = 1; at < chain.size(); ++at) expand_open(*chain[at]);
        }
        for (const Named& source : named) name(source);
        stand();
    }

    /// The usual tokens of what was typed, and of the same without its space if it has one.
    std::vector<Ids> spellings() const {
        const std::size_t space = typed_.letters().find(' ');
        if (space == std::string::npos) return {tokenizer_.spell(as_typed_)};
        const std::string first = gap_ + typed_.letters().substr(0, space), second = typed_.letters().substr(space + 1);
        Ids two = tokenizer_.spell(first);
        const Ids more = tokenizer_.spell(' ' + second);
        two.insert(two.end(), more.begin(), more.end());
        return {std::move(two), tokenizer_.spell(first + second)};
    }

    /// Weigh what follows a node that was read, where it is still open.
    void expand_open(const Node& node) {
        const auto is_it = [&](const OpenToken& each) { return each.tokens() == node.tokens; };
        const auto found = std::find_if(open_.begin(), open_.end(), is_it);
        if (found == open_.end()) return;
        const OpenToken token = std::move(*found);
        open_.erase(found);
        std::make_heap(open_.begin(), open_.end());
        expand({{&node, taken(token)}});
    }

    /// Whether what was typed is so probable that no other word need be looked for.
    bool is_settled() const {
        const auto typed = words_.find(as_typed_);
        double total = agreeing_ + expected_;  // and what may be second words: "thankyou" is improbable, "you" is not
        for (const OpenToken& each : open_) total += (each.ends ? each.bound() : 0) + each.mass * each.hope;
        return typed != words_.end() && typed->second.mass > doubt_ * total;
    }

    /// Share of what agrees that lies in open tokens, roughly.
    double left() const {
        double left = expected_;
        for (const OpenToken& each : open_) left += each.mass * each.sure;
        return std::min(std::max(left / std::max(agreeing_ + expected_, kTiny), 0.0), 1.0);
    }

    // -- reading -----------------------------------------------------------------------------------------------

    /// Set the scale so that what agrees has about mass 1, from below: what is typed may be as it was meant.
    void guess(const std::vector<const Node*>& chain, const Ids& spelling) {
        as_it_is_ = typed_.of(typed_.letters());
        const Node& node = *chain.back();
        const Id last = chain.size() == spelling.size() ? spelling.back() : kEndOfText;
        double share = last ? node.row[static_cast<std::size_t>(last)] : 0;
        if (!typed_.complete()) {
            share += tries_.beginning(node.row, std::string_view(as_typed_).substr(node.spelled.size()));
        }
        const double known = node.log_mass + std::log(std::max(share, 1e-30));
        const double unknown = std::log(std::max(prior_, kTiny));
        const double most = std::max(known, unknown), least = std::min(known, unknown);
        scale_ = most + std::log1p(std::exp(least - most)) + std::log(std::max(as_it_is_, kTiny));
    }

    /// What has this log-probability, out of the scale.
    double mass(double log_mass) const { return std::exp(std::min(log_mass - scale_, 700.0)); }

    /// The open tokens that may change most, read as far as the budget goes.
    Picks heaviest() {
        std::vector<OpenToken> unread;
        Picks picks;
        const std::size_t room = std::min(batch_, reader_.left());
        while (!open_.empty() && unread.size() < room && picks.size() < batch_) {
            std::pop_heap(open_.begin(), open_.end());
            OpenToken heaviest = std::move(open_.back());
            open_.pop_back();
            if (const Node* const node = reader_.find(heaviest.tokens())) picks.emplace_back(node, taken(heaviest));
            else unread.push_back(std::move(heaviest));
        }
        if (unread.empty()) return picks;
        std::vector<std::pair<const Node*, Id>> asked;
        for (const OpenToken& each : unread) asked.emplace_back(each.node, each.token);
        const std::vector<const Node*> nodes = reader_.read(asked, batch_ / 2);
        for (std::size_t at = 0; at < nodes.size(); ++at) picks.emplace_back(nodes[at], taken(unread[at]));
        return picks;
    }

    /// An open token is read: its mass is in its own row from here on.
    Alignments taken(const OpenToken& token) {
        agreeing_ -= token.mass * token.sure;
        undecided_ -= token.mass * token.open;
        expected_ -= token.mass * token.promise;
        return token.alignments(typed_);
    }

    /// Weigh what follows some nodes.
    void expand(const Picks& picks) {
        using Start = std::pair<std::string, std::string>;
        std::vector<std::pair<Start, std::vector<const Picks::value_type*>>> alike;  // in the order of the picks
        for (const auto& pick : picks) {
            const Start start(half_character(pick.first->spelled), gap_after(*pick.first));
            auto known = std::find_if(alike.begin(), alike.end(), [&](const auto& each) { return each.first == start; });
            if (known == alike.end()) known = alike.insert(alike.end(), {start, {}});
            known->second.push_back(&pick);
        }
        for (const auto& [start, part] : alike) {
            const auto& [half, gap] = start;
            const auto tokens = tries_.after(half);
            const Trie& trie = *tokens->trie;
            std::vector<const Node*> nodes;
            Doubles units;
            Ways ways{tokens->trie, {}, Alignments(typed_.columns()), std::exchange(reader_.room, {}),
                      Doubles(part.size(), kLeftOut * allowed())};
            const std::size_t begins = trie.along(code_points(gap));
            ways.roots.assign(part.size(), begins);
            if (ways.masses.size() < part.size()) ways.masses.resize(part.size());
            for (const auto* pick : part) {
                const Node& node = *pick->first;
                Doubles& masses = ways.masses[nodes.size()];
                nodes.push_back(&node);
                units.push_back(mass(node.log_mass));
                ways.starts.add(pick->second, 0);
                if (begins == kNowhere) continue;
                if (masses.size() <= tokens->ids.size()) masses.resize(tokens->ids.size() + 1);
                add_up(masses, trie[begins].low, trie[begins].high, units.back(), [&](std::size_t place) {
                    return static_cast<double>(node.row[static_cast<std::size_t>(tokens->ids[place])]);
                });
            }
            const bool is_root = nodes[0]->tokens.empty();
            std::vector<Reached> reached;
            if (begins != kNowhere) reached = typed_.walk(ways);
            reader_.room = std::move(ways.masses);
            if (is_root && std::exchange(guessed_, false)) agreeing_ = 0;
            for (Reached& level : reached) {
                weigh(std::make_shared<const Reached>(std::move(level)), *tokens, nodes, units, ways.floors, ways.lost);
            }
            for (std::size_t at = 0; at < nodes.size(); ++at) lost_.add(nodes[at]->spelled, ways.lost[at]);
        }
    }

    /// The space with which a word begins after a node.
    std::string gap_after(const Node& node) const {
        if (node.tokens.empty()) return gap_;
        return tries_.is_final(node.tokens.back()) ? " " : "";
    }

    /// The mass by which a word may be short of the truth.
    double allowed() const { return std::max(options_.tolerance, kSmallest) * agreeing_; }

    /// Count the tokens that a level of a walk reached: words are found, open tokens are open. `lost` is raised by the
    /// rest.
    void weigh(const std::shared_ptr<const Reached>& reached, const TokenTries::Tokens& tokens,
               const std::vector<const Node*>& nodes, const Doubles& units, const Doubles& floors, Doubles& lost) {
        const Reached& level = *reached;
        const double listed = words_.size() < 4 * k_ ? kListedShare : 1;
        std::vector<Heavy> heavy;
        heavy.reserve(kWeighed);
        for (std::size_t at = 0; at < level.nodes.size(); ++at) {
            const Trie::Node& node = (*tokens.trie)[level.nodes[at]];
            const std::size_t from = level.source[at], end = level.closed[at] ? node.high : node.own;
            if (node.low == end) continue;
            const double unit = units[from], open = level.ahead[at].open, promise = level.ahead[at].promise;
            // of open tokens, and of final ones: by index, for they are mixed, and no processor guesses which comes next
            const double sure[] = {level.alignments.done[at], typed_.likelihood(level.alignments, at)};
            const double most[] = {sure[0] + open, sure[1] + (level.closed[at] ? open : 0)};
            const double rather[] = {sure[0] + promise, sure[1]};
            const double least[] = {floors[from], floors[from] * listed}, is_open[] = {1, 0}, is_final[] = {0, 1};
            double opens = 0, finals = 0;
            for (std::size_t place = node.low; place < end; ++place) {
                const double weight = weight_of(*nodes[from], unit, tokens.ids[place]);
                const bool ends = tries_.is_final(tokens.ids[place]);
                opens += weight * is_open[ends];
                finals += weight * is_final[ends];
                if (!(weight * most[ends] > least[ends])) continue;
                heavy.push_back({weight * most[ends], weight * rather[ends], weight * sure[ends], at, place});
            }
            agreeing_ += opens * sure[0] + finals * sure[1];
            undecided_ += opens * open;
            expected_ += opens * promise;
        }
        keep_promising(heavy, lost);
        for (const auto& [bound, promised, own, at, place] : heavy) {
            const std::size_t from = level.source[at];
            const Id token = tokens.ids[place];
            if (tries_.is_final(token)) {
                find(*nodes[from], token, own);
                continue;
            }
            const bool deeper = place >= (*tokens.trie)[level.nodes[at]].own;
            push({nodes[from], token, weight_of(*nodes[from], units[from], token), level.alignments.done[at],
                  level.ahead[at].open, level.ahead[at].promise, reached, at, deeper, number_++});
        }
        follow(reached, tokens, nodes, units, floors);
    }

    /// A second word may follow the words that a level of a walk reached, if the space was left out.
    void follow(const std::shared_ptr<const Reached>& reached, const TokenTries::Tokens& tokens,
                const std::vector<const Node*>& nodes, const Doubles& units, const Doubles& floors) {
        const Reached& level = *reached;
        for (std::size_t at = 0; at < level.nodes.size(); ++at) {
            const Trie::Node& node = (*tokens.trie)[level.nodes[at]];
            const std::size_t from = level.source[at];
            const double open = level.ahead[at].second, promise = level.ahead[at].second_promise;
            if (nodes[from]->is_second || !(open > 0)) continue;
            const double is_final[] = {0, 1};
            double finals = 0;
            for (std::size_t place = node.low; place < node.own; ++place) {
                const Id token = tokens.ids[place];
                const double weight = weight_of(*nodes[from], units[from], token) * is_final[tries_.is_final(token)];
                finals += weight;
                if (!(weight * open > floors[from])) continue;
                push({nodes[from], token, weight, 0, open, promise, reached, at, false, number_++, true});
            }
            undecided_ += finals * open;
            expected_ += finals * promise;
        }
    }

    void push(OpenToken token) {
        if (!near_.empty()) {
            const auto hope = near_.find(token.tokens());
            if (hope != near_.end()) token.hope = hope->second;
        }
        open_.push_back(std::move(token));
        std::push_heap(open_.begin(), open_.end());
    }

    static double weight_of(const Node& node, double unit, Id token) {
        return static_cast<double>(node.row[static_cast<std::size_t>(token)]) * unit;
    }

    double factor(const std::string& spelled, FoundWord& word) const {
        if (!word.factor) word.factor = factor_of_both(spelled);
        return *word.factor;
    }

    /// The factor of a word, or of two.
    double factor_of_both(const std::string& spelled) const {
        const std::size_t space = spelled.find(' ', gap_.size());
        if (space == std::string::npos || !starts_with(spelled, gap_)) return ask_factor_(spelled);
        const double both = ask_factor_(spelled.substr(0, space)) * ask_factor_(gap_ + spelled.substr(space + 1));
        return both > 0 ? both : ask_factor_(spelled);
    }

    void find(const Node& node, Id token, double mass) {
        const std::string spelled = node.spelled + tokenizer_.token_bytes()[static_cast<std::size_t>(token)];
        const bool has_space = spelled.find(' ', gap_.size()) != std::string::npos;
        if (has_space && !node.is_second && !(ask_factor_(spelled) > 0)) return;  // no word, and not two
        FoundWord& word = words_[spelled];
        if (const double factor = this->factor(spelled, word); factor > 0) {  // what may not be offered still agrees
            agreeing_ -= mass * (1 - factor);
            mass *= factor;
        }
        word.mass += mass;
        if (mass <= word.best) return;
        word.best = mass;
        word.tokens = node.tokens;
        word.tokens.push_back(token);
    }

    /// Weigh the words that another source names.
    void name(const Named& source) {
        const double unit = tries_.beginning(reader_.find({})->row, source.start) * mass(0);
        const double floor = kLeftOut * allowed();
        std::unordered_map<std::string, double> masses;
        const NamedWords added = source.added();
        double lost = 0;
        for (const auto& [words, scale] : {std::pair{source.common.get(), source.scale}, std::pair{&added, 1.0}}) {
            const NamedMasses named = weighed(typed_, *words, unit * scale, floor);
            for (const auto& [word, mass] : named.words) masses[source.start + word] += mass;
            lost += named.lost;
        }
        for (const auto& [word, mass] : masses) {
            agreeing_ += mass;
            words_[word].mass += mass;
        }
        shares_.emplace_back(source.source, std::move(masses));
        lost_.add(source.start, lost);
    }

    /// What was typed stands as it is, a word that the model does not know, if nothing is more probable.
    void stand() {
        const double own = prior_ * as_it_is_ * mass(0);
        shares_.push_back({"typed", {{as_typed_, own}}});
        agreeing_ += own;
        words_[as_typed_].mass += own;
    }

    // -- the proof ---------------------------------------------------------------------------------------------

    /// The k best words found that may be offered, and their masses.
    ///
    /// Beside known words there are no others, but what was typed, and of a word typed in full what is heavier than all
    /// of them.
    Ranking ranking() {
        using Item = std::pair<const std::string, FoundWord>*;
        std::vector<Item> all;
        all.reserve(words_.size());
        for (auto& item : words_) all.push_back(&item);
        const auto lighter = [](Item one, Item other) {
            return one->second.mass != other->second.mass ? one->second.mass < other->second.mass
                                                          : one->first > other->first;
        };
        std::make_heap(all.begin(), all.end(), lighter);
        Ranking best, others;
        bool knows = false;
        for (std::size_t asked = 0; asked < kRanked && !all.empty(); ++asked) {
            if (best.size() >= k_ && (knows || typed_.complete())) break;
            std::pop_heap(all.begin(), all.end(), lighter);
            auto& [spelled, word] = *all.back();
            all.pop_back();
            const double counts = factor(spelled, word);
            if (!(counts > 0)) continue;
            knows = knows || counts == 1;
            const bool fits = counts == 1 || spelled == as_typed_ || (typed_.complete() && !knows);
            (fits ? best : others).emplace_back(spelled, word.mass);
        }
        if (!knows) {
            best.insert(best.end(), others.begin(), others.end());
            std::stable_sort(best.begin(), best.end(),
                             [](const auto& one, const auto& other) { return one.second > other.second; });
        }
        best.resize(std::min(best.size(), k_));
        return best;
    }

    bool is_proved(const Ranking& ranking) {
        if (ranking.empty() || agreeing_ <= 0 || undecided_ > kUndecided * agreeing_) return false;
        const double allowed = this->allowed(), limit = (ranking.size() == k_ ? ranking.back().second : 0) + allowed;
        const auto is_heavy = [&](const OpenToken& each) { return each.bound() > limit; };
        if (std::any_of(open_.begin(), open_.end(), is_heavy)) return false;
        Missing missing = lost_;
        for (const OpenToken& each : open_) {
            missing.add(each.node->spelled + tokenizer_.token_bytes()[static_cast<std::size_t>(each.token)] +
                            (each.ends ? " " : ""),
                        each.bound());
        }
        const auto misses = [&](const auto& each) { return missing.along(each.first) > allowed; };
        if (std::any_of(ranking.begin(), ranking.end(), misses) || missing.most() > limit) return false;
        std::set<std::string_view> best;
        for (const auto& each : ranking) best.insert(each.first);
        const auto known = std::find_if(ranking.begin(), ranking.end(),
                                        [&](const auto& each) { return factor(each.first, words_.at(each.first)) == 1; });
        double unknown = limit;  // what a word may have that is not known
        if (known != ranking.end()) {
            unknown = typed_.complete() ? std::max(limit, known->second + allowed) : HUGE_VAL;
        }
        for (auto& [spelled, word] : words_) {
            if (word.mass <= limit / 4 || best.count(spelled)) continue;
            const double may = word.mass + missing.along(spelled), counts = may > limit ? factor(spelled, word) : 0;
            if (counts > 0 && (counts == 1 || may > unknown)) return false;
        }
        return true;
    }

    Answer answer(const Ranking& ranking, bool exact) {
        const double whole = std::max(agreeing_, kTiny);
        Answer found{{}, exact, left(), reader_.rows()};
        for (const auto& each : ranking) {
            const auto& [spelled, mass] = each;
            Found word{spelled, std::min(mass / whole, 1.0), words_.at(spelled).tokens, {}};
            for (const auto& [source, masses] : shares_) {
                const auto share = masses.find(spelled);
                if (share != masses.end()) word.named.emplace_back(source, share->second / whole);
            }
            found.words.push_back(std::move(word));
        }
        return found;
    }

    Reader& reader_;
    const TokenTries& tries_;
    const Tokenizer& tokenizer_;
    const std::string gap_;
    Typed& typed_;
    const std::string as_typed_;  // with the space before it
    const std::size_t k_;
    const SearchOptions& options_;
    const std::size_t batch_;
    const Factor& ask_factor_;
    const double prior_;
    const double doubt_;
    double scale_ = 0;      // log of what has mass 1
    double agreeing_ = 1;   // mass that agrees for sure; 1 is a first guess, from below
    bool guessed_ = true;   // it is that
    double undecided_ = 0;  // mass that may agree
    double expected_ = 0;   // and what of it will agree, roughly
    double as_it_is_ = 0;   // P(typed | it was meant as it is typed)
    std::unordered_map<std::string, FoundWord> words_;
    std::vector<std::pair<const char*, std::unordered_map<std::string, double>>> shares_;  // source → word → its mass
    Missing lost_;                 // by the bytes of a node, what a word through it may have been denied
    std::vector<OpenToken> open_;  // a heap, the most promising first
    std::map<Ids, double> near_;   // tokens that begin a word perhaps meant, and what they promise
    std::size_t number_ = 0;
};

/// The `k` words with the largest P(word | context) · P(typed | word) · factor, with what `search` reads and remembers;
/// arguments as of `TypingSearch`, `state` being the one before the context's last token, which is `last`. Words of a
/// factor below 1 are in the answer only if there are no others, or as what was typed. `near` are words that were
/// perhaps meant, of a word typed in full; their usual tokens are read early.
inline Answer find_meant(WordSearch& search, const State& state, Id last, const std::string& gap, Typed& typed,
                         std::size_t k, const SearchOptions& options, const Factor& factor, double prior,
                         const std::vector<Named>& named, const std::vector<std::string>& near = {}, double doubt = 1) {
    return search.read(state, last, options, false, [&](Reader& reader, const Vocabulary&) {
        TypingSearch one(reader, search.tries(), search.tokenizer(), gap, typed, k, options, factor, prior,
                         doubt);
        const Doubles likelihoods = typed.each(near);
        for (std::size_t at = 0; at < near.size(); ++at) one.expect(near[at], likelihoods[at]);
        return one.run(named);
    });
}

}  // namespace wordgru::detail
