// The model's states along a text: what was read once is not read again. `wordgru/reading.py` in C++.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "language_model.hpp"
#include "tokenizer.hpp"
#include "unicode.hpp"
#include "words.hpp"

namespace wordgru::detail {

/// Values as they lie in memory, with their number before them.
template <typename Value>
void put(std::string& body, const Value* values, std::size_t count) {
    const auto size = static_cast<std::uint64_t>(count);
    body.append(reinterpret_cast<const char*>(&size), sizeof size);
    body.append(reinterpret_cast<const char*>(values), count * sizeof(Value));
}
/// Values that `put` wrote; false, with none, if so many are not there.
template <typename Values>
bool get(std::string_view& body, Values& values) {
    std::uint64_t size = 0;
    if (body.size() < sizeof size) return false;
    std::memcpy(&size, body.data(), sizeof size);
    body.remove_prefix(sizeof size);
    if (size > body.size() / sizeof values[0]) return false;
    values.resize(static_cast<std::size_t>(size));
    const std::size_t bytes = values.size() * sizeof values[0];
    if (bytes) std::memcpy(values.data(), body.data(), bytes);
    body.remove_prefix(bytes);
    return true;
}

/// A text as the model read it. Not to be shared by threads; copies go their own way.
///
/// A snapshot is the state before one token. A mark is a place where the text can be cut without changing its tokens,
/// so that only what follows it is encoded again. It is a place in what was read last, whose end is normalised, and not
/// in the text of the field. Reading begins at the first mark: of a long paste only the last part is read (`kContext`).
class Reading {
   public:
    /// Both are kept by reference.
    Reading(const LanguageModel& model, const Tokenizer& tokenizer)
        : model_(&model), tokenizer_(&tokenizer), snapshots_{{1, model.initial_state()}} {}

    /// What is read before each text, in whole lines: what its writer sent last.
    std::string before_text;

    /// Bytes of tokens and states.
    std::size_t size() const {
        std::size_t bytes = before_text.size() + read_.size() + tokens_.size() * sizeof(Id) + marks_.size() * sizeof(Mark);
        for (const Snapshot& snapshot : snapshots_) bytes += snapshot.state.size() * sizeof(float);
        return bytes;
    }

    /// Where the next word begins: the state before the last token, and that token.
    std::pair<const State*, Id> place() const {
        const auto& [count, state] = snapshots_.back();
        return {&state, tokens_[count - 1]};
    }

    /// Read `text` up to the token before the next word; return the bytes held back for that word; none with `ends`.
    std::string read(const std::string& text, bool ends = false) {
        const std::string head = before_text + text;
        if (!ends && gap_ && read_ == head) return *gap_;  // only letters of the word have come since
        forget_marks(head);
        read_ = head;
        gap_.reset();
        const auto [bytes, count] = mark(head);
        const std::string_view rest = std::string_view(head).substr(bytes);
        Ids tokens;
        std::string gap;
        if (ends) tokens = tokenizer_->encode(rest);
        else std::tie(tokens, gap) = tokenizer_->encode_context(rest);
        go_to(count, tokens);
        if (!ends) gap_ = gap;
        return gap;
    }

    /// Log P(following | text and each of some words), natural.
    std::vector<double> nats_after(const std::string& text, const std::vector<std::string>& choices,
                                   const std::string& following) {
        struct Choice {
            Ids tokens;
            std::size_t begun;  // tokens of the text and the word
            State state;
            double nats = 0;
        };
        const std::string gap = read(text);
        const auto [state, last] = place();
        const Ids tail = after_word(following);
        std::vector<Choice> all;
        for (const std::string& word : choices) {
            Choice choice{tokenizer_->spell(gap + word), 0, *state};
            choice.tokens.insert(choice.tokens.begin(), last);
            choice.begun = choice.tokens.size();
            choice.tokens.insert(choice.tokens.end(), tail.begin(), tail.end());
            all.push_back(std::move(choice));
        }
        for (std::size_t at = 0;; ++at) {  // all in step; those with shorter words wait at the end
            std::vector<Choice*> going;
            Ids tokens;
            std::vector<const State*> states;
            for (Choice& choice : all) {
                if (at + 1 >= choice.tokens.size()) continue;
                going.push_back(&choice);
                tokens.push_back(choice.tokens[at]);
                states.push_back(&choice.state);
            }
            if (going.empty()) break;
            auto steps = model_->step(tokens, states);
            for (std::size_t row = 0; row < going.size(); ++row) {
                Choice& choice = *going[row];
                const auto next = static_cast<std::size_t>(choice.tokens[at + 1]);
                const double share = steps[row].probabilities[next];
                if (at + 1 >= choice.begun) choice.nats += std::log(std::max(share, kSmallestShare));
                choice.state = std::move(steps[row].state);
            }
        }
        std::vector<double> nats;
        for (const Choice& choice : all) nats.push_back(choice.nats);
        return nats;
    }

