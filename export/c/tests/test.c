/* What wordgru.h promises, asked from C: `test_wordgru ENGLISH TINY`, two bundles. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wordgru.h"

/* onnxruntime keeps a few hundred bytes to the end of the process; what leaks elsewhere is reported. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libonnxruntime"; }

#define TEXT(text) text, sizeof(text) - 1

static atomic_int failed = 0;

static void expect(int holds, int line, const char *what) {
    if (holds) return;
    printf("FAILED line %d: %s (the last message: %s)\n", line, what, wordgru_message());
    ++failed;
}
#define EXPECT(condition) expect(condition, __LINE__, #condition)
#define OK(call) EXPECT((call) == WORDGRU_OK)

/* The call fails with this status, and says so in one line that has this in it. */
static void refused(wordgru_status got, wordgru_status wanted, const char *says, int line) {
    const char *message = wordgru_message();
    expect(got == wanted, line, "the status");
    expect(strstr(message, says) != NULL && strchr(message, '\n') == NULL, line, says);
}
#define REFUSED(call, status, says) refused(call, status, says, __LINE__)

static const char *first(const wordgru_suggestions *found) {
    const char *word = wordgru_suggestions_word(found, 0, NULL);
    return word ? word : "";
}

static void check_answers(wordgru_predictor *english) {
    wordgru_suggestions *found = NULL;
    wordgru_query query;
    wordgru_query_init(&query, sizeof query);
    EXPECT(query.size == sizeof query && query.k == 3 && query.tolerance == 3e-3 && query.max_rows == 64);

    OK(wordgru_suggest(english, TEXT("the number"), NULL, &found));
    EXPECT(wordgru_suggestions_count(found) == 3);
    EXPECT(strcmp(first(found), "of") == 0);
    EXPECT(wordgru_suggestions_exact(found) == 1 && wordgru_suggestions_space(found) == 1);
    EXPECT(wordgru_suggestions_unexplored(found) >= 0 && wordgru_suggestions_unexplored(found) < 1);
    double sum = 0;
    for (size_t i = 0; i < 3; ++i) {
        size_t size = 0;
        const char *word = wordgru_suggestions_word(found, i, &size);
        EXPECT(word != NULL && size == strlen(word) && size > 0);
        EXPECT(i == 0 || wordgru_suggestions_probability(found, i) <= wordgru_suggestions_probability(found, i - 1));
        sum += wordgru_suggestions_probability(found, i);
    }
    EXPECT(sum > 0.1 && sum <= 1);
    size_t size = 7;
    EXPECT(wordgru_suggestions_word(found, 3, &size) == NULL && size == 0);
    EXPECT(wordgru_suggestions_probability(found, (size_t)-1) == 0);
    wordgru_suggestions_free(found);

    query.k = 1;
    query.prefix = "nu"; /* to its NUL */
    OK(wordgru_suggest(english, "the ", WORDGRU_NUL_ENDED, &query, &found));
    EXPECT(wordgru_suggestions_count(found) == 1 && strcmp(first(found), "number") == 0);
    wordgru_suggestions_free(found);
    query.prefix = "NUX"; /* of which two bytes count */
    query.prefix_size = 2;
    query.ignore_case = 1;
    OK(wordgru_suggest(english, "the ", 4, &query, &found));
    EXPECT(strcmp(first(found), "number") == 0);
    wordgru_suggestions_free(found);

    OK(wordgru_complete(english, TEXT("the num"), NULL, &found));
    EXPECT(strcmp(first(found), "number") == 0 && wordgru_suggestions_space(found) == 0);
    wordgru_suggestions_free(found);
    OK(wordgru_suggest(english, NULL, 0, NULL, &found)); /* no text at all */
    EXPECT(wordgru_suggestions_count(found) == 3);
    wordgru_suggestions_free(found);

    OK(wordgru_phrases(english, TEXT("I am going to"), 3, 0.02, NULL, &found));
    EXPECT(wordgru_suggestions_count(found) > 0 && strlen(first(found)) > 0 && first(found)[0] != ' ');
    for (size_t i = 0; i < wordgru_suggestions_count(found); ++i) {
        EXPECT(wordgru_suggestions_probability(found, i) >= 0.02);
    }
    wordgru_suggestions_free(found);

    OK(wordgru_block(english, TEXT("NUMBER")));
    OK(wordgru_complete(english, TEXT("the num"), NULL, &found));
    for (size_t i = 0; i < wordgru_suggestions_count(found); ++i) {
        EXPECT(strcmp(wordgru_suggestions_word(found, i, NULL), "number") != 0);
    }
    wordgru_suggestions_free(found);
    OK(wordgru_allow(english, "number", WORDGRU_NUL_ENDED));
    OK(wordgru_complete(english, TEXT("the num"), NULL, &found));
    EXPECT(strcmp(first(found), "number") == 0);
    wordgru_suggestions_free(found);
    EXPECT(strcmp(wordgru_message(), "") == 0); /* nothing has failed */
}

