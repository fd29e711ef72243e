// A session: one text field, whose text is read once however it is edited. `wordgru/session.py` in C++.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "personal.hpp"
#include "search.hpp"
#include "sha256.hpp"
#include "word_list.hpp"

namespace wordgru {
namespace detail {

/// What a predictor and its sessions share. Threads may share it.
struct Engine {
    Engine(Tokenizer t, const Bundle& bundle, int threads, std::unordered_set<std::string> blocked,
           std::shared_ptr<PersonalModel> own)
        : tokenizer(std::move(t)),
          model(bundle, threads),
          search(model, tokenizer),
          words([this](std::string_view text) { return tokenizer.normalize(text); }, std::move(blocked),
                bundle.known()),
          personal(std::move(own)),
          identity(bundle.identity()) {}

    const Tokenizer tokenizer;
    const LanguageModel model;
    WordSearch search;
    WordList words;  // to offer, and never to offer
    const std::shared_ptr<PersonalModel> personal;
    const std::string identity;  // by which a saved session knows its model again
};

/// The character that begins at byte `at`.
inline char32_t character_at(std::string_view text, std::size_t at) {
    const Characters found = decode(text.substr(at, 4));
    return found.size() ? found.text.front() : kReplacement;
}

/// Where the character begins that ends before byte `at`.
inline std::size_t before(std::string_view text, std::size_t at) {
    do --at;
    while (at > 0 && (text[at] & 0xC0) == 0x80);
    return at;
}

/// Whether `text` ends with white space.
inline bool ends_with_space(std::string_view text) {
    return !text.empty() && is_space(character_at(text, before(text, text.size())));
}

inline std::size_t count_characters(std::string_view text) {
    const auto begins = [](char byte) { return (byte & 0xC0) != 0x80; };
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins));
}

/// What a session taught the personal words: the text, and when. A copy of the session has taught nothing yet.
struct Committed {
    Committed() = default;
    Committed(const Committed&) {}
    Committed(Committed&&) = default;
    Committed& operator=(const Committed&) { return *this = Committed(); }
    Committed& operator=(Committed&&) = default;

    std::string text;
    double since = 0;
};

/// Words that were offered after a text and the letters of a word.
struct Offered {
    std::string head, prefix;
    std::vector<std::string> words;
};

/// `offers` given that some words were passed over, and how often; best first. Only they lose, so that the best k are
/// among the best k + those before.
inline void give_way(std::vector<Suggestion>& offers, const std::unordered_map<std::string, int>& passed,
                     double attention) {
    double whole = 1;
    for (Suggestion& offer : offers) {
        const auto times = passed.find(offer.word);
        const double kept = times == passed.end() ? 1 : std::pow(1 - attention, times->second);
        whole -= (1 - kept) * offer.probability;
        offer.probability *= kept;
    }
    for (Suggestion& offer : offers) offer.probability = std::min(offer.probability / std::max(whole, 1e-9), 1.0);
    std::stable_sort(offers.begin(), offers.end(), [](const Suggestion& one, const Suggestion& other) {
        return one.probability > other.probability;
    });
}

/// Who gives a tenth of a word's probability or more.
inline std::vector<std::string> sources_of(const Found& found) {
    double of_model = found.probability;
    for (const auto& each : found.named) of_model -= each.second;
    std::vector<std::string> sources;
    if (of_model >= 0.1 * found.probability) sources.push_back("model");
    for (const auto& [source, share] : found.named) {
        if (share >= 0.1 * found.probability) sources.push_back(source);
    }
    return sources;
}

}  // namespace detail

/// What is typed into one text field, and the model's states along it. Not to be shared by threads; copies go their own
/// way. Variants of a mark that the model never learnt are read as the one that it did, and words are offered with the
/// apostrophe that the text used last.
///
/// A snapshot is the state before one token. A mark is a place where the text can be cut without changing its tokens,
/// so that only what follows it is encoded again. Reading begins at the first mark: of a long paste only the last part
/// is read (`kContext`).
class Session {
   public:
    explicit Session(std::shared_ptr<detail::Engine> engine)
        : engine_(std::move(engine)), snapshots_{{1, engine_->model.initial_state()}} {}

