// wordgru in C++17: the next word, exactly, from a bundle written by `wordgru export`.
//
//     const wordgru::Predictor predictor = wordgru::Predictor::load("wordgru/models/en");
//     for (const auto& found : predictor.suggest("the cat", {.k = 3})) std::puts(found.word.c_str());
//
// Header-only. It needs onnxruntime, nlohmann-json and utf8proc. Text is UTF-8. Faults of a user or of data raise
// WordgruError, or BundleError where the bundle is at fault; each says in one line what was wrong and what to do.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "wordgru/bundle.hpp"
#include "wordgru/errors.hpp"
#include "wordgru/session.hpp"
#include "wordgru/suggestions.hpp"

namespace wordgru {

/// How a bundle is loaded.
struct LoadOptions {
    int threads = 1;                                    ///< cores that one call may use
    bool block_words = true;                            ///< never offer the words of the bundle's blocked.txt
    std::shared_ptr<PersonalModel> personal = nullptr;  ///< words that one person wrote, to offer them
};

/// Next words from a bundle. Load it once: threads may share it, and copies share the model.
class Predictor {
   public:
    /// Load the bundle in a folder.
    /// Throws BundleError if it is missing, broken, foreign or too new; WordgruError if its tokenizer is unknown, or
    /// the number of threads is out of its range.
    static Predictor load(const std::filesystem::path& folder, const LoadOptions& options = {}) {
        detail::Range{1, 256, false, false, true}.check("threads", options.threads);
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
                                                          std::move(blocked), options.personal));
    }

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

    /// A text field of its own: what is typed into it is read once. It may outlive the predictor.
    Session session(const std::string& text = "") const {
        Session session(engine_);
        session.set(text);
        return session;
    }

    /// A session from what `Session::save` returned. Throws WordgruError if the data is broken, or of another model.
    Session restore(std::string_view data) const { return Session::load(data, engine_); }

    /// The words to offer, and never to offer, of all its sessions.
    WordList& words() const { return engine_->words; }

    /// The personal words that it was loaded with, if any.
    const std::shared_ptr<PersonalModel>& personal() const { return engine_->personal; }

    const Tokenizer& tokenizer() const { return engine_->tokenizer; }
    const LanguageModel& model() const { return engine_->model; }

   private:
    explicit Predictor(std::shared_ptr<detail::Engine> engine) : engine_(std::move(engine)) {}

    std::shared_ptr<detail::Engine> engine_;
};

}  // namespace wordgru