static void check_sessions(const wordgru_predictor *english) {
    wordgru_session *session = NULL, *copy = NULL, *restored = NULL;
    wordgru_suggestions *found = NULL;
    void *data = NULL;
    size_t size = 0;
    OK(wordgru_session_new(english, &session));
    EXPECT(strcmp(wordgru_session_text(session, &size), "") == 0 && size == 0);
    OK(wordgru_session_append(session, TEXT("the caf\xc3\xa9 num\xf0\x9f\x98\x80")));
    OK(wordgru_session_delete(session, 1)); /* a character, of four bytes */
    EXPECT(strcmp(wordgru_session_text(session, &size), "the caf\xc3\xa9 num") == 0 && size == 13);
    OK(wordgru_session_suggest(session, NULL, &found));
    EXPECT(strcmp(first(found), "number") == 0);
    wordgru_suggestions_free(found);

    OK(wordgru_session_characters(session, NULL, &found)); /* after "num" */
    EXPECT(strcmp(first(found), "b") == 0 && wordgru_suggestions_probability(found, 0) > 0.5);
    EXPECT(wordgru_suggestions_exact(found) == 1 && wordgru_suggestions_end(found) > 0);
    double sum = wordgru_suggestions_end(found);
    for (size_t i = 0; i < wordgru_suggestions_count(found); ++i) sum += wordgru_suggestions_probability(found, i);
    EXPECT(fabs(sum - 1) < 1e-9);
    wordgru_suggestions_free(found);

    OK(wordgru_session_copy(session, &copy));
    OK(wordgru_session_set(copy, TEXT("of the")));
    OK(wordgru_session_delete(copy, 100));
    EXPECT(strcmp(wordgru_session_text(copy, NULL), "") == 0);
    EXPECT(strcmp(wordgru_session_text(session, NULL), "the caf\xc3\xa9 num") == 0);
    OK(wordgru_session_append(copy, "a\0b", 3)); /* a NUL is a character like others */
    EXPECT(wordgru_session_text(copy, &size) != NULL && size == 3);
    OK(wordgru_session_suggest(copy, NULL, &found));
    wordgru_suggestions_free(found);
    wordgru_session_free(copy);

    OK(wordgru_session_save(session, &data, &size));
    EXPECT(size > 1000 && size < 64000);
    OK(wordgru_session_restore(english, data, size, &restored));
    EXPECT(strcmp(wordgru_session_text(restored, NULL), "the caf\xc3\xa9 num") == 0);
    OK(wordgru_session_suggest(restored, NULL, &found));
    EXPECT(strcmp(first(found), "number") == 0);
    wordgru_suggestions_free(found);
    wordgru_session_free(restored);
    restored = NULL;
    REFUSED(wordgru_session_restore(english, data, size - 1, &restored), WORDGRU_WRONG_ARGUMENT, "broken");
    ((char *)data)[size / 2] ^= 1;
    REFUSED(wordgru_session_restore(english, data, size, &restored), WORDGRU_WRONG_ARGUMENT, "broken");
    REFUSED(wordgru_session_restore(english, "none", 4, &restored), WORDGRU_WRONG_ARGUMENT, "start a new one");
    REFUSED(wordgru_session_restore(english, data, WORDGRU_NUL_ENDED, &restored), WORDGRU_WRONG_ARGUMENT, "size");
    EXPECT(restored == NULL);
    wordgru_data_free(data);
    wordgru_session_free(session);
}

/* Words of a list, of a person, and those passed over. */
static void check_words(const char *tiny) {
    wordgru_load_options options;
    wordgru_predictor *predictor = NULL, *other = NULL;
    wordgru_session *session = NULL;
    wordgru_suggestions *found = NULL;
    size_t count = 0;
    char file[] = "/tmp/wordgru-test-XXXXXX";
    const int opened = mkstemp(file);
    EXPECT(opened >= 0);
    close(opened);
    wordgru_load_options_init(&options, sizeof options);
    options.personal = 1;
    OK(wordgru_load(tiny, &options, &predictor));
    OK(wordgru_load(tiny, &options, &other));
    OK(wordgru_session_new(predictor, &session));

    OK(wordgru_session_append(session, TEXT("the Ey")));
    OK(wordgru_add(predictor, "Eyjafjallaj\xc3\xb6kull", WORDGRU_NUL_ENDED, 5));
    OK(wordgru_session_suggest(session, NULL, &found));
    EXPECT(strcmp(first(found), "Eyjafjallaj\xc3\xb6kull") == 0);
    EXPECT(wordgru_suggestions_sources(found, 0) == WORDGRU_FROM_GLOSSARY);
    EXPECT(wordgru_suggestions_sources(found, 9) == 0);
    wordgru_suggestions_free(found);
    OK(wordgru_add_all(predictor, TEXT("# ward\nPneumothorax\t3\n\nOdem\n"), &count));
    EXPECT(count == 2);
    REFUSED(wordgru_add_all(predictor, TEXT("good\ntwo words"), &count), WORDGRU_WRONG_ARGUMENT, "line 2: ");
    REFUSED(wordgru_add(predictor, TEXT("word"), -1), WORDGRU_WRONG_ARGUMENT, "the weight of 'word' is -1");

    OK(wordgru_session_set(session, TEXT("to the Krakenhaus")));
    OK(wordgru_session_commit(session, &count));
    EXPECT(count == 3);
    OK(wordgru_learn(predictor, TEXT("to the Krakenhaus"), NULL));
    OK(wordgru_personal_save(predictor, file));
    OK(wordgru_personal_read(other, file, &count));
    EXPECT(count > 3);
    wordgru_session_free(session);
    OK(wordgru_session_new(other, &session));
    OK(wordgru_session_set(session, TEXT("to the K")));
    OK(wordgru_session_suggest(session, NULL, &found));
    EXPECT(strcmp(first(found), "Krakenhaus") == 0);
    EXPECT(wordgru_suggestions_sources(found, 0) == WORDGRU_FROM_PERSONAL);
    wordgru_suggestions_free(found);

    wordgru_query query;
    wordgru_query_init(&query, sizeof query);
    query.attention = 0.9;
    OK(wordgru_session_suggest(session, &query, &found));
    wordgru_suggestions_free(found);
    OK(wordgru_session_append(session, TEXT("r")));
    OK(wordgru_session_suggest(session, NULL, &found));
    const double unwatched = wordgru_suggestions_probability(found, 0);
    EXPECT(strcmp(first(found), "Krakenhaus") == 0);
    wordgru_suggestions_free(found);
    OK(wordgru_session_suggest(session, &query, &found)); /* it was passed over */
    EXPECT(strcmp(first(found), "Krakenhaus") != 0 || wordgru_suggestions_probability(found, 0) < unwatched);
    wordgru_suggestions_free(found);

    OK(wordgru_forget(other, TEXT("KRAKENHAUS"), &count));
    EXPECT(count >= 3);
    OK(wordgru_forget_all(other, &count));
    EXPECT(count >= 3);
    OK(wordgru_forget_all(other, &count));
    EXPECT(count == 0);
    OK(wordgru_session_reset(session));
    EXPECT(strcmp(wordgru_session_text(session, NULL), "") == 0);
    OK(wordgru_session_commit(session, &count));
    EXPECT(count == 0);
    wordgru_session_free(session);
    wordgru_predictor_free(other);
    remove(file);
    REFUSED(wordgru_personal_read(predictor, file, NULL), WORDGRU_WRONG_ARGUMENT, "cannot be read");
    REFUSED(wordgru_personal_save(predictor, "/no such folder/words"), WORDGRU_WRONG_ARGUMENT, "cannot be written");
    REFUSED(wordgru_personal_save(predictor, "/tmp"), WORDGRU_WRONG_ARGUMENT, "it is a folder or a device");
    REFUSED(wordgru_personal_save(predictor, ""), WORDGRU_WRONG_ARGUMENT, "is empty; name a file");
    REFUSED(wordgru_forget(predictor, NULL, WORDGRU_NUL_ENDED, NULL), WORDGRU_WRONG_ARGUMENT, "word is NULL");
    REFUSED(wordgru_learn(predictor, TEXT("\xff"), NULL), WORDGRU_WRONG_ARGUMENT, "is not UTF-8");
    wordgru_predictor_free(predictor);
}

