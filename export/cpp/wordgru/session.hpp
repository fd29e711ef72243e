// A session: one text field, whose text is read once however it is edited. `wordgru/session.py` in C++.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cursor.hpp"
#include "offers.hpp"
#include "personal.hpp"
#include "reading.hpp"
#include "search.hpp"
#include "sha256.hpp"
#include "typing/field.hpp"
#include "typing/meaning.hpp"
#include "typist.hpp"
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

}  // namespace detail

/// What is typed into one text field, and the model's states along it. Not to be shared by threads; copies go their own
/// way. Variants of a mark that the model never learnt are read as the one that it did, and words are offered with the
/// apostrophe that the text used last.
class Session {
   public:
    /// `typing` is how the one who types does so; without it letters are taken as they are. `habits` are those that
    /// offers follow.
    explicit Session(std::shared_ptr<detail::Engine> engine, const std::optional<TypingModel>& typing = std::nullopt,
                     const TypistOptions& habits = {})
        : typist(habits),
          engine_(std::move(engine)),
          reading_(engine_->model, engine_->tokenizer) {
        if (typing) meaning_.emplace(*typing, engine_->search, engine_->words);
    }

    /// How offers follow the one who types; it may be set.
    TypistOptions typist;

    /// The text of the field up to the cursor, in UTF-8.
    const std::string& text() const { return text_; }

