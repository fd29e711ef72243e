// wordgru in C++17: the next word, exactly, from a bundle written by `wordgru export`.
//
//     const wordgru::Predictor predictor = wordgru::Predictor::load("wordgru/models/en");
//     for (const auto& found : predictor.suggest("the cat", {.k = 3})) std::puts(found.word.c_str());
//
// Header-only. It needs onnxruntime, nlohmann-json and utf8proc. Text is UTF-8. Faults of a user or of data raise
// WordgruError, or BundleError where the bundle is at fault; each says in one line what was wrong and what to do.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "wordgru/bundle.hpp"
#include "wordgru/errors.hpp"
#include "wordgru/generating.hpp"
#include "wordgru/session.hpp"
#include "wordgru/suggestions.hpp"
#include "wordgru/typing/correct.hpp"
#include "wordgru/typist.hpp"

namespace wordgru {

/// How a bundle is loaded.
struct LoadOptions {
    int threads = 1;                                    ///< cores that one call may use
    bool block_words = true;                            ///< never offer the words of the bundle's blocked.txt
    std::shared_ptr<PersonalModel> personal = nullptr;  ///< words that one person wrote, to offer them
    TypistOptions typist = {};                          ///< how offers follow that person
};

/// How expected one word or mark of a text was.
struct Score {
    std::string text;            ///< the word or mark; empty for the end of the text
    std::size_t start;           ///< where it begins in the text, in bytes
    double log_probability = 0;  ///< nats, of its tokens given all before them

    /// Surprisal in bits.
    double bits() const { return -log_probability / std::log(2.0); }
};

/// Next words from a bundle. Load it once: threads may share it, and copies share the model.
class Predictor {
   public:
    /// Load the bundle in a folder.
    /// Throws BundleError if it is missing, broken, foreign or too new; WordgruError if its tokenizer is unknown, or
    /// the number of threads is out of its range.
    static Predictor load(const std::filesystem::path& folder, const LoadOptions& options = {}) {
        detail::Range{1, 256, false, false, true}.check("threads", options.threads);
        options.typist.check();
        const Bundle bundle = Bundle::open(folder);
        Tokenizer tokenizer = Tokenizer::load(bundle.tokenizer_path());
        const auto expected = static_cast<std::size_t>(bundle.model().vocab_size);
        if (tokenizer.token_bytes().size() != expected) {
            throw BundleError(folder.string() + ": the tokenizer has " +
                              std::to_string(tokenizer.token_bytes().size()) + " tokens; expected " +
                              std::to_string(expected) +
                              " as config.json says. Export the model again with `wordgru export`.");
        }
        auto blocked = options.block_words ? bundle.blocked() : std::unordered_set<std::string>{};
        return Predictor(std::make_shared<detail::Engine>(std::move(tokenizer), bundle, options.threads,
                                                          std::move(blocked), options.personal),
                         options.typist);
    }

    /// How offers follow the one who types, in sessions that are told nothing else. Set it before threads share it.
    TypistOptions typist;

    /// The most probable words after `context`, with proof. A space that is missing after it is implied.
    /// Throws WordgruError if the text is not UTF-8, the prefix is no part of a word, or a number is out of its
    /// range.
    Suggestions suggest(const std::string& context, Query query = {}) const {
        if (!query.prefix) query.prefix = "";
        return session(context).suggest(query);
    }

    /// What the unfinished last word of `text` may become: `complete("the ca")` offers words that begin with "ca".
    Suggestions complete(const std::string& text, Query query = {}) const {
        query.prefix.reset();
        return session(text).suggest(query);
    }