    /// The text of the field up to the cursor, in UTF-8.
    const std::string& text() const { return text_; }

    /// Bytes that the session keeps: text, tokens and states.
    std::size_t size() const {
        std::size_t bytes = text_.size() + tokens_.size() * sizeof(Id) + marks_.size() * sizeof(Mark);
        for (const Snapshot& snapshot : snapshots_) bytes += snapshot.state.size() * sizeof(float);
        return bytes;
    }

    /// Type `text` at the end. Throws WordgruError if it is not UTF-8, as `set` does.
    void append(std::string_view text) { set(text_ + std::string(text)); }

    /// Delete the last `count` characters (code points).
    void erase(int count = 1) {
        detail::Range{0, std::numeric_limits<double>::infinity(), false, false, true}.check("count", count);
        std::size_t end = text_.size();
        for (; count > 0 && end > 0; --count) end = detail::before(text_, end);
        set(text_.substr(0, end));
    }

    /// Make `text` what stands before the cursor: any edit, paste or move of the cursor. Only what differs from the
    /// text before, from its last word boundary on, is read again, and not before something is asked.
    void set(std::string text) {
        const auto differs = std::mismatch(text_.begin(), text_.end(), text.begin(), text.end()).second;
        auto same = static_cast<std::size_t>(differs - text.begin());
        while (same > 0 && same < text.size() && (text[same] & 0xC0) == 0x80) --same;
        check_text(std::string_view(text).substr(same));
        const auto touched = [&](const Mark& mark) { return mark.bytes && mark.bytes >= same; };  // or the letter after
        marks_.erase(std::remove_if(marks_.begin(), marks_.end(), touched), marks_.end());
        if (marks_.empty()) head_.reset();  // what was read began further on
        text_ = std::move(text);
    }

    /// Empty the field, for a new text.
    void reset() {
        set("");
        committed_ = detail::Committed();
        offered_.clear();
    }

    /// Learn what stands in the field: call it when the text is sent, or the field left. Return how many words.
    ///
    /// Called again after a correction, what was learnt of the field before is taken back. Without a `PersonalModel`
    /// nothing happens.
    std::size_t commit() {
        PersonalModel* const personal = engine_->personal.get();
        if (!personal || committed_.text == text_) return 0;
        const Tokenizer& tokenizer = engine_->tokenizer;
        if (!committed_.text.empty()) personal->unlearn(tokenizer.normalize(committed_.text), committed_.since);
        committed_ = detail::Committed();
        const double clock = personal->clock();
        const std::size_t count = personal->learn(tokenizer.normalize(text_));
        committed_.text = text_;
        committed_.since = clock;
        return count;
    }

    /// The most probable words at the cursor. Throws WordgruError if the prefix is no part of a word, or a number is
    /// out of its range.
    Suggestions suggest(const Query& query = {}) {
        detail::kWords.check("k", query.k);
        query.options.check();
        detail::Range{0, 1, false, true}.check("attention", query.attention);
        const std::size_t start = last_line_part(text_);
        const std::string tail = engine_->tokenizer.normalize(std::string_view(text_).substr(start));
        std::string head = text_.substr(0, start), unfinished;
        if (query.prefix) {
            head += tail;
            unfinished = prefix(*query.prefix);
        } else {
            const auto [rest, last] = split_last(tail);
            head += rest;
            unfinished = last;
        }
        if (!head.empty() && unfinished.empty() && query.options.punctuation && !detail::ends_with_space(head)) {
            return find(head, "", query, false, true);
        }
        const bool space = (query.prefix || unfinished.empty()) && wants_space(head);
        return find(space ? head + " " : head, unfinished, query, space, false);
    }

    /// The session as a few kilobytes, for `Predictor::restore`.
    std::string save() {
        read(finished(), false);
        const auto& [count, state] = snapshots_.back();
        std::string body;
        put(body, text_.data(), text_.size());
        put(body, tokens_.data(), count);
        put(body, &marks_.back(), 1);
        put(body, state.data(), state.size());
        put(body, committed_.text.data(), committed_.text.size());
        put(body, &committed_.since, 1);
        return kSaved + digest() + sha256(body) + body;
    }

