// A session: one text field, whose text is read once however it is edited. `wordgru/session.py` in C++.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "decoding.hpp"
#include "language_model.hpp"
#include "suggestions.hpp"
#include "tokenizer.hpp"
#include "words.hpp"

namespace wordgru {

/// What is asked of a text.
struct Query {
    /// Letters of the next word that are not in the text. In a session, without them, the unfinished last word of the
    /// text is the prefix and the text is taken as it stands; else a space that is missing after the text is implied.
    std::optional<std::string> prefix = std::nullopt;
    int k = 5;                 ///< how many words, at least 1; fewer come where all others are below the tolerance
    bool ignore_case = false;  ///< letters typed match letters of either case
    bool punctuation = false;  ///< offer marks too; probabilities are then out of all that may follow
    double tolerance = SearchOptions{}.tolerance;     ///< how much a probability may be short of the truth
    int max_expanded = SearchOptions{}.max_expanded;  ///< spellings to look into at most; then the answer is not exact
    double max_seconds = 0;                           ///< time to take at most; 0 for no limit
};

namespace detail {

/// What a predictor and its sessions share. Threads may share it.
struct Engine {
    Engine(Tokenizer t, const Bundle& bundle, int threads, std::unordered_set<std::string> blocked)
        : tokenizer(std::move(t)), model(bundle, threads), search(model, tokenizer.pieces(), std::move(blocked)) {}

    const Tokenizer tokenizer;
    const LanguageModel model;
    WordSearch search;
};

/// The character that begins at byte `at`, and the one that ends before it.
inline char32_t character_at(std::string_view text, std::size_t at) {
    const Characters found = decode(text.substr(at, 4));
    return found.size() ? found.text.front() : kReplacement;
}
inline char32_t character_before(std::string_view text, std::size_t at) {
    std::size_t start = at - 1;
    while (start > 0 && (text[start] & 0xC0) == 0x80) --start;
    return character_at(text, start);
}

}  // namespace detail

/// What is typed into one text field, and the model's states along it. Not to be shared by threads; copies go their own
/// way. Marks that the model never learnt are read as their twins, and words are offered with the apostrophe that the
/// text used last. A snapshot is the state before one piece. A mark is a place where the text can be cut without
/// changing its pieces, so that only what follows it is encoded again.
class Session {
   public:
    explicit Session(std::shared_ptr<detail::Engine> engine)
        : engine_(std::move(engine)), snapshots_{{1, engine_->model.initial_state()}} {}

    /// The text of the field up to the cursor, in UTF-8.
    const std::string& text() const { return typed_; }

    /// Bytes that the session keeps: text, pieces and states.
    std::size_t size() const {
        std::size_t bytes = typed_.size() + text_.size() + pieces_.size() * sizeof(Id) + marks_.size() * sizeof(Mark);
        for (const Snapshot& snapshot : snapshots_) bytes += snapshot.state.size() * sizeof(float);
        return bytes;
    }

    /// Type `text` at the end.
    void append(std::string_view text) { set(typed_ + std::string(text)); }

    /// Delete the last `count` characters (code points).
    void erase(int count = 1) {
        if (count < 0) throw WordgruError("count is " + std::to_string(count) + "; expected at least 0 characters.");
        std::size_t end = typed_.size();
        for (; count > 0 && end > 0; --count) {
            do --end;
            while (end > 0 && (typed_[end] & 0xC0) == 0x80);
        }
        set(typed_.substr(0, end));
    }

    /// Make `text` what stands before the cursor: any edit, paste or move of the cursor. Only what differs from the
    /// text before, from its last word boundary on, is read again, and not before something is asked.
    void set(std::string text) {
        check_text(std::string_view(text).substr(same_start(typed_, text)));
        std::string read = engine_->tokenizer.familiar(text);
        const std::size_t same = same_start(text_, read);
        const auto touched = [&](const Mark& mark) { return mark.bytes && mark.bytes >= same; };  // or the letter after
        marks_.erase(std::remove_if(marks_.begin(), marks_.end(), touched), marks_.end());
        typed_ = std::move(text);
        text_ = std::move(read);
    }