static void check_typing(const wordgru_predictor *english) {
    wordgru_session *session = NULL, *plain = NULL;
    wordgru_suggestions *found = NULL;
    wordgru_typing typing;
    wordgru_query query;
    int32_t corrected = 7;
    size_t size = 0;
    void *data = NULL;
    wordgru_typing_init(&typing, sizeof typing);
    EXPECT(typing.size == sizeof typing && typing.layout == NULL);

    OK(wordgru_session_new_typing(english, NULL, &session));
    OK(wordgru_session_append(session, TEXT("I dont")));
    OK(wordgru_session_suggest(session, NULL, &found));
    const char *word = wordgru_suggestions_autocorrect(found, &size);
    EXPECT(word && strcmp(word, "don't") == 0 && size == 5);
    wordgru_suggestions_free(found);
    wordgru_query_init(&query, sizeof query);
    query.threshold = 1;
    OK(wordgru_session_suggest(session, &query, &found));
    EXPECT(wordgru_suggestions_autocorrect(found, NULL) == NULL);
    wordgru_suggestions_free(found);
    OK(wordgru_session_autocorrect(session, 0.9, &corrected));
    EXPECT(corrected == 1 && strcmp(wordgru_session_text(session, NULL), "I don't") == 0);
    OK(wordgru_session_append(session, TEXT(" know")));
    OK(wordgru_session_undo(session));
    EXPECT(strcmp(wordgru_session_text(session, NULL), "I dont know") == 0);
    OK(wordgru_session_set(session, TEXT("I dont")));
    OK(wordgru_session_autocorrect(session, 0.9, &corrected));
    EXPECT(corrected == 0 && strcmp(wordgru_session_text(session, NULL), "I dont") == 0);
    OK(wordgru_session_corrections(session, NULL, &found));
    EXPECT(strcmp(first(found), "don't") == 0 && wordgru_suggestions_probability(found, 0) > 0.9);
    wordgru_suggestions_free(found);

    OK(wordgru_session_set(session, TEXT("the qzvxq")));
    OK(wordgru_session_corrections(session, NULL, &found));
    int32_t sources = 0;
    for (size_t at = 0; at < wordgru_suggestions_count(found); ++at) {
        if (strcmp(wordgru_suggestions_word(found, at, NULL), "qzvxq") == 0)
            sources = wordgru_suggestions_sources(found, at);
    }
    EXPECT(sources == WORDGRU_FROM_TYPED);
    wordgru_suggestions_free(found);

    OK(wordgru_session_set(session, TEXT("I dont")));
    OK(wordgru_session_save(session, &data, &size));
    wordgru_session_free(session);
    OK(wordgru_session_restore_typing(english, data, size, NULL, &session)); /* it knows of no correction */
    wordgru_data_free(data);
    OK(wordgru_session_autocorrect(session, 0.9, &corrected));
    EXPECT(corrected == 1);
    REFUSED(wordgru_session_touch(session, nan(""), 0, 0), WORDGRU_WRONG_ARGUMENT, "x of the touch is nan");
    REFUSED(wordgru_session_autocorrect(session, 2, NULL), WORDGRU_WRONG_ARGUMENT, "threshold is 2");
    wordgru_session_free(session);

    typing.layout = "phone";
    typing.spread = 0.34;
    OK(wordgru_session_new_typing(english, &typing, &session));
    OK(wordgru_session_append(session, TEXT("thank ")));
    OK(wordgru_session_touch(session, 5.1, 0.2, 0));  /* y */
    OK(wordgru_session_touch(session, 7.9, -0.1, 0)); /* o */
    OK(wordgru_session_touch(session, 7.3, 0.1, 0));  /* i, or u */
    EXPECT(strcmp(wordgru_session_text(session, NULL), "thank yoi") == 0);
    OK(wordgru_session_corrections(session, NULL, &found));
    EXPECT(strcmp(first(found), "you") == 0);
    wordgru_suggestions_free(found);
    OK(wordgru_session_set(session, "", 0));
    OK(wordgru_session_touch(session, 5.1, 0.2, 1));
    EXPECT(strcmp(wordgru_session_text(session, NULL), "Y") == 0);
    wordgru_session_free(session);

    OK(wordgru_session_new(english, &plain));
    REFUSED(wordgru_session_touch(plain, 0, 0, 0), WORDGRU_WRONG_ARGUMENT, "this session has no keyboard");
    REFUSED(wordgru_session_corrections(plain, NULL, &found), WORDGRU_WRONG_ARGUMENT, "has no typing model");
    wordgru_session_free(plain);
    session = NULL;
    typing.layout = "nowhere";
    REFUSED(wordgru_session_new_typing(english, &typing, &session), WORDGRU_WRONG_ARGUMENT, "there is no such layout");
    typing.layout = "\xff";
    REFUSED(wordgru_session_new_typing(english, &typing, &session), WORDGRU_WRONG_ARGUMENT, "is not UTF-8");
    const struct {
        double *place;
        const char *said;
        double usual;
    } fields[] = {
        {&typing.spread, "spread is -1", 0.18},        {&typing.anywhere, "anywhere is -1", 0.0035},
        {&typing.vowel, "vowel is -1", 0.018},         {&typing.sound, "sound is -1", 0.001},
        {&typing.omitted, "omitted is -1", 0.012},     {&typing.undoubled, "undoubled is -1", 0.06},
        {&typing.extra, "extra is -1", 0.0045},        {&typing.doubled, "doubled is -1", 0.003},
        {&typing.swapped, "swapped is -1", 0.006},     {&typing.apostrophe, "apostrophe is -1", 0.3},
        {&typing.accent, "accent is -1", 0.3},         {&typing.lower, "lower is -1", 0.3},
        {&typing.upper, "upper is -1", 0.005},         {&typing.joined, "joined is -1", 0.003},
        {&typing.split, "split is -1", 0.0002},        {&typing.unknown, "unknown is -1", 1e-4},
        {&typing.again, "again is -1", 3e-4},          {&typing.coined, "coined is -1", 3e-4},
        {&typing.name, "name is -1", 0.5},             {&typing.mute, "mute is -1", 0.012},
        {&typing.first, "first is -1", 0.35},          {&typing.careless, "careless is -1", 0.05},
    };
    for (size_t at = 0; at < sizeof fields / sizeof *fields; ++at) {
        wordgru_typing_init(&typing, sizeof typing);
        EXPECT(*fields[at].place == fields[at].usual);
        *fields[at].place = -1;
        REFUSED(wordgru_session_new_typing(english, &typing, &session), WORDGRU_WRONG_ARGUMENT, fields[at].said);
    }
    wordgru_typing_init(&typing, sizeof typing);
    typing.reserved = 1;
    REFUSED(wordgru_session_new_typing(english, &typing, &session), WORDGRU_WRONG_ARGUMENT, "typing.reserved is 1");
    typing.size = 3;
    REFUSED(wordgru_session_new_typing(english, &typing, &session), WORDGRU_WRONG_ARGUMENT, "typing.size is 3");
    EXPECT(session == NULL);
}

