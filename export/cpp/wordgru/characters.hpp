// The next character: its distribution after the letters typed, as sums over the words that begin so.
// `wordgru/search/characters.py` in C++.
//
// What Dasher, scanning keyboards and eye typing need. Each row says what follows a node: the tokens that begin with
// what is still to be typed are a range of the vocabulary. Undecided are only open tokens that end inside the letters
// typed, just at their end, or inside a character; they are read until what is undecided is within the tolerance.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "named.hpp"
#include "rows.hpp"
#include "suggestions.hpp"
#include "vocabulary.hpp"

namespace wordgru {

/// What may follow the letters typed. The probabilities and `end` sum to 1.
struct NextCharacters {
    /// Characters, and P(it is the next one of this word | context, letters typed), the most probable first.
    std::vector<std::pair<std::string, double>> probabilities;
    double end = 0;         ///< P(the word ends here | context, letters typed)
    bool exact = false;     ///< what is undecided is within the tolerance
    double unexplored = 1;  ///< share that is undecided; it is left out of the other figures

    /// The same without characters that cannot follow.
    template <typename MayFollow>
    NextCharacters of(MayFollow&& may_follow) const {
        NextCharacters kept{{}, 0, exact, unexplored};
        double whole = end;
        for (const auto& each : probabilities) {
            if (!may_follow(each.first)) continue;
            kept.probabilities.push_back(each);
            whole += each.second;
        }
        if (!(whole > 0)) return {{}, 0, false, unexplored};
        kept.end = end / whole;
        for (auto& each : kept.probabilities) each.second /= whole;
        return kept;
    }
};

namespace detail {

inline constexpr std::size_t kNamedLetters = 4096;  // words that a source names everywhere which are looked at

/// The first character of some bytes; nothing if it is not whole.
inline std::string_view first_character(std::string_view bytes) {
    const int more = bytes.empty() ? -1 : continuations(static_cast<unsigned char>(bytes[0]));
    const std::string_view first = bytes.substr(0, static_cast<std::size_t>(more + 1));
    if (more <= 0) return first;
    const Characters found = decode(first);
    return found.valid && found.size() == 1 ? first : std::string_view();
}

/// Adds up what follows the letters typed, by its first character.
class CharacterSearch {
   public:
    /// All is kept by reference. `typed` is the space before the word, if there is one, and the letters typed, whole
    /// characters; the reader is at the place before them.
    CharacterSearch(Reader& reader, const Vocabulary& vocabulary, std::string_view typed)
        : reader_(reader), vocabulary_(vocabulary), typed_(typed) {}

    /// Read `spelling`, the usual tokens of what is typed, without which nothing may be found; then what is undecided.
    NextCharacters run(const Ids& spelling, const SearchOptions& options, const std::vector<Named>& named) {
        using Clock = std::chrono::steady_clock;
        const auto started = Clock::now();
        const auto is_late = [&] {
            const double spent = std::chrono::duration<double>(Clock::now() - started).count();
            return options.max_seconds && spent > *options.max_seconds;
        };
        weigh(*reader_.find({}));
        read_usual(spelling);
        const auto batch = static_cast<std::size_t>(options.batch);
        while (undecided_ > options.tolerance * total() && reader_.left() && !is_late()) {
            for (const Node* node : read(heaviest(std::min(batch, reader_.left())), batch / 2)) weigh(*node);
        }
        for (const Named& source : named) name(source);
        return answer(options.tolerance);
    }

   private:
    struct Undecided {
        double mass;
        std::size_t number;  // of equals the first is read first
        const Node* node;
        Id token;

        bool operator<(const Undecided& other) const {
            return std::tie(mass, other.number) < std::tie(other.mass, number);
        }
    };
    using Picks = std::vector<std::pair<const Node*, Id>>;

    double total() const {
        double sum = end_;
        for (const auto& each : masses_) sum += each.second;
        return sum;
    }

    /// The undecided tokens to read next; they are no longer counted.
    Picks heaviest(std::size_t most) {
        Picks picks;
        while (picks.size() < most && !undecided_tokens_.empty()) {
            std::pop_heap(undecided_tokens_.begin(), undecided_tokens_.end());
            const Undecided& each = undecided_tokens_.back();
            picks.emplace_back(each.node, each.token);
            undecided_ -= each.mass;
            undecided_tokens_.pop_back();
        }
        undecided_ = undecided_tokens_.empty() ? 0 : std::max(undecided_, 0.0);
        return picks;
    }