    /// Empty the field.
    void reset() { set(""); }

    /// The most probable words at the cursor. Throws WordgruError if the prefix is no part of a word or k is below 1.
    Suggestions suggest(const Query& query = {}) {
        SearchOptions options;
        options.tolerance = std::max(query.tolerance, 1e-9);
        options.max_expanded = query.max_expanded;
        options.max_seconds = query.max_seconds;
        options.ignore_case = query.ignore_case;
        if (query.k < 1) throw WordgruError("k is " + std::to_string(query.k) + "; expected at least 1 word.");
        if (!(query.tolerance >= 0 && query.tolerance < 1)) {
            throw WordgruError("tolerance is " + std::to_string(query.tolerance) + "; expected a probability below 1.");
        }
        const auto k = static_cast<std::size_t>(query.k);
        if (query.prefix) return after_text(*query.prefix, k, options, query.punctuation);
        const std::size_t start = before_last_word(text_);
        return find(text_.substr(0, start), text_.substr(start), "", k, options, true);
    }

   private:
    struct Snapshot {
        std::size_t count;  // pieces read, the last of them not yet in the state
        State state;
    };
    struct Mark {
        std::size_t bytes, pieces;
    };

    static constexpr std::size_t kStride = 64;  // pieces between the snapshots that a long text leaves
    static constexpr std::size_t kSnapshots =
        10;                                     // of which the last half are kept as they are, older ones thinned out
    static constexpr std::size_t kWindow = 96;  // bytes after the last mark before a new one is set

    Suggestions after_text(const std::string& prefix, std::size_t k, const SearchOptions& options, bool punctuation) {
        check_text(prefix);
        if (!prefix.empty() && before_last_word(prefix) != 0 && !all_unspaced(prefix)) {
            throw WordgruError("the prefix '" + prefix +
                               "' is no beginning of a word; expected letters or digits, with "
                               "single ' ’ or - between them. Put what stands before the word into the context.");
        }
        const bool space = wants_space(typed_);
        const bool spaced = !text_.empty() && is_space(detail::character_before(text_, text_.size()));
        const bool marks = punctuation && prefix.empty() && (space || !spaced);
        const std::string letters = engine_->tokenizer.familiar(prefix);
        Suggestions found = find(text_ + (space ? " " : ""), letters, prefix, k, options, !marks);
        if (marks) add_punctuation(found, k);
        return found;
    }

    /// The words after `head` that begin with `letters`; `typed` is what was typed behind the text.
    Suggestions find(const std::string& head, const std::string& letters, const std::string& typed, std::size_t k,
                     const SearchOptions& options, bool given) {
        const std::string gap = read(head);
        const Snapshot& last = snapshots_.back();
        const Id piece = pieces_[last.count - 1];
        Suggestions found = engine_->search(last.state, piece, gap, normalize(letters), k, options, given);
        write_as(typed_ + typed, found);
        return found;
    }

    /// Write the words with the apostrophe that `text` used last.
    void write_as(const std::string& text, Suggestions& found) const {
        const auto straight = text.rfind('\''), curled = text.rfind("’");
        if (straight == text.npos && curled == text.npos) return;
        const bool curls = straight == text.npos || (curled != text.npos && curled > straight);
        const std::string_view mark = curls ? "’" : "'", twin = engine_->tokenizer.twin(mark);
        if (twin.empty()) return;
        for (Suggestion& item : found.items) replace_all(item.word, twin, mark);
    }

    /// Marks that may follow the text directly, each as one piece spells it, in one ranking with the words.
    void add_punctuation(Suggestions& found, std::size_t k) {
        const auto [bytes, count] = mark(text_);
        Ids pieces = engine_->tokenizer.encode(std::string_view(text_).substr(bytes));
        go_to(count, pieces);
        head_.reset();
        const Snapshot& last = snapshots_.back();
        const auto expansion = engine_->search.expand({&last.state}, {pieces_[last.count - 1]})[0];
        for (const Id id : engine_->tokenizer.punctuation()) {
            const std::string& spelled = engine_->tokenizer.pieces()[static_cast<std::size_t>(id)];
            found.items.push_back({spelled, expansion->probabilities[static_cast<std::size_t>(id)], {spelled}});
        }
        std::stable_sort(found.items.begin(), found.items.end(),
                         [](const Suggestion& a, const Suggestion& b) { return a.probability > b.probability; });
        found.items.resize(std::min(found.items.size(), k));
    }