    /// Add the last snapshot and mark to what is saved, and go on from what was.
    void save(std::string& body) const {
        const auto& [count, state] = snapshots_.back();
        put(body, tokens_.data(), count);
        put(body, &marks_.back(), 1);
        put(body, state.data(), state.size());
    }
    /// False, and good for nothing any more, if it is not what this model saves when it has read `text`.
    bool load(std::string_view& body, const std::string& text) {
        std::string head = before_text + text;
        State state;
        if (!get(body, tokens_) || !get(body, marks_) || !get(body, state)) return false;
        const auto vocabulary = static_cast<Id>(tokenizer_->token_bytes().size());
        const auto is_token = [&](Id id) { return 0 <= id && id < vocabulary; };
        const auto is_number = [](float value) { return std::isfinite(value); };
        const bool right = !tokens_.empty() && std::all_of(tokens_.begin(), tokens_.end(), is_token) &&
                           marks_.size() == 1 && marks_[0].bytes <= head.size() && marks_[0].tokens >= 1 &&
                           marks_[0].tokens <= tokens_.size() && state.size() == snapshots_[0].state.size() &&
                           std::all_of(state.begin(), state.end(), is_number);
        snapshots_.push_back({tokens_.size(), std::move(state)});
        read_ = std::move(head);
        return right;
    }

   private:
    struct Snapshot {
        std::size_t count;  // tokens read, the last of them not yet in the state
        State state;
    };
    struct Mark {
        std::size_t bytes, tokens;
    };

    static constexpr double kSmallestShare = 1e-30;  // in place of a probability of 0
    static constexpr std::size_t kStride = 64;     // tokens between the snapshots that a long text leaves
    static constexpr std::size_t kSnapshots = 10;  // the last half are kept as they are, older ones thinned out
    static constexpr std::size_t kContext = 2048;  // characters of a long paste that are read, some 500 tokens
    static constexpr std::size_t kWindow = 96;     // characters after the last mark before a new one is set

    /// The tokens of what stands right after a word: of itself, a text would begin with a space more.
    Ids after_word(const std::string& following) const {
        const Ids word = tokenizer_->encode("x"), tokens = tokenizer_->encode("x" + following);
        const auto size = static_cast<std::ptrdiff_t>(word.size());
        const bool is_cut = tokens.size() >= word.size() && std::equal(word.begin(), word.end(), tokens.begin());
        if (is_cut) return {tokens.begin() + size, tokens.end()};
        return tokenizer_->encode(following);  // it is no text after a word, but the rest of one
    }

    /// Forget the marks that are not in `head` too.
    void forget_marks(const std::string& head) {
        const std::size_t shorter = std::min(head.size(), read_.size());
        const auto end = read_.begin() + static_cast<std::ptrdiff_t>(shorter);
        auto same = static_cast<std::size_t>(std::mismatch(read_.begin(), end, head.begin()).first - read_.begin());
        while (same > 0 && same < head.size() && (head[same] & 0xC0) == 0x80) --same;
        const auto is_gone = [&](const Mark& mark) { return mark.bytes && mark.bytes >= same; };  // or the letter after
        marks_.erase(std::remove_if(marks_.begin(), marks_.end(), is_gone), marks_.end());
    }