    /// The session that `save` made; see `Predictor::restore`.
    static Session load(std::string_view data, std::shared_ptr<detail::Engine> engine) {
        constexpr std::size_t kHash = 64;
        Session session(std::move(engine));
        const std::size_t start = kSaved.size();
        const std::string_view body = data.substr(std::min(start + 2 * kHash, data.size()));
        if (!starts_with(data, kSaved) || data.size() < start + 2 * kHash ||
            data.substr(start + kHash, kHash) != sha256(body)) {
            throw WordgruError("the saved session cannot be read (it is broken, or none); start a new one.");
        }
        if (data.substr(start, kHash) != session.digest()) {
            throw WordgruError("the saved session is of another model; load that model, or start a new session.");
        }
        State state;
        std::size_t at = 0;  // the hashes agree, so what follows is as it was written
        get(body, at, session.text_);
        get(body, at, session.tokens_);
        get(body, at, session.marks_);
        get(body, at, state);
        get(body, at, session.committed_.text);
        std::vector<double> since;
        get(body, at, since);
        session.committed_.since = since[0];
        session.snapshots_.push_back({session.tokens_.size(), std::move(state)});
        return session;
    }

   private:
    struct Snapshot {
        std::size_t count;  // tokens read, the last of them not yet in the state
        State state;
    };
    struct Mark {
        std::size_t bytes, tokens;
    };
    struct Own {  // personal words after a text
        std::string head;
        std::uint64_t edition;
        detail::Named named;
    };

    static constexpr std::size_t kStride = 64;     // tokens between the snapshots that a long text leaves
    static constexpr std::size_t kSnapshots = 10;  // the last half are kept as they are, older ones thinned out
    static constexpr std::size_t kContext = 2048;  // characters of a long paste that are read, some 500 tokens
    static constexpr std::size_t kTail = 256;      // characters before a word that say which of the person's own follow
    static constexpr std::size_t kWindow = 96;     // characters after the last mark before a new one is set
    inline static const std::string kSaved = "wordgru session 2\n";

    /// Where what follows the last white space of `text` begins.
    static std::size_t last_line_part(const std::string& text) {
        const auto space = text.find_last_of(" \n\r\t");
        return space == text.npos ? 0 : space + 1;
    }

    /// The letters of a prefix as the model sees them.
    std::string prefix(const std::string& given) const {
        check_text(given);
        std::string seen = engine_->tokenizer.normalize(given);
        const std::u32string characters = decode(seen).text;
        const bool unspaced = is_one(characters) && characters[0] != U' ' && kind(characters) == Kind::unspaced;
        if (!seen.empty() && !unspaced && !split_last(seen).first.empty()) {
            throw WordgruError("the prefix '" + given +
                               "' is no beginning of a word; expected letters or digits, with single ' ’ or - between "
                               "them. Put what stands before the word into the context.");
        }
        return seen;
    }

    /// The words after `head` that begin with `letters`. With `ends`, what follows directly: marks or a space and a
    /// word.
    Suggestions find(const std::string& head, const std::string& letters, const Query& query, bool space, bool ends) {
        const std::string gap = read(head, ends);
        const auto& [count, state] = snapshots_.back();
        const std::string typed = gap + letters;
        const bool spaced = ends || starts_with(typed, " ");
        const auto wanted = ends ? std::optional<bool>(wants_space(head)) : std::nullopt;
        const std::unordered_map<std::string, int> passed = passed_over(head, letters, query.attention);
        const auto answer = engine_->search(
            state, tokens_[count - 1], typed, static_cast<std::size_t>(query.k) + passed.size(), query.options,
            [&](std::string_view word) { return factor(word, query.options.punctuation, spaced, wanted); },
            named(head, ends ? std::string(*wanted ? " " : "") : gap));
        const std::string seen = text_ + query.prefix.value_or("");
        Suggestions found{{}, answer.exact, answer.unexplored, answer.rows, space};
        const auto& spelled = engine_->tokenizer.token_bytes();
        for (const detail::Found& word : answer.words) {
            std::vector<std::string> tokens;
            for (const Id id : word.tokens) tokens.push_back(spelled[static_cast<std::size_t>(id)]);
            const bool begins = starts_with(word.spelled, " ");
            found.items.push_back(
                {as_typed(word.spelled.substr(begins), seen), word.probability, tokens, detail::sources_of(word)});
        }
        if (!passed.empty()) {
            detail::give_way(found.items, passed, query.attention);
            found.items.resize(std::min(found.items.size(), static_cast<std::size_t>(query.k)));
        }
        if (query.attention > 0) {
            offered_.push_back({head, letters, {}});
            for (const Suggestion& item : found) offered_.back().words.push_back(item.word);
        }
        return found;
    }