/* Offers follow the habits of who types. */
static void check_typist(const wordgru_predictor *english, const char *tiny) {
    wordgru_session *session = NULL;
    wordgru_suggestions *found = NULL;
    wordgru_predictor *predictor = NULL;
    wordgru_load_options options;
    wordgru_typist typist;
    wordgru_typist_init(&typist, sizeof typist);
    EXPECT(typist.size == sizeof typist && typist.capitals == 1 && typist.lone_i == 1 && typist.addresses == 0);
    EXPECT(typist.min_probability == 0);
    OK(wordgru_complete(english, TEXT("and so i"), NULL, &found));
    EXPECT(strcmp(first(found), "I") == 0);
    wordgru_suggestions_free(found);
    OK(wordgru_complete(english, TEXT("write to anna@ex"), NULL, &found));
    EXPECT(wordgru_suggestions_count(found) == 0 && wordgru_suggestions_exact(found) == 0);
    wordgru_suggestions_free(found);

    OK(wordgru_session_new(english, &session));
    OK(wordgru_session_append(session, TEXT("PLEASE CALL ME T")));
    OK(wordgru_session_suggest(session, NULL, &found));
    EXPECT(wordgru_suggestions_count(found) == 3);
    for (size_t at = 0; at < wordgru_suggestions_count(found); ++at) {
        const char *letter = wordgru_suggestions_word(found, at, NULL);
        EXPECT(*letter == 'T');
        for (; *letter; ++letter) EXPECT(*letter < 'a' || *letter > 'z');
    }
    wordgru_suggestions_free(found);
    typist.capitals = 0;
    typist.addresses = 1;
    OK(wordgru_session_typist(session, &typist));
    OK(wordgru_session_set(session, TEXT("write to anna@ex")));
    OK(wordgru_session_suggest(session, NULL, &found));
    EXPECT(wordgru_suggestions_count(found) == 3);
    wordgru_suggestions_free(found);
    OK(wordgru_session_typist(session, NULL));
    OK(wordgru_session_suggest(session, NULL, &found));
    EXPECT(wordgru_suggestions_count(found) == 0);
    wordgru_suggestions_free(found);
    typist.min_probability = 2;
    REFUSED(wordgru_session_typist(session, &typist), WORDGRU_WRONG_ARGUMENT, "min_probability is 2; expected");
    typist.min_probability = 0;
    typist.reserved = 1;
    REFUSED(wordgru_session_typist(session, &typist), WORDGRU_WRONG_ARGUMENT, "typist.reserved is 1; expected 0");
    wordgru_session_free(session);

    wordgru_load_options_init(&options, sizeof options);
    EXPECT(options.typist == NULL);
    options.typist = &typist;
    REFUSED(wordgru_load(tiny, &options, &predictor), WORDGRU_WRONG_ARGUMENT, "typist.reserved is 1; expected 0");
    typist.reserved = 0;
    OK(wordgru_load(tiny, &options, &predictor));
    OK(wordgru_complete(predictor, TEXT("write to anna@ca"), NULL, &found));
    EXPECT(wordgru_suggestions_count(found) == 3);
    wordgru_suggestions_free(found);
    wordgru_predictor_free(predictor);
}