    /// Read `head` up to the piece before the next word; return the bytes held back for that word.
    std::string read(const std::string& head) {
        if (head_ && head_->first == head) return head_->second;  // only letters of the next word have come since
        const auto [bytes, count] = mark(head);
        auto [pieces, gap] = engine_->tokenizer.encode_context(std::string_view(head).substr(bytes));
        go_to(count, pieces);
        head_.emplace(head, gap);
        return gap;
    }

    /// How many bytes, in whole characters, two texts begin with alike.
    static std::size_t same_start(const std::string& one, const std::string& other) {
        const auto differs = std::mismatch(one.begin(), one.end(), other.begin(), other.end()).second;
        auto same = static_cast<std::size_t>(differs - other.begin());
        while (same > 0 && same < other.size() && (other[same] & 0xC0) == 0x80) --same;
        return same;
    }

    /// The last mark in `head`; a new one is set when much text has come since.
    Mark mark(const std::string& head) {
        while (marks_.back().bytes > head.size()) marks_.pop_back();
        const Mark last = marks_.back();
        if (head.size() - last.bytes > kWindow) {
            const std::size_t cut = this->cut(head, last.bytes);
            if (cut > last.bytes) {
                const Ids pieces =
                    engine_->tokenizer.encode(std::string_view(head).substr(last.bytes, cut - last.bytes));
                go_to(last.pieces, pieces);
                marks_.push_back({cut + 1, last.pieces + pieces.size()});
            }
        }
        return marks_.back();
    }

    /// The last space after `start` at which the pieces before and after do not depend on each other, or `start`.
    static std::size_t cut(const std::string& head, std::size_t start) {
        for (std::size_t at = head.size() - 1; at > start; --at) {
            if (head[at] != ' ' || at + 1 == head.size()) continue;
            const bool spaced = is_space(detail::character_before(head, at));
            if (!spaced && kind(detail::character_at(head, at + 1)) == Kind::letter) return at;
        }
        return start;
    }

    /// Keep the first `kept` pieces, put `pieces` after them, and make the last snapshot the one of them all.
    void go_to(std::size_t kept, const Ids& pieces) {
        Ids all(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(kept));
        all.insert(all.end(), pieces.begin(), pieces.end());
        const auto differs = std::mismatch(all.begin(), all.end(), pieces_.begin(), pieces_.end()).first;
        const auto agreed = static_cast<std::size_t>(differs - all.begin());
        while (snapshots_.back().count > agreed) snapshots_.pop_back();
        pieces_ = std::move(all);
        while (snapshots_.back().count < pieces_.size()) {
            const std::size_t count = snapshots_.back().count;
            const std::size_t upto = std::min(count + kStride, pieces_.size());
            snapshots_.push_back({upto, advance(count - 1, upto - 1)});
            if (snapshots_.size() > kSnapshots) thin();
        }
    }

    /// The state after the pieces from `begin` to `end`, the first that the last snapshot has not read.
    State advance(std::size_t begin, std::size_t end) const {
        const State& state = snapshots_.back().state;
        const auto known = end == begin + 1 ? engine_->search.expand.known(state, pieces_[begin]) : nullptr;
        if (known) return known->state;  // a search has read the same piece
        const auto first = pieces_.cbegin();
        return engine_->model.advance(first + static_cast<std::ptrdiff_t>(begin),
                                      first + static_cast<std::ptrdiff_t>(end), state);
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

    std::shared_ptr<detail::Engine> engine_;
    std::string typed_, text_;  // the text of the field, and as it is read
    Ids pieces_ = {kEndOfText};
    std::vector<Snapshot> snapshots_;
    std::vector<Mark> marks_ = {{0, 1}};
    std::optional<std::pair<std::string, std::string>> head_;  // what was read last, and the bytes held back
};

}  // namespace wordgru