    /// The words that were offered for this word before its last letters came, and how often.
    std::unordered_map<std::string, int> passed_over(const std::string& head, const std::string& letters,
                                                     double attention) {
        std::unordered_map<std::string, int> times;
        if (attention == 0) return times;
        const auto is_past = [&](const detail::Offered& each) {
            return each.head != head || each.prefix.size() >= letters.size() || !starts_with(letters, each.prefix);
        };
        offered_.erase(std::remove_if(offered_.begin(), offered_.end(), is_past), offered_.end());
        for (const detail::Offered& each : offered_) {
            for (const std::string& word : each.words) ++times[word];
        }
        return times;
    }

    /// What other sources than the model name where a word begins after `head`, with `start` held back.
    std::vector<detail::Named> named(const std::string& head, const std::string& start) {
        std::vector<detail::Named> found;
        if (auto words = engine_->words.named(start)) found.push_back(std::move(*words));
        if (const PersonalModel* const personal = engine_->personal.get()) {
            const std::uint64_t edition = personal->edition();
            if (!own_ || own_->head != head || own_->edition != edition || own_->named.start != start) {
                std::size_t from = head.size();
                for (std::size_t characters = 0; from > 0 && characters < kTail; ++characters) {
                    from = detail::before(head, from);
                }
                own_ = Own{head, edition, personal->named(engine_->tokenizer.normalize(head.substr(from)), start)};
            }
            found.push_back(own_->named);
        }
        return found;
    }

    /// What a pre-token counts: nothing if it is no word, or if asked a mark, that may stand here. A space may begin it
    /// if `spaced`. Where what follows directly and what follows a space are ranked in one, `wanted` says whether a
    /// word has its space: each is offered in one form, " word" and "." but not "word" and " .".
    double factor(std::string_view spelled, bool punctuation, bool spaced, std::optional<bool> wanted) const {
        const Characters found = decode(spelled);
        if (!found.valid || found.starts.back() != spelled.size() || !is_one(found.text)) return 0;
        const bool begins = spelled[0] == ' ';
        if (begins && !spaced) return 0;
        const Kind what = kind(found.text);
        if (what == Kind::space || ((what == Kind::marks || what == Kind::emoji) && !punctuation)) return 0;
        if (wanted && begins != (*wanted && takes_space(found.text))) return 0;
        return engine_->words.factor(std::string(spelled.substr(begins)));
    }

    /// `word` with the apostrophe that `text` used last.
    std::string as_typed(std::string word, const std::string& text) const {
        const auto straight = text.rfind(kApostrophes[0]), curled = text.rfind(kApostrophes[1]);
        if (straight == text.npos && curled == text.npos) return word;
        const bool curls = straight == text.npos || (curled != text.npos && curled > straight);
        const std::string_view mark = kApostrophes[curls], learnt = engine_->tokenizer.variant(mark);
        if (!learnt.empty()) replace_all(word, learnt, mark);
        return word;
    }

    /// The text before its unfinished last word.
    std::string finished() const {
        const std::size_t start = last_line_part(text_);
        const std::string tail = engine_->tokenizer.normalize(std::string_view(text_).substr(start));
        return text_.substr(0, start) + std::string(split_last(tail).first);
    }