static void check_corrected_text(const wordgru_predictor *english) {
    static const char text[] = "The caf\xc3\xa9 is closed. I dont know waht to say, see teh.py";
    wordgru_corrections *found = NULL;
    OK(wordgru_correct(english, TEXT(text), NULL, 0.9, &found));
    EXPECT(wordgru_corrections_count(found) == 1); /* it is not sure enough of the other */
    wordgru_corrections_free(found);
    OK(wordgru_correct(english, TEXT(text), NULL, 0.5, &found));
    EXPECT(wordgru_corrections_count(found) == 2);
    const char *const words[] = {"don't", "what"}, *const typed[] = {"dont", "waht"};
    for (size_t at = 0; at < 2 && at < wordgru_corrections_count(found); ++at) {
        size_t size = 0;
        const char *word = wordgru_corrections_word(found, at, &size);
        const size_t start = wordgru_corrections_start(found, at), end = wordgru_corrections_end(found, at);
        EXPECT(strcmp(word, words[at]) == 0 && size == strlen(word));
        EXPECT(end - start == 4 && strncmp(text + start, typed[at], 4) == 0);
        EXPECT(wordgru_corrections_probability(found, at) >= 0.5 && wordgru_corrections_probability(found, at) <= 1);
    }
    EXPECT(wordgru_corrections_word(found, 2, NULL) == NULL && wordgru_corrections_end(found, 2) == 0);
    wordgru_corrections_free(found);
    wordgru_typing typing;
    wordgru_typing_init(&typing, sizeof typing);
    OK(wordgru_correct(english, TEXT("See you tomor row at the station."), &typing, 0.9, &found));
    EXPECT(wordgru_corrections_count(found) == 1 && strcmp(wordgru_corrections_word(found, 0, NULL), "tomorrow") == 0);
    wordgru_corrections_free(found);
    typing.split = 0; /* no space is typed inside a word */
    OK(wordgru_correct(english, TEXT("See you tomor row at the station."), &typing, 0.9, &found));
    EXPECT(wordgru_corrections_count(found) == 1 && wordgru_corrections_end(found, 0) == strlen("See you tomor"));
    wordgru_corrections_free(found);
    found = NULL;
    REFUSED(wordgru_correct(english, TEXT("\xff"), NULL, 0.9, &found), WORDGRU_WRONG_ARGUMENT, "is not UTF-8");
    REFUSED(wordgru_correct(english, TEXT("a"), NULL, 1.5, &found), WORDGRU_WRONG_ARGUMENT, "the threshold is 1.5");
    EXPECT(found == NULL);
}

static void check_scored_text(const wordgru_predictor *english, const char *tiny) {
    wordgru_scores *scored = NULL, *other = NULL;
    size_t size = 0;
    OK(wordgru_score(english, TEXT("The caf\xc3\xa9  is closed."), &scored));
    static const char *const texts[] = {"The", "caf\xc3\xa9", "is", "closed", ".", ""};
    static const size_t starts[] = {0, 4, 11, 14, 20, 21};
    EXPECT(wordgru_scores_count(scored) == 6);
    for (size_t at = 0; at < 6 && at < wordgru_scores_count(scored); ++at) {
        const char *text = wordgru_scores_text(scored, at, &size);
        EXPECT(strcmp(text, texts[at]) == 0 && size == strlen(text));
        EXPECT(wordgru_scores_start(scored, at) == starts[at]);
        EXPECT(wordgru_scores_log_probability(scored, at) < 0 && wordgru_scores_log_probability(scored, at) > -99);
    }
    EXPECT(wordgru_scores_text(scored, 6, &size) == NULL && size == 0 && wordgru_scores_start(scored, 6) == 0);
    wordgru_scores_free(scored);
    OK(wordgru_score(english, TEXT("the number of people"), &scored)); /* what is expected is more probable */
    OK(wordgru_score(english, TEXT("the number of spoons"), &other));
    EXPECT(wordgru_scores_log_probability(scored, 2) == wordgru_scores_log_probability(other, 2));
    EXPECT(wordgru_scores_log_probability(scored, 3) > wordgru_scores_log_probability(other, 3));
    wordgru_scores_free(scored);
    wordgru_scores_free(other);
    scored = NULL;
    REFUSED(wordgru_score(english, TEXT("a\xc3"), &scored), WORDGRU_WRONG_ARGUMENT, "is not UTF-8");
    EXPECT(scored == NULL);

    wordgru_predictor *predictor = NULL;
    wordgru_generate_options options;
    char *text = NULL, *again = NULL;
    OK(wordgru_load(tiny, NULL, &predictor));
    wordgru_generate_options_init(&options, sizeof options);
    EXPECT(options.size == sizeof options && options.max_words == 50 && options.temperature == 1);
    EXPECT(options.top_p == 1 && options.seeded == 0);
    options.temperature = 0;
    options.max_words = 6;
    OK(wordgru_generate(predictor, TEXT("the"), &options, &text, &size)); /* as in export/golden/mixture */
    EXPECT(strcmp(text, "n, b f f f fjj") == 0 && size == strlen(text));
    wordgru_data_free(text);
    options.temperature = 1;
    options.seeded = 1;
    options.seed = 7;
    OK(wordgru_generate(predictor, TEXT("the cat "), &options, &text, NULL));
    OK(wordgru_generate(predictor, TEXT("the cat "), &options, &again, NULL));
    EXPECT(strcmp(text, again) == 0);
    wordgru_data_free(again);
    options.seed = 8;
    OK(wordgru_generate(predictor, TEXT("the cat "), &options, &again, NULL));
    EXPECT(strcmp(text, again) != 0);
    wordgru_data_free(text);
    wordgru_data_free(again);
    text = NULL;
    REFUSED(wordgru_generate(predictor, TEXT("\xff"), NULL, &text, NULL), WORDGRU_WRONG_ARGUMENT, "is not UTF-8");
    options.top_p = 0;
    REFUSED(wordgru_generate(predictor, "", 0, &options, &text, NULL), WORDGRU_WRONG_ARGUMENT, "top_p is 0; expected");
    options.top_p = 1;
    options.temperature = -1;
    REFUSED(wordgru_generate(predictor, "", 0, &options, &text, NULL), WORDGRU_WRONG_ARGUMENT, "temperature is -1");
    options.temperature = 1;
    options.max_words = -1;
    REFUSED(wordgru_generate(predictor, "", 0, &options, &text, NULL), WORDGRU_WRONG_ARGUMENT, "max_words is -1");
    options.size = 0;
    REFUSED(wordgru_generate(predictor, "", 0, &options, &text, NULL), WORDGRU_WRONG_ARGUMENT,
            "wordgru_generate_options_init");
    EXPECT(text == NULL);
    wordgru_predictor_free(predictor);
}