    /// The last mark in `head`; a new one is set when much text has come since.
    Mark mark(const std::string& head) {
        const std::string_view text = head;
        if (marks_.empty() || is_longer(text.substr(marks_.back().bytes), 2 * kContext)) begin_near_end(head);
        const Mark last = marks_.back();
        if (is_longer(text.substr(last.bytes), kWindow)) {
            const std::size_t cut = this->cut(head, last.bytes);
            if (cut > last.bytes) {
                const Ids tokens = tokenizer_->encode(text.substr(last.bytes, cut - last.bytes));
                go_to(last.tokens, tokens);
                marks_.push_back({cut + 1, last.tokens + tokens.size()});
            }
        }
        return marks_.back();
    }

    /// Whether `text` has more characters than that.
    static bool is_longer(std::string_view text, std::size_t characters) {
        return text.size() > characters && (text.size() > 4 * characters || count_characters(text) > characters);
    }

    /// Forget all that was read, and begin with the last `kContext` characters, at a word.
    void begin_near_end(const std::string& head) {
        std::size_t start = head.size(), middle = 0;
        for (std::size_t characters = 0; start > 0 && characters < kContext; ++characters) {
            if (characters == kContext / 2) middle = start;
            start = before(head, start);
        }
        if (start > 0) {
            const std::size_t space = head.find(' ', start);
            if (space < middle) start = space + 1;
        }
        marks_ = {{start, 1}};
        tokens_ = {kEndOfText};
        snapshots_ = {{1, model_->initial_state()}};
    }

    /// The last space after `start` at which the tokens before and after do not depend on each other, or `start`.
    static std::size_t cut(const std::string& head, std::size_t start) {
        for (std::size_t at = head.size() - 1; at > start; --at) {
            if (head[at] != ' ' || at + 1 == head.size()) continue;
            const bool spaced = is_space(character_at(head, before(head, at)));
            if (!spaced && is_spoken(character_at(head, at + 1))) return at;
        }
        return start;
    }

    /// Keep the first `kept` tokens, put `tokens` after them, and make the last snapshot the one of them all.
    void go_to(std::size_t kept, const Ids& tokens) {
        Ids all(tokens_.begin(), tokens_.begin() + static_cast<std::ptrdiff_t>(kept));
        all.insert(all.end(), tokens.begin(), tokens.end());
        const auto differs = std::mismatch(all.begin(), all.end(), tokens_.begin(), tokens_.end()).first;
        const auto agreed = static_cast<std::size_t>(differs - all.begin());
        while (snapshots_.back().count > agreed) snapshots_.pop_back();
        tokens_ = std::move(all);
        while (snapshots_.back().count < tokens_.size()) {
            const auto& [count, state] = snapshots_.back();
            const std::size_t upto = std::min(count + kStride, tokens_.size());
            const auto at = [&](std::size_t place) { return tokens_.cbegin() + static_cast<std::ptrdiff_t>(place); };
            State after = model_->advance(at(count - 1), at(upto - 1), state);
            snapshots_.push_back({upto, std::move(after)});
            if (snapshots_.size() > kSnapshots) thin();
        }
    }

    /// Drop the old snapshot whose neighbours are nearest to each other, for its distance from the end.
    void thin() {
        const auto distance = [&](std::size_t at) {
            const double apart = static_cast<double>(snapshots_[at + 1].count - snapshots_[at - 1].count);
            return apart / static_cast<double>(snapshots_.back().count - snapshots_[at].count + 1);
        };
        std::size_t nearest = 1;
        for (std::size_t at = 2; at < snapshots_.size() - kSnapshots / 2; ++at) {
            if (distance(at) < distance(nearest)) nearest = at;
        }
        snapshots_.erase(snapshots_.begin() + static_cast<std::ptrdiff_t>(nearest));
    }

    const LanguageModel* model_;
    const Tokenizer* tokenizer_;
    Ids tokens_ = {kEndOfText};
    std::vector<Snapshot> snapshots_;
    std::vector<Mark> marks_ = {{0, 1}};
    std::string read_;                // what was read last
    std::optional<std::string> gap_;  // the bytes held back then
};

}  // namespace wordgru::detail