    /// Several words ahead, best first, longer ones only while their probability stays above the threshold. A phrase is
    /// returned when no continuation of it is probable enough, or it has so many words.
    /// Throws WordgruError if the text is not UTF-8, or a number is out of its range.
    std::vector<Phrase> phrases(const std::string& context, const PhraseQuery& query = {}) const {
        detail::kWords.check("k", query.k);
        detail::kCount.check("max_words", query.max_words);
        detail::Range{0, 1}.check("threshold", query.threshold);
        struct Begun {
            double probability;
            int order, words;  // the first of equals comes first
            Session session;
            bool operator<(const Begun& other) const {
                return std::tie(probability, other.order) < std::tie(other.probability, order);
            }
        };
        Query next;
        next.prefix = "";
        next.k = query.k;
        next.options = query.options;
        std::vector<Phrase> found;
        std::vector<Begun> waiting;  // a heap
        int order = 0;
        waiting.push_back({1, order++, 0, session(context)});
        while (!waiting.empty() && found.size() < static_cast<std::size_t>(query.k)) {
            std::pop_heap(waiting.begin(), waiting.end());
            Begun begun = std::move(waiting.back());
            waiting.pop_back();
            bool any = false;
            const Suggestions offers = begun.words < query.max_words ? begun.session.suggest(next) : Suggestions();
            for (const Suggestion& offer : offers) {
                const double probability = begun.probability * offer.probability;
                if (probability < query.threshold) continue;
                any = true;
                Session longer = begun.session;
                longer.append((offers.space ? " " : "") + offer.word);
                waiting.push_back({probability, order++, begun.words + 1, std::move(longer)});
                std::push_heap(waiting.begin(), waiting.end());
            }
            if (any || begun.words == 0) continue;
            const std::u32string text = decode(begun.session.text().substr(context.size())).text;
            found.push_back({to_utf8(trimmed(text)), begun.probability});
        }
        return found;
    }

    /// Log-probability of each word and mark of `text`, and of the text's end; they sum to the text's. It is read as in
    /// training: CR LF, invisible marks and variants of marks as `Tokenizer::normalize` says.
    /// Throws WordgruError if the text is not UTF-8.
    std::vector<Score> score(std::string_view text) const {
        check_text(text);
        Ids targets = tokenizer().encode(text), tokens = {kEndOfText};
        tokens.insert(tokens.end(), targets.begin(), targets.end());
        targets.push_back(kEndOfText);
        const std::vector<double> nats = model().score(tokens, targets);
        std::vector<Score> found;
        for (const Unit& unit : tokenizer().units(text)) {
            const std::string_view all = text.substr(unit.start, unit.end - unit.start);
            const Characters characters = decode(all);
            const std::u32string_view word = trimmed(characters.text);
            const auto blank = static_cast<std::size_t>(word.data() - characters.text.data());
            const auto low = nats.begin() + static_cast<std::ptrdiff_t>(unit.low);
            const auto high = nats.begin() + static_cast<std::ptrdiff_t>(unit.high);
            found.push_back(
                {to_utf8(word), unit.start + characters.starts[blank], std::accumulate(low, high, 0.0)});
        }
        found.push_back({"", text.size(), nats.back()});
        return found;
    }

    /// Text that goes on from `context`, which is not repeated, drawn from the model. The text may be cut anywhere: its
    /// last word is taken as unfinished, and drawn among those that it may become.
    /// Throws WordgruError if the text is not UTF-8, or a number is out of its range.
    std::string generate(const std::string& context = "", const GenerateOptions& options = {}) const {
        return detail::generated(*engine_, session(context, std::nullopt, kAsRead), options);
    }

    /// A text field of its own: what is typed into it is read once. It may outlive the predictor. With `typing`, which
    /// says how the one who types does so, slips of the finger are seen through. `habits` are those that offers follow;
    /// without them, those of the predictor.
    /// Throws WordgruError if the text is not UTF-8, or the typing model is none.
    Session session(const std::string& text = "", const std::optional<TypingModel>& typing = std::nullopt,
                    const std::optional<TypistOptions>& habits = std::nullopt) const {
        Session session(engine_, typing, habits.value_or(typist));
        session.typist.check();
        session.set(text);
        return session;
    }

    /// A session from what `Session::save` returned. Throws WordgruError if the data is broken, or of another model.
    Session restore(std::string_view data, const std::optional<TypingModel>& typing = std::nullopt,
                    const std::optional<TypistOptions>& habits = std::nullopt) const {
        Session session = Session::load(data, engine_, typing, habits.value_or(typist));
        session.typist.check();
        return session;
    }

    /// The words of `text` that were meant otherwise; see `wordgru::corrections`.
    std::vector<Correction> correct(std::string_view text, const TypingModel& typing = {},
                                    double threshold = 0.9) const {
        return corrections(text, session("", typing), threshold);
    }

    /// The words to offer, and never to offer, of all its sessions.
    WordList& words() const { return engine_->words; }

    /// The personal words that it was loaded with, if any.
    const std::shared_ptr<PersonalModel>& personal() const { return engine_->personal; }

    const Tokenizer& tokenizer() const { return engine_->tokenizer; }
    const LanguageModel& model() const { return engine_->model; }

   private:
    Predictor(std::shared_ptr<detail::Engine> engine, const TypistOptions& habits)
        : typist(habits), engine_(std::move(engine)) {}

    std::shared_ptr<detail::Engine> engine_;
};

}  // namespace wordgru