static void check_nulls(wordgru_predictor *english) {
    wordgru_predictor *predictor = NULL;
    wordgru_session *session = NULL;
    wordgru_suggestions *found = NULL;
    wordgru_corrections *corrected = NULL;
    wordgru_scores *scored = NULL;
    char *text = NULL;
    void *data = NULL;
    size_t size = 0;
    OK(wordgru_session_new(english, &session));
#define NULLED(call, name) REFUSED(call, WORDGRU_WRONG_ARGUMENT, name " is NULL; expected")
    NULLED(wordgru_load(NULL, NULL, &predictor), "folder");
    NULLED(wordgru_load("x", NULL, NULL), "predictor");
    NULLED(wordgru_add(NULL, TEXT("a"), 1), "predictor");
    NULLED(wordgru_add(english, NULL, 1, 1), "word");
    NULLED(wordgru_add_all(NULL, TEXT("a"), &size), "predictor");
    NULLED(wordgru_add_all(english, NULL, 1, &size), "text");
    NULLED(wordgru_learn(NULL, TEXT("a"), &size), "predictor");
    NULLED(wordgru_forget(NULL, TEXT("a"), &size), "predictor");
    REFUSED(wordgru_forget(english, NULL, WORDGRU_NUL_ENDED, &size), WORDGRU_WRONG_ARGUMENT, "load_options.personal");
    NULLED(wordgru_forget_all(NULL, &size), "predictor");
    NULLED(wordgru_session_characters(NULL, NULL, &found), "session");
    NULLED(wordgru_session_characters(session, NULL, NULL), "characters");
    NULLED(wordgru_personal_save(NULL, "x"), "predictor");
    NULLED(wordgru_personal_read(NULL, "x", &size), "predictor");
    NULLED(wordgru_session_commit(NULL, &size), "session");
    NULLED(wordgru_session_reset(NULL), "session");
    REFUSED(wordgru_learn(english, TEXT("a"), &size), WORDGRU_WRONG_ARGUMENT, "load_options.personal");
    NULLED(wordgru_block(NULL, TEXT("a")), "predictor");
    NULLED(wordgru_block(english, NULL, 1), "word");
    NULLED(wordgru_allow(NULL, TEXT("a")), "predictor");
    NULLED(wordgru_allow(english, NULL, WORDGRU_NUL_ENDED), "word");
    NULLED(wordgru_suggest(NULL, TEXT("a"), NULL, &found), "predictor");
    NULLED(wordgru_suggest(english, NULL, 3, NULL, &found), "context");
    NULLED(wordgru_suggest(english, TEXT("a"), NULL, NULL), "suggestions");
    NULLED(wordgru_complete(NULL, TEXT("a"), NULL, &found), "predictor");
    NULLED(wordgru_complete(english, NULL, WORDGRU_NUL_ENDED, NULL, &found), "text");
    NULLED(wordgru_complete(english, TEXT("a"), NULL, NULL), "suggestions");
    NULLED(wordgru_phrases(NULL, TEXT("a"), 4, 0.1, NULL, &found), "predictor");
    NULLED(wordgru_phrases(english, NULL, 1, 4, 0.1, NULL, &found), "context");
    NULLED(wordgru_phrases(english, TEXT("a"), 4, 0.1, NULL, NULL), "phrases");
    NULLED(wordgru_session_new(NULL, &session), "predictor");
    NULLED(wordgru_session_new(english, NULL), "session");
    NULLED(wordgru_session_copy(NULL, &session), "session");
    NULLED(wordgru_session_copy(session, NULL), "copy");
    NULLED(wordgru_session_append(NULL, TEXT("a")), "session");
    NULLED(wordgru_session_append(session, NULL, 1), "text");
    NULLED(wordgru_session_delete(NULL, 1), "session");
    NULLED(wordgru_session_set(NULL, TEXT("a")), "session");
    NULLED(wordgru_session_set(session, NULL, 1), "text");
    NULLED(wordgru_session_suggest(NULL, NULL, &found), "session");
    NULLED(wordgru_session_suggest(session, NULL, NULL), "suggestions");
    NULLED(wordgru_session_new_typing(NULL, NULL, &session), "predictor");
    NULLED(wordgru_session_new_typing(english, NULL, NULL), "session");
    NULLED(wordgru_session_touch(NULL, 0, 0, 0), "session");
    NULLED(wordgru_session_autocorrect(NULL, 0.9, NULL), "session");
    NULLED(wordgru_session_undo(NULL), "session");
    NULLED(wordgru_session_typist(NULL, NULL), "session");
    NULLED(wordgru_session_corrections(NULL, NULL, &found), "session");
    NULLED(wordgru_session_corrections(session, NULL, NULL), "suggestions");
    NULLED(wordgru_session_restore_typing(NULL, "", 0, NULL, &session), "predictor");
    NULLED(wordgru_session_restore_typing(english, NULL, 1, NULL, &session), "data");
    NULLED(wordgru_session_restore_typing(english, "", 0, NULL, NULL), "session");
    NULLED(wordgru_correct(NULL, TEXT("a"), NULL, 0.9, &corrected), "predictor");
    NULLED(wordgru_correct(english, NULL, 1, NULL, 0.9, &corrected), "text");
    NULLED(wordgru_correct(english, TEXT("a"), NULL, 0.9, NULL), "corrections");
    NULLED(wordgru_score(NULL, TEXT("a"), &scored), "predictor");
    NULLED(wordgru_score(english, NULL, 1, &scored), "text");
    NULLED(wordgru_score(english, TEXT("a"), NULL), "scores");
    NULLED(wordgru_generate(NULL, TEXT("a"), NULL, &text, &size), "predictor");
    NULLED(wordgru_generate(english, NULL, 1, NULL, &text, &size), "context");
    NULLED(wordgru_generate(english, TEXT("a"), NULL, NULL, &size), "text");
    EXPECT(scored == NULL && text == NULL);
    NULLED(wordgru_session_save(NULL, &data, &size), "session");
    NULLED(wordgru_session_save(session, NULL, &size), "data");
    NULLED(wordgru_session_save(session, &data, NULL), "size");
    NULLED(wordgru_session_restore(NULL, "", 0, &session), "predictor");
    NULLED(wordgru_session_restore(english, NULL, 1, &session), "data");
    NULLED(wordgru_session_restore(english, "", 0, NULL), "session");
    EXPECT(predictor == NULL && found == NULL && data == NULL && size == 0 && corrected == NULL);
    size = 1;
    EXPECT(wordgru_suggestions_autocorrect(NULL, &size) == NULL && size == 0);
    size = 1;
    EXPECT(wordgru_corrections_word(NULL, 0, &size) == NULL && size == 0 && wordgru_corrections_count(NULL) == 0);
    EXPECT(wordgru_corrections_start(NULL, 0) == 0 && wordgru_corrections_end(NULL, 0) == 0);
    EXPECT(wordgru_corrections_probability(NULL, 0) == 0);
    wordgru_corrections_free(NULL);
    size = 1;
    EXPECT(wordgru_scores_text(NULL, 0, &size) == NULL && size == 0 && wordgru_scores_count(NULL) == 0);
    EXPECT(wordgru_scores_start(NULL, 0) == 0 && wordgru_scores_log_probability(NULL, 0) == 0);
    wordgru_scores_free(NULL);
    wordgru_generate_options_init(NULL, 0);
    wordgru_typist_init(NULL, 0);
    wordgru_typing_init(NULL, 0);
    size = 1;
    EXPECT(wordgru_session_text(NULL, &size) == NULL && size == 0);
    EXPECT(wordgru_suggestions_count(NULL) == 0 && wordgru_suggestions_word(NULL, 0, NULL) == NULL);
    EXPECT(wordgru_suggestions_probability(NULL, 0) == 0 && wordgru_suggestions_unexplored(NULL) == 0);
    EXPECT(wordgru_suggestions_sources(NULL, 0) == 0 && wordgru_suggestions_exact(NULL) == 0);
    EXPECT(wordgru_suggestions_space(NULL) == 0 && wordgru_suggestions_end(NULL) == 0);
    wordgru_query_init(NULL, 0);
    wordgru_load_options_init(NULL, 0);
    wordgru_predictor_free(NULL);
    wordgru_session_free(NULL);
    wordgru_suggestions_free(NULL);
    wordgru_data_free(NULL);
    wordgru_session_free(session);
}

