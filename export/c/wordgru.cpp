// wordgru.h over wordgru.hpp: handles hold the C++ objects, and `guarded` turns what is thrown into a status.
#include "wordgru.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wordgru.hpp"

struct wordgru_predictor {
    wordgru::Predictor predictor;
};
struct wordgru_session {
    wordgru::Session session;
};
struct wordgru_suggestions {
    wordgru::Suggestions suggestions;
    double end = 0;
};
struct wordgru_corrections {
    std::vector<wordgru::Correction> corrections;
};
struct wordgru_scores {
    std::vector<wordgru::Score> scores;
};

namespace {

using wordgru::WordgruError;

/// What the latest call of this thread that failed has to say. It lives to the end of the thread, and saying that there
/// is no memory takes none.
thread_local std::string message;
thread_local const char* said = "";

wordgru_status fail(wordgru_status status, const char* what) noexcept {
    try {
        message = wordgru::to_utf8(wordgru::decode(wordgru::detail::one_line(what)).text);  // a name may be no UTF-8
        said = message.c_str();
    } catch (...) {
        said = "there is not enough memory; close something else, and try again.";
    }
    return status;
}

/// Do `work`; nothing that it throws gets out.
template <typename Work>
wordgru_status guarded(Work&& work) noexcept {
    try {
        work();
        return WORDGRU_OK;
    } catch (const wordgru::BundleError& error) {
        return fail(WORDGRU_WRONG_BUNDLE, error.what());
    } catch (const WordgruError& error) {
        return fail(WORDGRU_WRONG_ARGUMENT, error.what());
    } catch (const std::bad_alloc&) {
        return fail(WORDGRU_NO_MEMORY, "there is not enough memory; close something else, and try again.");
    } catch (const std::exception& error) {
        return fail(WORDGRU_INTERNAL, error.what());
    } catch (...) {
        return fail(WORDGRU_INTERNAL, "an unknown fault inside wordgru; please report it.");
    }
}

/// What a pointer points to. Throws WordgruError if it is NULL.
template <typename Value>
Value& at(Value* pointer, const char* name) {
    if (!pointer) {
        throw WordgruError(std::string(name) + " is NULL; expected what a call of wordgru gave, or a place for it.");
    }
    return *pointer;
}

std::string_view text_of(const char* text, size_t size, const char* name) {
    if (text) return size == WORDGRU_NUL_ENDED ? std::string_view(text) : std::string_view(text, size);
    if (size == 0) return {};
    throw WordgruError(std::string(name) + " is NULL; expected text in UTF-8, or 0 bytes of it.");
}

std::string_view saved_of(const void* data, size_t size) {
    if (size == WORDGRU_NUL_ENDED) throw WordgruError("size is WORDGRU_NUL_ENDED; expected the number of bytes.");
    return text_of(static_cast<const char*>(data), size, "data");
}

/// Defaults for the caller's struct, of `size` bytes; of a newer header's, the rest is zero.
template <typename Options>
void init(Options* options, size_t size, const Options& defaults) noexcept {
    if (!options) return;
    std::memset(static_cast<void*>(options), 0, size);
    std::memcpy(static_cast<void*>(options), &defaults, std::min(size, sizeof defaults));
    if (size >= sizeof options->size) options->size = size;
}

/// The caller's struct as this library knows it: what an older header lacks has its default.
template <typename Options>
Options known(const Options* options, const char* name, Options values) {
    if (!options) return values;
    const size_t size = options->size;
    if (size < sizeof size || size > 4096) {
        throw WordgruError(std::string(name) + ".size is " + std::to_string(size) + "; set the defaults with wordgru_" +
                           name + "_init first.");
    }
    const char* const bytes = reinterpret_cast<const char*>(options);
    if (std::any_of(bytes + std::min(size, sizeof values), bytes + size, [](char byte) { return byte != 0; })) {
        throw WordgruError(std::string(name) +
                           " sets what this library does not know; its header is of a newer wordgru. "
                           "Upgrade the library.");
    }
    std::memcpy(static_cast<void*>(&values), options, std::min(size, sizeof values));
    if (values.reserved != 0) {
        throw WordgruError(std::string(name) + ".reserved is " + std::to_string(values.reserved) + "; expected 0.");
    }
    return values;
}

const wordgru_typist kTypist = [] {
    const wordgru::TypistOptions defaults;
    wordgru_typist typist{};
    typist.size = sizeof typist;
    typist.min_probability = defaults.min_probability;
    typist.capitals = defaults.capitals;
    typist.lone_i = defaults.lone_i;
    typist.addresses = defaults.addresses;
    return typist;
}();

wordgru::TypistOptions typist_of(const wordgru_typist* given) {
    const wordgru_typist asked = known(given, "typist", kTypist);
    wordgru::TypistOptions typist;
    typist.capitals = asked.capitals != 0;
    typist.lone_i = asked.lone_i != 0;
    typist.addresses = asked.addresses != 0;
    typist.min_probability = asked.min_probability;
    typist.check();
    return typist;
}

const wordgru_load_options kLoadOptions = [] {
    const wordgru::LoadOptions defaults;
    wordgru_load_options options{};
    options.size = sizeof options;
    options.threads = defaults.threads;
    options.block_words = defaults.block_words;
    return options;
}();
const wordgru_query kQuery = [] {
    const wordgru::Query defaults;
    wordgru_query query{};
    query.size = sizeof query;
    query.prefix_size = WORDGRU_NUL_ENDED;
    query.k = defaults.k;
    query.tolerance = defaults.options.tolerance;
    query.max_rows = defaults.options.max_rows;
    query.batch = defaults.options.batch;
    query.threshold = defaults.threshold;
    return query;
}();

const wordgru_generate_options kGenerateOptions = [] {
    const wordgru::GenerateOptions defaults;
    wordgru_generate_options options{};
    options.size = sizeof options;
    options.temperature = defaults.temperature;
    options.top_p = defaults.top_p;
    options.max_words = defaults.max_words;
    return options;
}();

/// The same numbers under two names.
constexpr std::pair<double wordgru_typing::*, double wordgru::TypingModel::*> kShares[] = {
    {&wordgru_typing::spread, &wordgru::TypingModel::spread},
    {&wordgru_typing::anywhere, &wordgru::TypingModel::anywhere},
    {&wordgru_typing::vowel, &wordgru::TypingModel::vowel},
    {&wordgru_typing::sound, &wordgru::TypingModel::sound},
    {&wordgru_typing::omitted, &wordgru::TypingModel::omitted},
    {&wordgru_typing::mute, &wordgru::TypingModel::mute},
    {&wordgru_typing::undoubled, &wordgru::TypingModel::undoubled},
    {&wordgru_typing::extra, &wordgru::TypingModel::extra},
    {&wordgru_typing::doubled, &wordgru::TypingModel::doubled},
    {&wordgru_typing::swapped, &wordgru::TypingModel::swapped},
    {&wordgru_typing::apostrophe, &wordgru::TypingModel::apostrophe},
    {&wordgru_typing::accent, &wordgru::TypingModel::accent},
    {&wordgru_typing::lower, &wordgru::TypingModel::lower},
    {&wordgru_typing::upper, &wordgru::TypingModel::upper},
    {&wordgru_typing::joined, &wordgru::TypingModel::joined},
    {&wordgru_typing::split, &wordgru::TypingModel::split},
    {&wordgru_typing::unknown, &wordgru::TypingModel::unknown},
    {&wordgru_typing::again, &wordgru::TypingModel::again},
    {&wordgru_typing::coined, &wordgru::TypingModel::coined},
    {&wordgru_typing::first, &wordgru::TypingModel::first},
    {&wordgru_typing::careless, &wordgru::TypingModel::careless},
    {&wordgru_typing::name, &wordgru::TypingModel::name},
};
const wordgru_typing kTyping = [] {
    const wordgru::TypingModel defaults;
    wordgru_typing typing{};
    typing.size = sizeof typing;
    for (const auto& [here, there] : kShares) typing.*here = defaults.*there;
    return typing;
}();

wordgru::TypingModel typing_of(const wordgru_typing* given) {
    const wordgru_typing asked = known(given, "typing", kTyping);
    wordgru::TypingModel typing;
    if (asked.layout) {
        typing.layout = text_of(asked.layout, WORDGRU_NUL_ENDED, "typing.layout");
        wordgru::check_text(typing.layout);
    }
    for (const auto& [here, there] : kShares) typing.*there = asked.*here;
    return typing;
}

wordgru::Query query_of(const wordgru_query* given) {
    const wordgru_query asked = known(given, "query", kQuery);
    wordgru::Query query;
    if (asked.prefix) query.prefix = text_of(asked.prefix, asked.prefix_size, "query.prefix");
    query.k = asked.k;
    query.options.tolerance = asked.tolerance;
    query.options.max_rows = asked.max_rows;
    if (asked.max_seconds != 0) query.options.max_seconds = asked.max_seconds;
    query.attention = asked.attention;
    query.options.ignore_case = asked.ignore_case != 0;
    query.options.punctuation = asked.punctuation != 0;
    query.options.batch = asked.batch;
    query.threshold = asked.threshold;
    return query;
}

wordgru::PersonalModel& personal_of(const wordgru_predictor* predictor) {
    const auto& personal = at(predictor, "predictor").predictor.personal();
    if (personal) return *personal;
    throw WordgruError("the predictor has no personal words; set load_options.personal to 1 and load it again.");
}

/// Give the caller a handle of its own.
template <typename Handle, typename Value>
void give(Handle** place, Value&& value) {
    *place = new Handle{std::forward<Value>(value)};
}

/// Memory of the caller's own, which wordgru_data_free frees; a NUL follows it.
char* given(const std::string& bytes) {
    char* const copy = static_cast<char*>(std::malloc(bytes.size() + 1));
    if (!copy) throw std::bad_alloc();
    std::memcpy(copy, bytes.c_str(), bytes.size() + 1);
    return copy;
}

const wordgru::Score* item(const wordgru_scores* scores, size_t index) noexcept {
    return scores && index < scores->scores.size() ? &scores->scores[index] : nullptr;
}

const wordgru::Correction* item(const wordgru_corrections* corrections, size_t index) noexcept {
    return corrections && index < corrections->corrections.size() ? &corrections->corrections[index] : nullptr;
}

const wordgru::Suggestion* item(const wordgru_suggestions* suggestions, size_t index) noexcept {
    return suggestions && index < suggestions->suggestions.size() ? &suggestions->suggestions[index] : nullptr;
}

}  // namespace