    /// The nodes of tokens, those that are not known read in one call.
    std::vector<const Node*> read(const Picks& picks, std::size_t least) {
        std::vector<const Node*> nodes;
        Picks unread;
        for (const auto& [parent, token] : picks) {
            if (const Node* known = reader_.find(after(*parent, token))) nodes.push_back(known);
            else unread.emplace_back(parent, token);
        }
        if (unread.empty()) return nodes;
        for (const Node* node : reader_.read(unread, least)) nodes.push_back(node);
        return nodes;
    }

    static Ids after(const Node& parent, Id token) {
        Ids tokens = parent.tokens;
        tokens.push_back(token);
        return tokens;
    }

    /// Weigh the nodes of these tokens out of turn, read one by one as far as the budget goes.
    void read_usual(const Ids& spelling) {
        const Node* node = reader_.find({});
        for (std::size_t at = 0; at + 1 < spelling.size(); ++at) {
            const auto is_it = [&](const Undecided& each) { return each.node == node && each.token == spelling[at]; };
            const auto found = std::find_if(undecided_tokens_.begin(), undecided_tokens_.end(), is_it);
            node = reader_.read_usual(*node, spelling[at]);
            if (!node) return;
            if (found == undecided_tokens_.end()) continue;
            undecided_ -= found->mass;
            undecided_tokens_.erase(found);
            std::make_heap(undecided_tokens_.begin(), undecided_tokens_.end());
            weigh(*node);
        }
    }

    /// Add what follows a node; bytes that are no characters lead nowhere.
    void weigh(const Node& node) {
        const std::string_view spelled = node.spelled, half = half_character(spelled);
        if (starts_with(typed_, spelled)) {
            const std::string_view rest = typed_.substr(spelled.size());
            for (const std::size_t place : vocabulary_.inner(rest)) undecide(node, vocabulary_.opens().id(place));
            add(node, vocabulary_.finals(), rest, "");
            add(node, vocabulary_.opens(), rest, "");
        } else if (spelled.substr(0, spelled.size() - half.size()) == typed_) {  // and half a character
            add(node, vocabulary_.finals(), "", half);
            add(node, vocabulary_.opens(), "", half);
        }
    }

    /// Add the tokens of one kind that begin with `rest`; after `half` a character those that go on with it.
    void add(const Node& node, const Index& index, std::string_view rest, std::string_view half) {
        auto [low, high] = index.range(rest);
        if (!half.empty()) low = index.first("\x80"), high = index.first("\xC0");
        const double mass = std::exp(node.log_mass);
        std::string character;  // tokens that begin with the same one stand together
        double* sum = nullptr;
        for (std::size_t at = low; at < high; ++at) {
            const Id id = index.id(at);
            const std::string next = std::string(half) + vocabulary_.spelled(id).substr(rest.size());
            const bool is_final = &index == &vocabulary_.finals();
            if (!sum || !starts_with(next, character)) {
                character = first_character(next);
                sum = character.empty() ? nullptr : &masses_[character];
            }
            const double share = mass * node.row[static_cast<std::size_t>(id)];
            if (sum) *sum += share;
            else if (!is_final) undecide(node, id);
            else if (next.empty()) end_ += share;
        }
    }

    void undecide(const Node& node, Id token) {
        const double mass = std::exp(node.log_mass) * node.row[static_cast<std::size_t>(token)];
        undecided_ += mass;
        undecided_tokens_.push_back({mass, number_++, &node, token});
        std::push_heap(undecided_tokens_.begin(), undecided_tokens_.end());
    }

    /// Add the words that another source names.
    void name(const Named& source) {
        const double among = share_of(vocabulary_, reader_.find({})->row, source.start);
        for (const auto& [word, share] : source.agreeing(typed_, kNamedLetters, false).found) {
            const std::string_view next = first_character(std::string_view(word).substr(typed_.size()));
            if (next.empty()) end_ += among * share;
            else masses_[std::string(next)] += among * share;
        }
    }

    NextCharacters answer(double tolerance) const {
        const double whole = total();
        if (!(whole > 0)) return {};
        NextCharacters found;
        for (const auto& [character, mass] : masses_) found.probabilities.emplace_back(character, mass / whole);
        std::stable_sort(found.probabilities.begin(), found.probabilities.end(),
                         [](const auto& one, const auto& other) { return one.second > other.second; });
        found.end = end_ / whole;
        found.unexplored = undecided_ / (whole + undecided_);
        found.exact = found.unexplored <= tolerance;
        return found;
    }

    Reader& reader_;
    const Vocabulary& vocabulary_;
    const std::string_view typed_;
    std::map<std::string, double> masses_;  // by next character
    double end_ = 0, undecided_ = 0;
    std::vector<Undecided> undecided_tokens_;  // a heap
    std::size_t number_ = 0;
};

}  // namespace detail
}  // namespace wordgru