static void check_faults(wordgru_predictor *english, const char *tiny) {
    wordgru_predictor *predictor = NULL;
    wordgru_session *session = NULL;
    wordgru_suggestions *found = NULL;
    wordgru_load_options options;
    wordgru_query query;
    REFUSED(wordgru_load("nowhere", NULL, &predictor), WORDGRU_WRONG_BUNDLE, "nowhere: no such folder");
    REFUSED(wordgru_load("", NULL, &predictor), WORDGRU_WRONG_BUNDLE, "expected");
    REFUSED(wordgru_load("/dev/null", NULL, &predictor), WORDGRU_WRONG_BUNDLE, "is a file");
    wordgru_load_options_init(&options, sizeof options);
    EXPECT(options.threads == 1 && options.block_words == 1);
    options.threads = 0;
    REFUSED(wordgru_load(tiny, &options, &predictor), WORDGRU_WRONG_ARGUMENT, "threads is 0; expected");
    options.size = 0;
    REFUSED(wordgru_load(tiny, &options, &predictor), WORDGRU_WRONG_ARGUMENT, "wordgru_load_options_init");
    EXPECT(predictor == NULL);

    const char *const broken[] = {"\xff", "a\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\x80"};
    OK(wordgru_session_new(english, &session));
    OK(wordgru_session_set(session, TEXT("kept")));
    for (size_t i = 0; i < sizeof broken / sizeof *broken; ++i) {
        const size_t size = strlen(broken[i]);
        REFUSED(wordgru_suggest(english, broken[i], size, NULL, &found), WORDGRU_WRONG_ARGUMENT, "is not UTF-8");
        REFUSED(wordgru_complete(english, broken[i], size, NULL, &found), WORDGRU_WRONG_ARGUMENT, "is not UTF-8");
        REFUSED(wordgru_session_append(session, broken[i], size), WORDGRU_WRONG_ARGUMENT, "is not UTF-8");
        REFUSED(wordgru_session_set(session, broken[i], size), WORDGRU_WRONG_ARGUMENT, "is not UTF-8");
        REFUSED(wordgru_block(english, broken[i], size), WORDGRU_WRONG_ARGUMENT, "is not UTF-8");
        wordgru_query_init(&query, sizeof query);
        query.prefix = broken[i];
        query.prefix_size = size;
        REFUSED(wordgru_suggest(english, "", 0, &query, &found), WORDGRU_WRONG_ARGUMENT, "is not UTF-8");
    }
    EXPECT(strcmp(wordgru_session_text(session, NULL), "kept") == 0); /* what was refused changed nothing */
    REFUSED(wordgru_session_delete(session, -1), WORDGRU_WRONG_ARGUMENT, "count is -1; expected");
    wordgru_session_free(session);
    REFUSED(wordgru_block(english, TEXT("two words")), WORDGRU_WRONG_ARGUMENT, "is not one word; expected");
    REFUSED(wordgru_block(english, TEXT("a\0\r\xe2\x80\xa8z")), WORDGRU_WRONG_ARGUMENT, "is not one word; expected");
    REFUSED(wordgru_load("no\xffwhere", NULL, &predictor), WORDGRU_WRONG_BUNDLE, "no\xef\xbf\xbdwhere: no such folder");
    char *const lengthy = malloc(1000000); /* what a message quotes is shortened, and it ends as others do */
    EXPECT(lengthy != NULL);
    memset(lengthy, '-', 1000000);
    REFUSED(wordgru_block(english, lengthy, 1000000), WORDGRU_WRONG_ARGUMENT, "is not one word; expected");
    EXPECT(strlen(wordgru_message()) < 1100);
    free(lengthy);
    REFUSED(wordgru_allow(english, TEXT("")), WORDGRU_WRONG_ARGUMENT, "is not one word; expected");

#define WRONG(change, says)                                                                              \
    do {                                                                                                 \
        wordgru_query_init(&query, sizeof query);                                                        \
        query.change;                                                                                    \
        REFUSED(wordgru_suggest(english, "", 0, &query, &found), WORDGRU_WRONG_ARGUMENT, says); \
    } while (0)
    WRONG(k = 0, "k is 0; expected");
    WRONG(k = 257, "k is 257; expected");
    WRONG(tolerance = -1, "tolerance is -1; expected");
    WRONG(tolerance = NAN, "tolerance is ");
    WRONG(max_seconds = -1, "max_seconds is -1; expected");
    WRONG(max_rows = 0, "max_rows is 0; expected");
    WRONG(batch = 0, "batch is 0; expected");
    WRONG(attention = 1, "attention is 1; expected");
    WRONG(prefix = "two words", "is no beginning of a word");
    WRONG(size = 0, "wordgru_query_init");
    WRONG(reserved = 1, "query.reserved is 1; expected 0");
    REFUSED(wordgru_phrases(english, "", 0, 0, 0.1, NULL, &found), WORDGRU_WRONG_ARGUMENT, "max_words is 0; expected");
    REFUSED(wordgru_phrases(english, "", 0, 4, 2, NULL, &found), WORDGRU_WRONG_ARGUMENT, "threshold is 2; expected");
    EXPECT(found == NULL);

    /* a program built with an older header, or a newer one */
    struct {
        wordgru_query query;
        double later;
    } newer;
    wordgru_query_init(&newer.query, sizeof newer);
    EXPECT(newer.query.size == sizeof newer && newer.later == 0);
    OK(wordgru_suggest(english, "", 0, &newer.query, &found));
    wordgru_suggestions_free(found);
    found = NULL;
    newer.later = 1;
    REFUSED(wordgru_suggest(english, "", 0, &newer.query, &found), WORDGRU_WRONG_ARGUMENT, "Upgrade the library");
    wordgru_query_init(&query, offsetof(wordgru_query, max_seconds)); /* all after it has its default */
    query.tolerance = 0.01;
    memset(&query.max_seconds, 0xff, sizeof query - offsetof(wordgru_query, max_seconds));
    OK(wordgru_suggest(english, "", 0, &query, &found));
    EXPECT(wordgru_suggestions_count(found) == 3);
    wordgru_suggestions_free(found);
}