    /// Bytes that the session keeps: text, tokens and states.
    std::size_t size() const { return text_.size() + reading_.size(); }

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
        field_.keep(same);
        text_ = std::move(text);
    }

    /// Touch the keyboard: the letter of the nearest key is typed, and which others it may be is remembered. In key
    /// widths from the first key's centre, y downwards; `capital`: its capital is typed. Returns the letter.
    /// Throws WordgruError if the session has no typing model, or the point is none.
    std::string touch(double x, double y, bool capital = false) {
        if (!meaning_) throw WordgruError("this session has no keyboard; " + std::string(kMakeTyping));
        const char32_t nearest = meaning_->layout().nearest({x, y});
        const std::string letter = to_utf8(std::u32string(1, capital ? upper(nearest) : nearest));
        const std::size_t place = text_.size();
        append(letter);
        field_.points[place] = {x, y};
        return letter;
    }

    /// Put the word that was meant in place of the letters typed, if it is so probable; return it. `undo` takes it
    /// back. Throws WordgruError if the threshold is no probability.
    std::optional<std::string> autocorrect(double threshold = 0.9) {
        Query query;
        query.threshold = threshold;
        std::optional<std::string> word = suggest(query).autocorrect;
        if (!word) return word;
        std::string before = text_;
        std::map<std::size_t, Point> points = field_.points;
        set(before.substr(0, detail::word_start(before, parted().second, engine_->tokenizer)) + *word);
        field_.corrected = {std::move(before), text_, std::move(points)};
        return word;
    }

    /// Take the last correction back; the word typed is not corrected again in this field. What was typed since stays.
    /// Where there was no correction, or the text before it has changed, nothing happens.
    void undo() {
        if (field_.corrected && starts_with(text_, field_.corrected->after)) {
            auto [points, text] = field_.before_correction(text_);
            const std::string& before = field_.corrected->before;
            field_.kept.insert(detail::parted(before, engine_->tokenizer).second);
            set(std::move(text));
            field_.points = std::move(points);
        }
        field_.corrected.reset();
    }

    /// What was meant by the unfinished last word if it ends here, most probable first; what was typed included. Of the
    /// query, `k` and the options count. Where `count` is 2 it is asked of the last two words, and one word that was typed
    /// as two is among what may have been meant.
    /// Throws WordgruError if the session has no typing model, or a number is out of its range.
    Suggestions corrections(const Query& query = {}, int count = 1) {
        detail::kWords.check("k", query.k);
        query.options.check();
        need_typing();
        detail::Range{1, 2, false, false, true}.check("count", count);
        const auto [head, unfinished] = parted(count);
        return meant(head, unfinished, static_cast<std::size_t>(query.k), query.options);
    }

    /// Whether two words typed after `before` may be one that the language knows, with a space too many.
    bool may_be_one(const std::string& before, const std::string& first, const std::string& second) const {
        return detail::may_be_one(engine_->words, before, first, second);
    }

    /// Log P(following | the text before the unfinished last word, and each of some words in its place), natural; in the
    /// place of the last two where `count` is 2. Throws WordgruError if a text is not UTF-8.
    std::vector<double> nats_after(const std::vector<std::string>& choices, const std::string& following,
                                   int count = 1) {
        for (const std::string& word : choices) check_text(word);
        check_text(following);
        return reading_.nats_after(parted(count).first, choices, following);
    }

    /// Throws WordgruError if the session has no typing model.
    void need_typing() const {
        if (!meaning_) throw WordgruError("this session has no typing model; " + std::string(kMakeTyping));
    }

    /// Empty the field, for a new text. The model reads it after the texts that were committed in this field, or after
    /// `before`, which is empty where the new text has to do with nothing. Throws WordgruError if that is not UTF-8.
    void reset(std::optional<std::string_view> before = std::nullopt) {
        if (before) check_text(*before);
        const std::string committed = reading_.before_text + committed_.text;
        reading_.before_text = as_before(before.value_or(committed));
        set("");
        committed_ = detail::Committed();
        offered_.clear();
        field_ = {};
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

    /// The most probable words at the cursor. With a typing model they are those that were most probably meant by the
    /// letters typed, and `Suggestions::autocorrect` says what stands there if the word ends here. Words follow the habits
    /// of the one who types (`typist`); where that is to offer nothing, the answer is empty and not exact.
    /// Throws WordgruError if the prefix is no part of a word, or a number is out of its range.
    Suggestions suggest(const Query& query = {}) {
        detail::kWords.check("k", query.k);
        query.options.check();
        detail::Range{0, 1, false, true}.check("attention", query.attention);
        detail::Range{0, 1}.check("threshold", query.threshold);
        typist.check();
        auto [head, unfinished] = parted();
        if (!query.prefix && !typist.addresses && detail::is_in_address(head + unfinished)) return {{}, false, 1};
        if (query.prefix) {
            head += unfinished;
            unfinished = detail::as_prefix(*query.prefix, engine_->tokenizer);
        }
        if (!head.empty() && unfinished.empty() && query.options.punctuation && !detail::ends_with_space(head)) {
            return follow(head, "", query, false, true);
        }
        const bool space = (query.prefix || unfinished.empty()) && wants_space(head);
        if (space) head += ' ';
        Suggestions found = follow(head, unfinished, query, space, false);
        if (meaning_ && !unfinished.empty()) {
            found.autocorrect = correction(head, unfinished, query.options, query.threshold);
        }
        return found;
    }

    /// What the next character is, and whether the word ends, given the text and its unfinished last word. Where a space
    /// is missing before the next word, it is what follows that space. Of the options, tolerance and budgets count.
    /// Throws WordgruError if a number is out of its range.
    NextCharacters characters(const SearchOptions& options = {}) {
        options.check();
        auto [head, unfinished] = parted();
        if (unfinished.empty() && wants_space(head)) head += ' ';
        const detail::WordStart start = begin(head);
        return engine_->search.characters(*start.state, start.last, start.gap + unfinished, options, start.named)
            .of([&word = unfinished](const std::string& next) {
                return word.empty() ? static_cast<unsigned char>(next[0]) > ' ' : split_last(word + next).first.empty();
            });
    }

    /// The session as a few kilobytes, for `Predictor::restore`.
    std::string save() {
        reading_.read(parted().first);
        std::string body;
        detail::put(body, text_.data(), text_.size());
        detail::put(body, reading_.before_text.data(), reading_.before_text.size());
        reading_.save(body);
        detail::put(body, committed_.text.data(), committed_.text.size());
        detail::put(body, &committed_.since, 1);
        return kSaved + digest() + sha256(body) + body;
    }

    /// The session that `save` made; see `Predictor::restore`.
    static Session load(std::string_view data, std::shared_ptr<detail::Engine> engine,
                        const std::optional<TypingModel>& typing = std::nullopt, const TypistOptions& habits = {}) {
        constexpr std::size_t kHash = 64;
        Session session(std::move(engine), typing, habits);
        const std::size_t start = kSaved.size();
        std::string_view body = data.substr(std::min(start + 2 * kHash, data.size()));
        const WordgruError broken("the saved session cannot be read (it is broken, or none); start a new one.");
        if (!starts_with(data, kSaved) || data.size() < start + 2 * kHash ||
            data.substr(start + kHash, kHash) != sha256(body)) {
            throw broken;
        }
        if (data.substr(start, kHash) != session.digest()) {
            throw WordgruError("the saved session is of another model; load that model, or start a new session.");
        }
        std::vector<double> since;  // anybody can make hashes, so what follows may still be what nobody saved
        if (!detail::get(body, session.text_)) throw broken;
        check_text(session.text_);
        if (!detail::get(body, session.reading_.before_text)) throw broken;
        check_text(session.reading_.before_text);
        if (!session.reading_.load(body, session.parted().first) || !detail::get(body, session.committed_.text) ||
            !detail::get(body, since) || since.size() != 1 || !std::isfinite(since[0]) || !body.empty()) {
            throw broken;
        }
        check_text(session.committed_.text);
        session.committed_.since = since[0];
        return session;
    }

   private:
    struct Own {  // personal words after a text
        std::string head;
        std::uint64_t edition;
        detail::Named named;
    };

    /// `text` as whole lines, or the end of it.
    std::string as_before(std::string_view text) const {
        constexpr std::string_view kBlank = " \n\t";
        std::string kept = engine_->tokenizer.normalize(text);
        kept.erase(kept.find_last_not_of(kBlank) + 1);
        kept.erase(0, kept.find_first_not_of(kBlank));
        if (detail::count_characters(kept) > 2 * kBefore) {
            std::size_t from = kept.size();
            for (std::size_t characters = 0; characters < kBefore; ++characters) from = detail::before(kept, from);
            kept.erase(0, from);
            const std::size_t cut = kept.find(kept.find('\n') == kept.npos ? ' ' : '\n');
            if (cut != kept.npos && cut + 1 < kept.size()) kept.erase(0, cut + 1);
        }
        return kept.empty() ? kept : kept + '\n';
    }

    /// Characters of what was sent before that a new text is read after; they grow to twice as many.
    static constexpr std::size_t kBefore = 600;
    static constexpr std::size_t kTail = 256;  // characters before a word that say which of the person's own follow
    static constexpr std::string_view kMakeTyping = "make it with predictor.session(text, wordgru::TypingModel()).";
    inline static const std::string kSaved = "wordgru session 3\n";

    /// What may stand after `head`, in the form in which the one who types writes.
    Suggestions follow(std::string head, std::string letters, Query query, bool space, bool ends) {
        const bool shouted = typist.capitals && detail::is_in_capitals(head, letters);
        if (shouted) {
            head = lower(head);
            letters = lower(letters);
            query.options.ignore_case = true;
        }
        // as English has it, and no other language
        const bool lone = typist.lone_i && engine_->words.knows("i'm") && !detail::writes_small_i(head);
        const auto formed = [&](Suggestion item) {
            if (lone) item.word = detail::with_capital_i(item.word);
            if (shouted) item.word = in_capitals(item.word);
            return item;
        };
        const auto k = static_cast<std::size_t>(query.k);
        Suggestions found;
        std::vector<Suggestion> items;
        for (int more = 0; more < 2; ++more) {  // two that were one word leave a place
            Query wider = query;
            wider.k += more;
            found = find(head, letters, wider, space, ends);
            items.clear();
            for (const Suggestion& item : found) items.push_back(formed(item));
            items = detail::as_one(items);
            if (items.size() == k || items.size() == found.size()) break;
        }
        items.resize(std::min(items.size(), k));
        const auto is_unlikely = [&](const Suggestion& item) { return item.probability < typist.min_probability; };
        items.erase(std::remove_if(items.begin(), items.end(), is_unlikely), items.end());
        if (query.attention > 0) {
            offered_.push_back({head, letters, {}});
            for (const Suggestion& item : found) {
                const std::string word = formed(item).word;
                const bool is_shown =
                    std::any_of(items.begin(), items.end(), [&](const auto& each) { return each.word == word; });
                if (is_shown) offered_.back().words.push_back(item.word);
            }
        }
        found.items = std::move(items);
        return found;
    }

    /// The words after `head` that begin with `letters`. With `ends`, what follows directly: marks or a space and a
    /// word.
    Suggestions find(const std::string& head, const std::string& letters, const Query& query, bool space, bool ends) {
        const std::string gap = reading_.read(head, ends);
        const std::string typed = gap + letters;
        const bool spaced = ends || starts_with(typed, " ");
        const auto wanted = ends ? std::optional<bool>(wants_space(head)) : std::nullopt;
        std::unordered_map<std::string, int> passed;
        if (query.attention > 0) passed = detail::passed_over(offered_, head, letters);
        const std::size_t k = static_cast<std::size_t>(query.k) + passed.size();
        const detail::Factor factor = [&](std::string_view word) {
            return this->factor(word, query.options.punctuation, spaced, wanted);
        };
        const auto [state, last] = reading_.place();
        const detail::WordStart start{state, last, gap, named(head, ends ? std::string(*wanted ? " " : "") : gap)};
        auto touched = this->typed(letters, false);
        Suggestions found =
            offers(touched ? meaning_->going_on(start, *touched, k, query.options, factor)
                           : engine_->search(*state, last, typed, k, query.options, factor, start.named),
                   text_ + query.prefix.value_or(""), space);
        if (!passed.empty()) {
            detail::give_way(found.items, passed, query.attention);
            found.items.resize(std::min(found.items.size(), static_cast<std::size_t>(query.k)));
        }
        return found;
    }

    Suggestions offers(const detail::Answer& answer, const std::string& seen, bool space) const {
        Suggestions found{{}, answer.exact, answer.unexplored, answer.rows, space};
        const auto& spelled = engine_->tokenizer.token_bytes();
        for (const detail::Found& word : answer.words) {
            std::vector<std::string> tokens;
            for (const Id id : word.tokens) tokens.push_back(spelled[static_cast<std::size_t>(id)]);
            const bool begins = starts_with(word.spelled, " ");
            found.items.push_back(
                {as_typed(word.spelled.substr(begins), seen), word.probability, tokens, detail::sources_of(word)});
        }
        return found;
    }

    /// The letters typed as the typing model sees them; none without one, or of what it does not look at.
    std::optional<detail::Typed> typed(const std::string& word, bool complete) const {
        return meaning_ ? meaning_->typed(word, text_, field_, complete) : std::nullopt;
    }

    /// What was meant by letters after `head` with which the word ends; what was typed is always allowed.
    Suggestions meant(const std::string& head, const std::string& word, std::size_t k, const SearchOptions& options,
                      double doubt = 1) {
        auto letters = typed(word, true);
        if (!letters) return {};
        const detail::WordStart start = begin(head);
        const detail::Factor factor = [&](std::string_view spelled) {
            return this->factor(spelled, options.punctuation, !start.gap.empty(), std::nullopt);
        };
        Suggestions found = offers(meaning_->in_full(head, start, *letters, k, options, factor, doubt), text_, false);
        found.items = detail::as_one(found.items, true);
        return found;
    }

    /// The word that was meant by a word typed in full, if it is another and probable enough.
    std::optional<std::string> correction(const std::string& head, const std::string& word,
                                          const SearchOptions& options, double threshold) {
        if (field_.kept.count(word)) return std::nullopt;
        const auto ask = [&](std::size_t k, double doubt) { return meant(head, word, k, options, doubt); };
        return meaning_->correction(head, word, threshold, as_typed(word, text_), ask);
    }

    /// Where the word after `head` begins.
    detail::WordStart begin(const std::string& head) {
        const std::string gap = reading_.read(head);
        const auto [state, last] = reading_.place();
        return {state, last, gap, named(head, gap)};
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

    /// The text before its unfinished last word, and that word; or the last two, if one space is between them.
    std::pair<std::string, std::string> parted(int count = 1) const {
        return detail::parted(text_, engine_->tokenizer, count);
    }

    // -- saving ------------------------------------------------------------------------------------------------

    /// What a saved session and a model must share.
    std::string digest() const {
        std::string all = engine_->identity + std::to_string(engine_->model.initial_state().size());
        for (const std::string& token : engine_->tokenizer.token_bytes()) all += '\0' + token;
        return sha256(all);
    }

    std::shared_ptr<detail::Engine> engine_;
    std::optional<detail::Meaning> meaning_;  // with a typing model
    std::string text_;
    detail::TypedField field_;
    detail::Reading reading_;
    detail::Committed committed_;
    std::vector<detail::Offered> offered_;
    std::optional<Own> own_;
};

}  // namespace wordgru