extern "C" {

const char* wordgru_message(void) { return said; }
const char* wordgru_version(void) { return WORDGRU_VERSION; }
int32_t wordgru_abi(void) { return WORDGRU_ABI; }

// -- a bundle --------------------------------------------------------------------------------------------------------

void wordgru_typist_init(wordgru_typist* typist, size_t size) { init(typist, size, kTypist); }

void wordgru_load_options_init(wordgru_load_options* options, size_t size) { init(options, size, kLoadOptions); }

wordgru_status wordgru_load(const char* folder, const wordgru_load_options* options, wordgru_predictor** predictor) {
    return guarded([&] {
        at(predictor, "predictor");
        const wordgru_load_options given = known(options, "load_options", kLoadOptions);
        const auto name = text_of(folder, WORDGRU_NUL_ENDED, "folder");
        wordgru::LoadOptions how;
        how.threads = given.threads;
        how.block_words = given.block_words != 0;
        if (given.personal != 0) how.personal = std::make_shared<wordgru::PersonalModel>();
        how.typist = typist_of(given.typist);
        give(predictor, wordgru::Predictor::load(std::filesystem::u8path(name), how));
    });
}

void wordgru_predictor_free(wordgru_predictor* predictor) { delete predictor; }

// -- words of a field, and of a person -------------------------------------------------------------------------------

wordgru_status wordgru_add(wordgru_predictor* predictor, const char* word, size_t size, double weight) {
    return guarded([&] { at(predictor, "predictor").predictor.words().add(text_of(word, size, "word"), weight); });
}

wordgru_status wordgru_add_all(wordgru_predictor* predictor, const char* text, size_t size, size_t* count) {
    return guarded([&] {
        const size_t added = at(predictor, "predictor").predictor.words().read(text_of(text, size, "text"));
        if (count) *count = added;
    });
}

wordgru_status wordgru_block(wordgru_predictor* predictor, const char* word, size_t size) {
    return guarded([&] { at(predictor, "predictor").predictor.words().block(text_of(word, size, "word")); });
}

wordgru_status wordgru_allow(wordgru_predictor* predictor, const char* word, size_t size) {
    return guarded([&] { at(predictor, "predictor").predictor.words().allow(text_of(word, size, "word")); });
}

wordgru_status wordgru_learn(wordgru_predictor* predictor, const char* text, size_t size, size_t* count) {
    return guarded([&] {
        const size_t learnt = personal_of(predictor).learn(text_of(text, size, "text"));
        if (count) *count = learnt;
    });
}

wordgru_status wordgru_forget(wordgru_predictor* predictor, const char* word, size_t size, size_t* count) {
    return guarded([&] {
        const size_t gone = personal_of(predictor).forget(text_of(word, size, "word"));
        if (count) *count = gone;
    });
}

wordgru_status wordgru_forget_all(wordgru_predictor* predictor, size_t* count) {
    return guarded([&] {
        const size_t gone = personal_of(predictor).forget_all();
        if (count) *count = gone;
    });
}

wordgru_status wordgru_personal_save(const wordgru_predictor* predictor, const char* file) {
    return guarded(
        [&] { personal_of(predictor).save(std::filesystem::u8path(text_of(file, WORDGRU_NUL_ENDED, "file"))); });
}

wordgru_status wordgru_personal_read(wordgru_predictor* predictor, const char* file, size_t* count) {
    return guarded([&] {
        const auto name = std::filesystem::u8path(text_of(file, WORDGRU_NUL_ENDED, "file"));
        const size_t added = personal_of(predictor).read(name);
        if (count) *count = added;
    });
}

// -- questions and answers -------------------------------------------------------------------------------------------

void wordgru_query_init(wordgru_query* query, size_t size) { init(query, size, kQuery); }

wordgru_status wordgru_suggest(const wordgru_predictor* predictor, const char* context, size_t size,
                               const wordgru_query* query, wordgru_suggestions** suggestions) {
    return guarded([&] {
        at(suggestions, "suggestions");
        const std::string text(text_of(context, size, "context"));
        give(suggestions, at(predictor, "predictor").predictor.suggest(text, query_of(query)));
    });
}

wordgru_status wordgru_complete(const wordgru_predictor* predictor, const char* text, size_t size,
                                const wordgru_query* query, wordgru_suggestions** suggestions) {
    return guarded([&] {
        at(suggestions, "suggestions");
        const std::string whole(text_of(text, size, "text"));
        give(suggestions, at(predictor, "predictor").predictor.complete(whole, query_of(query)));
    });
}

wordgru_status wordgru_phrases(const wordgru_predictor* predictor, const char* context, size_t size, int32_t max_words,
                               double threshold, const wordgru_query* query, wordgru_suggestions** phrases) {
    return guarded([&] {
        at(phrases, "phrases");
        const wordgru::Query asked = query_of(query);
        const std::string text(text_of(context, size, "context"));
        wordgru::PhraseQuery wanted;
        wanted.k = asked.k;
        wanted.max_words = max_words;
        wanted.threshold = threshold;
        wanted.options = asked.options;
        wordgru::Suggestions found;
        for (const wordgru::Phrase& phrase : at(predictor, "predictor").predictor.phrases(text, wanted)) {
            found.items.push_back({phrase.text, phrase.probability, {}, {}});
        }
        give(phrases, std::move(found));
    });
}

size_t wordgru_suggestions_count(const wordgru_suggestions* suggestions) {
    return suggestions ? suggestions->suggestions.size() : 0;
}

const char* wordgru_suggestions_word(const wordgru_suggestions* suggestions, size_t index, size_t* size) {
    const wordgru::Suggestion* const found = item(suggestions, index);
    if (size) *size = found ? found->word.size() : 0;
    return found ? found->word.c_str() : nullptr;
}

double wordgru_suggestions_probability(const wordgru_suggestions* suggestions, size_t index) {
    const wordgru::Suggestion* const found = item(suggestions, index);
    return found ? found->probability : 0;
}

int32_t wordgru_suggestions_sources(const wordgru_suggestions* suggestions, size_t index) {
    const wordgru::Suggestion* const found = item(suggestions, index);
    int32_t sources = 0;
    for (size_t at = 0; found && at < found->sources.size(); ++at) {
        const std::string& source = found->sources[at];
        sources |= source == "model"      ? WORDGRU_FROM_MODEL
                   : source == "personal" ? WORDGRU_FROM_PERSONAL
                   : source == "typed"    ? WORDGRU_FROM_TYPED
                                          : WORDGRU_FROM_GLOSSARY;
    }
    return sources;
}

int32_t wordgru_suggestions_exact(const wordgru_suggestions* suggestions) {
    return suggestions && suggestions->suggestions.exact;
}

int32_t wordgru_suggestions_space(const wordgru_suggestions* suggestions) {
    return suggestions && suggestions->suggestions.space;
}

double wordgru_suggestions_unexplored(const wordgru_suggestions* suggestions) {
    return suggestions ? suggestions->suggestions.unexplored : 0;
}

const char* wordgru_suggestions_autocorrect(const wordgru_suggestions* suggestions, size_t* size) {
    const bool any = suggestions && suggestions->suggestions.autocorrect;
    if (size) *size = any ? suggestions->suggestions.autocorrect->size() : 0;
    return any ? suggestions->suggestions.autocorrect->c_str() : nullptr;
}

double wordgru_suggestions_end(const wordgru_suggestions* suggestions) { return suggestions ? suggestions->end : 0; }

void wordgru_suggestions_free(wordgru_suggestions* suggestions) { delete suggestions; }

// -- a text field ----------------------------------------------------------------------------------------------------

wordgru_status wordgru_session_new(const wordgru_predictor* predictor, wordgru_session** session) {
    return guarded([&] {
        at(session, "session");
        give(session, at(predictor, "predictor").predictor.session());
    });
}

void wordgru_typing_init(wordgru_typing* typing, size_t size) { init(typing, size, kTyping); }

wordgru_status wordgru_session_new_typing(const wordgru_predictor* predictor, const wordgru_typing* typing,
                                          wordgru_session** session) {
    return guarded([&] {
        at(session, "session");
        give(session, at(predictor, "predictor").predictor.session("", typing_of(typing)));
    });
}

wordgru_status wordgru_session_typist(wordgru_session* session, const wordgru_typist* typist) {
    return guarded([&] { at(session, "session").session.typist = typist_of(typist); });
}

wordgru_status wordgru_session_copy(const wordgru_session* session, wordgru_session** copy) {
    return guarded([&] {
        at(copy, "copy");
        give(copy, wordgru::Session(at(session, "session").session));
    });
}

void wordgru_session_free(wordgru_session* session) { delete session; }

wordgru_status wordgru_session_append(wordgru_session* session, const char* text, size_t size) {
    return guarded([&] { at(session, "session").session.append(text_of(text, size, "text")); });
}

wordgru_status wordgru_session_delete(wordgru_session* session, int32_t count) {
    return guarded([&] { at(session, "session").session.erase(count); });
}

wordgru_status wordgru_session_touch(wordgru_session* session, double x, double y, int32_t capital) {
    return guarded([&] { at(session, "session").session.touch(x, y, capital != 0); });
}

wordgru_status wordgru_session_autocorrect(wordgru_session* session, double threshold, int32_t* corrected) {
    return guarded([&] {
        const bool any = at(session, "session").session.autocorrect(threshold).has_value();
        if (corrected) *corrected = any;
    });
}

wordgru_status wordgru_session_undo(wordgru_session* session) {
    return guarded([&] { at(session, "session").session.undo(); });
}

wordgru_status wordgru_session_corrections(wordgru_session* session, const wordgru_query* query,
                                           wordgru_suggestions** suggestions) {
    return guarded([&] {
        at(suggestions, "suggestions");
        give(suggestions, at(session, "session").session.corrections(query_of(query)));
    });
}

wordgru_status wordgru_session_set(wordgru_session* session, const char* text, size_t size) {
    return guarded([&] { at(session, "session").session.set(std::string(text_of(text, size, "text"))); });
}

const char* wordgru_session_text(const wordgru_session* session, size_t* size) {
    if (size) *size = session ? session->session.text().size() : 0;
    return session ? session->session.text().c_str() : nullptr;
}

wordgru_status wordgru_session_suggest(wordgru_session* session, const wordgru_query* query,
                                       wordgru_suggestions** suggestions) {
    return guarded([&] {
        at(suggestions, "suggestions");
        give(suggestions, at(session, "session").session.suggest(query_of(query)));
    });
}

wordgru_status wordgru_session_characters(wordgru_session* session, const wordgru_query* query,
                                          wordgru_suggestions** characters) {
    return guarded([&] {
        at(characters, "characters");
        const auto next = at(session, "session").session.characters(query_of(query).options);
        wordgru::Suggestions found;
        found.exact = next.exact;
        found.unexplored = next.unexplored;
        for (const auto& [character, probability] : next.probabilities) {
            found.items.push_back({character, probability, {}, {}});
        }
        give(characters, std::move(found));
        (*characters)->end = next.end;
    });
}

wordgru_status wordgru_session_commit(wordgru_session* session, size_t* count) {
    return guarded([&] {
        const size_t learnt = at(session, "session").session.commit();
        if (count) *count = learnt;
    });
}

wordgru_status wordgru_session_reset(wordgru_session* session) {
    return guarded([&] { at(session, "session").session.reset(); });
}

wordgru_status wordgru_session_save(wordgru_session* session, void** data, size_t* size) {
    return guarded([&] {
        at(data, "data");
        at(size, "size");
        const std::string saved = at(session, "session").session.save();
        *data = given(saved);
        *size = saved.size();
    });
}

wordgru_status wordgru_session_restore(const wordgru_predictor* predictor, const void* data, size_t size,
                                       wordgru_session** session) {
    return guarded([&] {
        at(session, "session");
        give(session, at(predictor, "predictor").predictor.restore(saved_of(data, size)));
    });
}

wordgru_status wordgru_session_restore_typing(const wordgru_predictor* predictor, const void* data, size_t size,
                                              const wordgru_typing* typing, wordgru_session** session) {
    return guarded([&] {
        at(session, "session");
        give(session, at(predictor, "predictor").predictor.restore(saved_of(data, size), typing_of(typing)));
    });
}

void wordgru_data_free(void* data) { std::free(data); }

// -- a text corrected ------------------------------------------------------------------------------------------------

wordgru_status wordgru_correct(const wordgru_predictor* predictor, const char* text, size_t size,
                               const wordgru_typing* typing, double threshold, wordgru_corrections** corrections) {
    return guarded([&] {
        at(corrections, "corrections");
        const auto whole = text_of(text, size, "text");
        give(corrections, at(predictor, "predictor").predictor.correct(whole, typing_of(typing), threshold));
    });
}

size_t wordgru_corrections_count(const wordgru_corrections* corrections) {
    return corrections ? corrections->corrections.size() : 0;
}

size_t wordgru_corrections_start(const wordgru_corrections* corrections, size_t index) {
    const wordgru::Correction* const found = item(corrections, index);
    return found ? found->start : 0;
}

size_t wordgru_corrections_end(const wordgru_corrections* corrections, size_t index) {
    const wordgru::Correction* const found = item(corrections, index);
    return found ? found->end : 0;
}

const char* wordgru_corrections_word(const wordgru_corrections* corrections, size_t index, size_t* size) {
    const wordgru::Correction* const found = item(corrections, index);
    if (size) *size = found ? found->word.size() : 0;
    return found ? found->word.c_str() : nullptr;
}

double wordgru_corrections_probability(const wordgru_corrections* corrections, size_t index) {
    const wordgru::Correction* const found = item(corrections, index);
    return found ? found->probability : 0;
}

void wordgru_corrections_free(wordgru_corrections* corrections) { delete corrections; }

// -- a text scored, and text that goes on ----------------------------------------------------------------------------

wordgru_status wordgru_score(const wordgru_predictor* predictor, const char* text, size_t size,
                             wordgru_scores** scores) {
    return guarded([&] {
        at(scores, "scores");
        give(scores, at(predictor, "predictor").predictor.score(text_of(text, size, "text")));
    });
}

size_t wordgru_scores_count(const wordgru_scores* scores) { return scores ? scores->scores.size() : 0; }

const char* wordgru_scores_text(const wordgru_scores* scores, size_t index, size_t* size) {
    const wordgru::Score* const found = item(scores, index);
    if (size) *size = found ? found->text.size() : 0;
    return found ? found->text.c_str() : nullptr;
}

size_t wordgru_scores_start(const wordgru_scores* scores, size_t index) {
    const wordgru::Score* const found = item(scores, index);
    return found ? found->start : 0;
}

double wordgru_scores_log_probability(const wordgru_scores* scores, size_t index) {
    const wordgru::Score* const found = item(scores, index);
    return found ? found->log_probability : 0;
}

void wordgru_scores_free(wordgru_scores* scores) { delete scores; }

void wordgru_generate_options_init(wordgru_generate_options* options, size_t size) {
    init(options, size, kGenerateOptions);
}

wordgru_status wordgru_generate(const wordgru_predictor* predictor, const char* context, size_t size,
                                const wordgru_generate_options* options, char** text, size_t* text_size) {
    return guarded([&] {
        at(text, "text");
        const wordgru_generate_options asked = known(options, "generate_options", kGenerateOptions);
        wordgru::GenerateOptions how;
        how.max_words = asked.max_words;
        how.temperature = asked.temperature;
        how.top_p = asked.top_p;
        if (asked.seeded != 0) how.seed = asked.seed;
        const std::string before(text_of(context, size, "context"));
        const std::string written = at(predictor, "predictor").predictor.generate(before, how);
        *text = given(written);
        if (text_size) *text_size = written.size();
    });
}

}  // extern "C"