static void check_lifetimes(const char *tiny) {
    wordgru_predictor *predictor = NULL;
    wordgru_session *session = NULL;
    wordgru_suggestions *found = NULL;
    OK(wordgru_load(tiny, NULL, &predictor));
    OK(wordgru_session_new(predictor, &session));
    wordgru_predictor_free(predictor); /* the session goes on */
    OK(wordgru_session_append(session, TEXT("the ")));
    OK(wordgru_session_suggest(session, NULL, &found));
    wordgru_session_free(session); /* and the answer */
    EXPECT(wordgru_suggestions_count(found) == 3);
    wordgru_suggestions_free(found);
}

static const char *const kTexts[] = {"the num", "He was", "", "The old man had put the k"};

/* A thread with a session of its own, and a message of its own. */
static void *type(void *predictor) {
    for (int again = 0; again < 8; ++again) {
        wordgru_session *session = NULL;
        wordgru_suggestions *found = NULL, *whole = NULL;
        const char *const text = kTexts[again % 4];
        char says[64];
        snprintf(says, sizeof says, "count is -%d; ", again + 1);
        OK(wordgru_session_new(predictor, &session));
        for (const char *letter = text; *letter; ++letter) {
            OK(wordgru_session_append(session, letter, 1));
            OK(wordgru_session_suggest(session, NULL, &found));
            wordgru_suggestions_free(found);
        }
        REFUSED(wordgru_session_delete(session, -again - 1), WORDGRU_WRONG_ARGUMENT, says);
        OK(wordgru_session_suggest(session, NULL, &found));
        OK(wordgru_complete(predictor, text, WORDGRU_NUL_ENDED, NULL, &whole));
        EXPECT(strcmp(first(found), first(whole)) == 0);
        wordgru_suggestions_free(found);
        wordgru_suggestions_free(whole);
        wordgru_session_free(session);
    }
    return NULL;
}

static void check_threads(wordgru_predictor *english) {
    pthread_t threads[4];
    for (int i = 0; i < 4; ++i) EXPECT(pthread_create(&threads[i], NULL, type, english) == 0);
    for (int i = 0; i < 4; ++i) pthread_join(threads[i], NULL);
}

int main(int count, char **arguments) {
    wordgru_predictor *english = NULL;
    if (count != 3) return fprintf(stderr, "usage: test_wordgru ENGLISH TINY\n"), 2;
    EXPECT(wordgru_abi() == WORDGRU_ABI && strlen(wordgru_version()) >= 5 && strcmp(wordgru_message(), "") == 0);
    OK(wordgru_load(arguments[1], NULL, &english));
    if (english) {
        check_answers(english);
        check_sessions(english);
        check_typing(english);
        check_corrected_text(english);
        check_typist(english, arguments[2]);
        check_scored_text(english, arguments[2]);
        check_words(arguments[2]);
        check_nulls(english);
        check_faults(english, arguments[2]);
        check_threads(english);
        wordgru_predictor_free(english);
    }
    check_lifetimes(arguments[2]);
    if (!failed) printf("all held\n");
    return failed != 0;
}