    /// Read `head` up to the token before the next word; return the bytes held back for that word; none with `ends`.
    std::string read(const std::string& head, bool ends) {
        if (!ends && head_ && head_->first == head) return head_->second;  // only letters of the word have come since
        const auto [bytes, count] = mark(head);
        const std::string_view rest = std::string_view(head).substr(bytes);
        Ids tokens;
        std::string gap;
        if (ends) tokens = engine_->tokenizer.encode(rest);
        else std::tie(tokens, gap) = engine_->tokenizer.encode_context(rest);
        go_to(count, tokens);
        head_.reset();
        if (!ends) head_.emplace(head, gap);
        return gap;
    }

    /// The last mark in `head`; a new one is set when much text has come since.
    Mark mark(const std::string& head) {
        const std::string_view text = head;
        while (!marks_.empty() && marks_.back().bytes > head.size()) marks_.pop_back();
        if (marks_.empty() || is_longer(text.substr(marks_.back().bytes), 2 * kContext)) begin_near_end(head);
        const Mark last = marks_.back();
        if (is_longer(text.substr(last.bytes), kWindow)) {
            const std::size_t cut = this->cut(head, last.bytes);
            if (cut > last.bytes) {
                const Ids tokens = engine_->tokenizer.encode(text.substr(last.bytes, cut - last.bytes));
                go_to(last.tokens, tokens);
                marks_.push_back({cut + 1, last.tokens + tokens.size()});
            }
        }
        return marks_.back();
    }

    /// Whether `text` has more characters than that.
    static bool is_longer(std::string_view text, std::size_t characters) {
        return text.size() > characters &&
               (text.size() > 4 * characters || detail::count_characters(text) > characters);
    }

    /// Forget all that was read, and begin with the last `kContext` characters, at a word.
    void begin_near_end(const std::string& head) {
        std::size_t start = head.size(), middle = 0;
        for (std::size_t characters = 0; start > 0 && characters < kContext; ++characters) {
            if (characters == kContext / 2) middle = start;
            start = detail::before(head, start);
        }
        if (start > 0) {
            const std::size_t space = head.find(' ', start);
            if (space < middle) start = space + 1;
        }
        marks_ = {{start, 1}};
        tokens_ = {kEndOfText};
        snapshots_ = {{1, engine_->model.initial_state()}};
    }

    /// The last space after `start` at which the tokens before and after do not depend on each other, or `start`.
    static std::size_t cut(const std::string& head, std::size_t start) {
        for (std::size_t at = head.size() - 1; at > start; --at) {
            if (head[at] != ' ' || at + 1 == head.size()) continue;
            const bool spaced = is_space(detail::character_at(head, detail::before(head, at)));
            if (!spaced && detail::is_spoken(detail::character_at(head, at + 1))) return at;
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
            State after = engine_->model.advance(at(count - 1), at(upto - 1), state);
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

    // -- saving ------------------------------------------------------------------------------------------------

    /// What a saved session and a model must share.
    std::string digest() const {
        std::string all = engine_->identity + std::to_string(snapshots_[0].state.size());
        for (const std::string& token : engine_->tokenizer.token_bytes()) all += '\0' + token;
        return sha256(all);
    }

    /// Values as they lie in memory, with their number before them.
    template <typename Value>
    static void put(std::string& body, const Value* values, std::size_t count) {
        const auto size = static_cast<std::uint64_t>(count);
        body.append(reinterpret_cast<const char*>(&size), sizeof size);
        body.append(reinterpret_cast<const char*>(values), count * sizeof(Value));
    }
    template <typename Values>
    static void get(std::string_view body, std::size_t& at, Values& values) {
        std::uint64_t size = 0;
        std::memcpy(&size, body.data() + at, sizeof size);
        at += sizeof size;
        values.resize(static_cast<std::size_t>(size));
        const std::size_t bytes = values.size() * sizeof values[0];
        std::memcpy(values.data(), body.data() + at, bytes);
        at += bytes;
    }

    std::shared_ptr<detail::Engine> engine_;
    std::string text_;
    Ids tokens_ = {kEndOfText};
    std::vector<Snapshot> snapshots_;
    std::vector<Mark> marks_ = {{0, 1}};
    detail::Committed committed_;
    std::vector<detail::Offered> offered_;
    std::optional<Own> own_;
    std::optional<std::pair<std::string, std::string>> head_;  // what was read last, and the bytes held back
};

}  // namespace wordgru
