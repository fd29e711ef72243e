/*
 * wordgru in C: the next word, exactly, from a bundle written by `wordgru export`.
 *
 * Texts are UTF-8, each with its number of bytes; WORDGRU_NUL_ENDED stands for "up to the NUL". A character is a code
 * point. Every call that can fail returns a status and leaves what it would have made untouched; wordgru_message() then
 * says in one line what was wrong, what was expected and what to do. Nothing is thrown, and a handle that is NULL is
 * refused like any other wrong argument.
 *
 * Threads: a predictor may be used by many threads at once. A session, and an answer, is for one thread at a time;
 * different sessions of one predictor may be used at once. Nothing may be used while, or after, it is freed; but
 * sessions and answers live on when the predictor is freed. wordgru_message() is of the calling thread: ask in the
 * thread that made the call (in Go, between runtime.LockOSThread and runtime.UnlockOSThread).
 */
#ifndef WORDGRU_H
#define WORDGRU_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32) && defined(WORDGRU_BUILD)
#define WORDGRU_API __declspec(dllexport)
#elif defined(_WIN32)
#define WORDGRU_API __declspec(dllimport)
#else
#define WORDGRU_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The binary interface that this header describes; wordgru_abi() gives the library's. What is added to it later leaves
 * this number as it is: structs say their size, and new functions have new names. */
#define WORDGRU_ABI 1

/* In place of a text's number of bytes: the text ends at its first NUL. */
#define WORDGRU_NUL_ENDED ((size_t)-1)

typedef struct wordgru_predictor wordgru_predictor;     /* a bundle, loaded */
typedef struct wordgru_session wordgru_session;         /* one text field */
typedef struct wordgru_suggestions wordgru_suggestions; /* an answer */

/* How a call ended. */
typedef int32_t wordgru_status;
enum {
    WORDGRU_OK = 0,
    WORDGRU_WRONG_ARGUMENT = 1, /* a text, a number, a handle or saved data is not what was expected */
    WORDGRU_WRONG_BUNDLE = 2,   /* a bundle is missing, broken, foreign, or newer than this library */
    WORDGRU_NO_MEMORY = 3,      /* there is not enough memory */
    WORDGRU_INTERNAL = 4        /* a fault of wordgru's own, or of onnxruntime's */
};

/* What the latest call of this thread that failed has to say; "" if none did. Good until the next call that fails. */
WORDGRU_API const char *wordgru_message(void);

/* The version of wordgru, as "0.1.0". */
WORDGRU_API const char *wordgru_version(void);

/* The binary interface of the library; it is WORDGRU_ABI if this header goes with it. */
WORDGRU_API int32_t wordgru_abi(void);

/* -- a bundle ----------------------------------------------------------------------------------------------------- */

/* The habits of who types, which offers follow. */
typedef struct wordgru_typist {
    size_t size;            /* of this struct */
    double min_probability; /* less probable words are not offered; 0 */
    int32_t capitals;       /* who writes in capitals is offered words in capitals; 1 */
    int32_t lone_i;         /* in English the word "i" is offered as "I", unless the text writes it small; 1 */
    int32_t addresses;      /* offer words inside e-mail addresses, web addresses and paths; 0 */
    int32_t reserved;       /* 0 */
} wordgru_typist;

/* Set the defaults. `size` is sizeof *typist. */
WORDGRU_API void wordgru_typist_init(wordgru_typist *typist, size_t size);

/* How a bundle is loaded. */
typedef struct wordgru_load_options {
    size_t size;         /* of this struct */
    int32_t threads;     /* cores that one call may use, 1 to 256; 1 */
    int32_t block_words; /* never offer the words of the bundle's blocked.txt; 1 */
    int32_t personal;    /* keep what the person writes, in memory, and offer it; 0 */
    int32_t reserved;    /* 0 */
    const wordgru_typist *typist; /* habits that offers follow in all sessions, unless they are told others; NULL */
} wordgru_load_options;

/* Set the defaults. `size` is sizeof *options. */
WORDGRU_API void wordgru_load_options_init(wordgru_load_options *options, size_t size);

/* Load the bundle in a folder, whose name ends at its NUL. `options` may be NULL: the defaults. */
WORDGRU_API wordgru_status wordgru_load(const char *folder, const wordgru_load_options *options,
                                        wordgru_predictor **predictor);

/* Free a predictor; its sessions go on. NULL is no fault, here as in the other functions that free. */
WORDGRU_API void wordgru_predictor_free(wordgru_predictor *predictor);

/* -- words of a field, and of a person ---------------------------------------------------------------------------- */

/* Offer a word as if it were written `weight` times more often in 10,000 words; 0 takes it off the list. This and what
 * follows counts from the next question on, in all sessions of the predictor. */
WORDGRU_API wordgru_status wordgru_add(wordgru_predictor *predictor, const char *word, size_t size, double weight);

/* Add the words of a glossary's text: one a line, if you wish with a tab and a weight. `count`, if it is not NULL,
 * becomes how many; if a line is no word none of it is added. */
WORDGRU_API wordgru_status wordgru_add_all(wordgru_predictor *predictor, const char *text, size_t size, size_t *count);

/* Never offer a word, in whatever case and with either apostrophe; it can still be typed. */
WORDGRU_API wordgru_status wordgru_block(wordgru_predictor *predictor, const char *word, size_t size);

/* Take a word off those that are never offered, those of the bundle too. */
WORDGRU_API wordgru_status wordgru_allow(wordgru_predictor *predictor, const char *word, size_t size);

/* Learn a text that the person has written and sent. `count`, if it is not NULL, becomes how many words. Addresses,
 * long numbers and what looks like a key are left out. What follows needs load_options.personal. */
WORDGRU_API wordgru_status wordgru_learn(wordgru_predictor *predictor, const char *text, size_t size, size_t *count);

/* Forget a word, in every case, or everything. `count`, if it is not NULL, becomes how many entries. */
WORDGRU_API wordgru_status wordgru_forget(wordgru_predictor *predictor, const char *word, size_t size, size_t *count);
WORDGRU_API wordgru_status wordgru_forget_all(wordgru_predictor *predictor, size_t *count);

/* Write what was learnt into a file, or add that of a file, whose name ends at its NUL. Python and JavaScript read and
 * write such files too. */
WORDGRU_API wordgru_status wordgru_personal_save(const wordgru_predictor *predictor, const char *file);
WORDGRU_API wordgru_status wordgru_personal_read(wordgru_predictor *predictor, const char *file, size_t *count);

/* -- questions and answers ---------------------------------------------------------------------------------------- */

/* What is asked of a text. */
typedef struct wordgru_query {
    size_t size;         /* of this struct */
    const char *prefix;  /* letters of the next word that are not in the text. NULL: in a session the unfinished last
                          * word of the text is the prefix; wordgru_suggest takes none */
    size_t prefix_size;  /* its bytes; WORDGRU_NUL_ENDED */
    double tolerance;    /* share of what agrees with the letters by which a probability may be short; 0.003 */
    double max_seconds;  /* time to take at most; 0: as long as it takes */
    double attention;    /* in a session: words that were offered for fewer letters of this word, and passed over, give
                          * way; P(types on | word meant and offered) = 1 - attention; 0 */
    int32_t k;           /* how many words, 1 to 256; 3 */
    int32_t max_rows;    /* rows of the model to ask for at most; 64 */
    int32_t batch;       /* rows asked for in one call of the model at most; 8 */
    int32_t ignore_case; /* letters typed match those of either case; 0 */
    int32_t punctuation; /* offer marks and emoji too; 0 */
    int32_t reserved;    /* 0 */
    double threshold;    /* in a session with a typing model: how probable a correction must be; 0.9 */
} wordgru_query;

/* Set the defaults. `size` is sizeof *query. */
WORDGRU_API void wordgru_query_init(wordgru_query *query, size_t size);

/* The most probable words after a text. `query` may be NULL, the defaults. Free the answer with
 * wordgru_suggestions_free. */
WORDGRU_API wordgru_status wordgru_suggest(const wordgru_predictor *predictor, const char *context, size_t size,
                                           const wordgru_query *query, wordgru_suggestions **suggestions);

/* What the unfinished last word of a text may become. The query's prefix is not looked at. */
WORDGRU_API wordgru_status wordgru_complete(const wordgru_predictor *predictor, const char *text, size_t size,
                                            const wordgru_query *query, wordgru_suggestions **suggestions);

/* Several words ahead, as an answer whose words are phrases; `exact` and what follows it say nothing of them. Longer ones
 * come only while their probability stays above `threshold`, 0 to 1 (0.05 is usual), up to `max_words` words (4). The
 * query's prefix is not looked at. */
WORDGRU_API wordgru_status wordgru_phrases(const wordgru_predictor *predictor, const char *context, size_t size,
                                           int32_t max_words, double threshold, const wordgru_query *query,
                                           wordgru_suggestions **phrases);

/* How many words there are: at most k; 0 for NULL. */
WORDGRU_API size_t wordgru_suggestions_count(const wordgru_suggestions *suggestions);

/* The word at `index`, the most probable at 0, and if `size` is not NULL its bytes; it ends with a NUL. It lives as
 * long as the answer. NULL where there is none. */
WORDGRU_API const char *wordgru_suggestions_word(const wordgru_suggestions *suggestions, size_t index, size_t *size);

/* P(word | text, letters typed), short of the truth by at most the tolerance; 0 where there is no word. */
WORDGRU_API double wordgru_suggestions_probability(const wordgru_suggestions *suggestions, size_t index);

/* Who gives a tenth of the word's probability or more, a sum of these; 0 where there is no word. */
enum { WORDGRU_FROM_MODEL = 1, WORDGRU_FROM_PERSONAL = 2, WORDGRU_FROM_GLOSSARY = 4, WORDGRU_FROM_TYPED = 8 };
WORDGRU_API int32_t wordgru_suggestions_sources(const wordgru_suggestions *suggestions, size_t index);

/* 1 if it is proved that these are the most probable words, in this order. */
WORDGRU_API int32_t wordgru_suggestions_exact(const wordgru_suggestions *suggestions);

/* 1 if a space is missing between the text and these words. */
WORDGRU_API int32_t wordgru_suggestions_space(const wordgru_suggestions *suggestions);

/* Share of what agrees with the letters typed that lies in spellings not looked into. */
WORDGRU_API double wordgru_suggestions_unexplored(const wordgru_suggestions *suggestions);

/* In a session with a typing model: what stands in the place of the letters typed if the word ends here, and if `size` is
 * not NULL its bytes; it ends with a NUL and lives as long as the answer. NULL where the letters stay. */
WORDGRU_API const char *wordgru_suggestions_autocorrect(const wordgru_suggestions *suggestions, size_t *size);

/* P(the word ends here), of an answer that wordgru_session_characters gave; 0 of others. */
WORDGRU_API double wordgru_suggestions_end(const wordgru_suggestions *suggestions);

WORDGRU_API void wordgru_suggestions_free(wordgru_suggestions *suggestions);

/* -- a text field ------------------------------------------------------------------------------------------------- */

/* A text field of its own, empty: what is typed into it is read once. */
WORDGRU_API wordgru_status wordgru_session_new(const wordgru_predictor *predictor, wordgru_session **session);

/* How somebody types: the probability of each slip where it can happen. docs/typing.md says more. */
typedef struct wordgru_typing {
    size_t size;        /* of this struct */
    const char *layout; /* the keyboard, ending at its NUL: azerty, dvorak, phone, qwerty, qwertz, or the path of a JSON
                         * file; NULL: qwerty */
    double spread;      /* of the finger around a key's centre, its standard deviation in key widths, 0 to 5; 0.18 */
    double anywhere;    /* that a letter is typed as any other key; this and what follows from 0 to below 1; 0.0035 */
    double vowel;       /* that a vowel is spelled as another one; 0.018 */
    double sound;       /* that a consonant is spelled as each one that may sound like it; 0.001 */
    double omitted;     /* that a character is left out; 0.012 */
    double mute;        /* that a vowel, h or w is, which may not be heard; 0.012 */
    double undoubled;   /* that the second of two equal characters is left out; 0.06 */
    double extra;       /* that a letter too many is typed after a character; 0.0045 */
    double doubled;     /* that it is the one before once more; 0.003 */
    double swapped;     /* that two characters change places; 0.006 */
    double apostrophe;  /* that an apostrophe or hyphen inside the word is left out; 0.3 */
    double accent;      /* that a letter is typed without its accent; 0.3 */
    double lower;       /* that a capital is typed as a small letter; 0.3 */
    double upper;       /* that a small letter is typed as a capital; 0.005 */
    double joined;      /* that the space before another word is left out; once in what was typed; 0.003 */
    double split;       /* that a space is typed after a character inside the word; 0.0002 */
    double unknown;     /* that the next word is one which no model knows; 0.0001 */
    double again;       /* that it is one which was written before in the text, for each time; 0.0003 */
    double coined;      /* that a word which the model expects and the language does not know was meant so; 0.0003 */
    double name;        /* that one with a capital was; 0.5 */
    double first;       /* what slips are worth at the first letter, of what they are elsewhere; 0.35 */
    double careless;    /* that a word typed in full is spelled carelessly, or by ear, with more slips; 0.05 */
    int32_t reserved;   /* 0 */
} wordgru_typing;

/* Set the defaults. `size` is sizeof *typing. */
WORDGRU_API void wordgru_typing_init(wordgru_typing *typing, size_t size);

/* A session that sees through slips of the finger: its words are those that were most probably meant by the letters
 * typed. `typing` may be NULL, the defaults. Copies of it do so too. */
WORDGRU_API wordgru_status wordgru_session_new_typing(const wordgru_predictor *predictor, const wordgru_typing *typing,
                                                      wordgru_session **session);

/* Follow other habits from now on. `typist` may be NULL: the defaults. Copies do so too; what is saved does not say. */
WORDGRU_API wordgru_status wordgru_session_typist(wordgru_session *session, const wordgru_typist *typist);

/* A session with the same text that goes its own way. */
WORDGRU_API wordgru_status wordgru_session_copy(const wordgru_session *session, wordgru_session **copy);

WORDGRU_API void wordgru_session_free(wordgru_session *session);

/* Type at the end. */
WORDGRU_API wordgru_status wordgru_session_append(wordgru_session *session, const char *text, size_t size);

/* Delete the last `count` characters: backspace. */
WORDGRU_API wordgru_status wordgru_session_delete(wordgru_session *session, int32_t count);

/* Touch the keyboard of a session with a typing model: the letter of the nearest key is typed, and which others it may be
 * is remembered. In key widths from the centre of the first key, y downwards; `capital` is 1 if its capital is typed,
 * else 0. */
WORDGRU_API wordgru_status wordgru_session_touch(wordgru_session *session, double x, double y, int32_t capital);

/* Put the word that was meant in place of the letters typed, if it is so probable (0 to 1; 0.9 is usual). `corrected`, if
 * it is not NULL, becomes 1 if there was one, else 0. */
WORDGRU_API wordgru_status wordgru_session_autocorrect(wordgru_session *session, double threshold, int32_t *corrected);

/* Take the last correction back; the word typed is not corrected again in this field. What was typed since stays. Where
 * there was none, or the text before it has changed, nothing happens. */
WORDGRU_API wordgru_status wordgru_session_undo(wordgru_session *session);

/* What was meant by the unfinished last word if it ends here, what was typed included; the session has a typing model. Of
 * the query, prefix, attention and threshold are not looked at. */
WORDGRU_API wordgru_status wordgru_session_corrections(wordgru_session *session, const wordgru_query *query,
                                                       wordgru_suggestions **suggestions);

/* Make a text what stands before the cursor: any edit, paste or move of the cursor. */
WORDGRU_API wordgru_status wordgru_session_set(wordgru_session *session, const char *text, size_t size);

/* The text of the field up to the cursor, and if `size` is not NULL its bytes; it ends with a NUL. Good until the next
 * call with this session. NULL for NULL. */
WORDGRU_API const char *wordgru_session_text(const wordgru_session *session, size_t *size);

/* The most probable words at the cursor. */
WORDGRU_API wordgru_status wordgru_session_suggest(wordgru_session *session, const wordgru_query *query,
                                                   wordgru_suggestions **suggestions);

/* The next character, for scanning keyboards and Dasher, as an answer whose words are single characters: what may go on
 * with the unfinished last word, or begin the next, where a space that is missing before it is implied. All are there,
 * whatever `k` is; their probabilities and wordgru_suggestions_end sum to 1. Tolerance and budgets of the query count. */
WORDGRU_API wordgru_status wordgru_session_characters(wordgru_session *session, const wordgru_query *query,
                                                      wordgru_suggestions **characters);

/* Learn what stands in the field: call it when the text is sent, or the field left. `count`, if it is not NULL, becomes
 * how many words. Called again after a correction, what was learnt of the field before is taken back. Without
 * load_options.personal nothing happens. */
WORDGRU_API wordgru_status wordgru_session_commit(wordgru_session *session, size_t *count);

/* Empty the field for a new text, which takes nothing back. */
WORDGRU_API wordgru_status wordgru_session_reset(wordgru_session *session);

/* The session as a few kilobytes, for the same bundle on a machine of the same byte order. Free them with
 * wordgru_data_free. */
WORDGRU_API wordgru_status wordgru_session_save(wordgru_session *session, void **data, size_t *size);

/* The session that was saved. */
WORDGRU_API wordgru_status wordgru_session_restore(const wordgru_predictor *predictor, const void *data, size_t size,
                                                   wordgru_session **session);

/* The same with a typing model; NULL: the defaults. What was touched and corrected is not saved. */
WORDGRU_API wordgru_status wordgru_session_restore_typing(const wordgru_predictor *predictor, const void *data,
                                                          size_t size, const wordgru_typing *typing,
                                                          wordgru_session **session);

/* Free what wordgru_session_save or wordgru_generate gave. */
WORDGRU_API void wordgru_data_free(void *data);

/* -- a text corrected --------------------------------------------------------------------------------------------- */

typedef struct wordgru_corrections wordgru_corrections; /* the words of a text that were meant otherwise */

/* The words of a text that were meant otherwise, in order: each by what stands before it, then by what follows. Numbers,
 * code, addresses, case, words in capitals and what stands beside marks of code are left alone. `typing` may be NULL, the
 * defaults; `threshold` is how probable a correction must be (0 to 1; 0.9 is usual). Free the answer with
 * wordgru_corrections_free. */
WORDGRU_API wordgru_status wordgru_correct(const wordgru_predictor *predictor, const char *text, size_t size,
                                           const wordgru_typing *typing, double threshold,
                                           wordgru_corrections **corrections);

/* How many there are; 0 for NULL. */
WORDGRU_API size_t wordgru_corrections_count(const wordgru_corrections *corrections);

/* Where the word at `index` begins in the text and ends, in bytes; 0 where there is none. */
WORDGRU_API size_t wordgru_corrections_start(const wordgru_corrections *corrections, size_t index);
WORDGRU_API size_t wordgru_corrections_end(const wordgru_corrections *corrections, size_t index);

/* What stands in its place, and if `size` is not NULL its bytes; it ends with a NUL and lives as long as the answer. NULL
 * where there is none. */
WORDGRU_API const char *wordgru_corrections_word(const wordgru_corrections *corrections, size_t index, size_t *size);

/* That this was meant; 0 where there is none. */
WORDGRU_API double wordgru_corrections_probability(const wordgru_corrections *corrections, size_t index);

WORDGRU_API void wordgru_corrections_free(wordgru_corrections *corrections);

/* -- a text scored, and text that goes on ------------------------------------------------------------------------- */

typedef struct wordgru_scores wordgru_scores; /* how expected the words and marks of a text are */

/* How expected each word and mark of a text is, and last the text's end. Free the answer with wordgru_scores_free. */
WORDGRU_API wordgru_status wordgru_score(const wordgru_predictor *predictor, const char *text, size_t size,
                                         wordgru_scores **scores);

/* How many there are, the end of the text among them; 0 for NULL. */
WORDGRU_API size_t wordgru_scores_count(const wordgru_scores *scores);

/* The word or mark at `index`, "" for the end of the text, and if `size` is not NULL its bytes; it ends with a NUL and
 * lives as long as the answer. NULL where there is none. */
WORDGRU_API const char *wordgru_scores_text(const wordgru_scores *scores, size_t index, size_t *size);

/* Where it begins in the text, in bytes; 0 where there is none. */
WORDGRU_API size_t wordgru_scores_start(const wordgru_scores *scores, size_t index);

/* Its log-probability given all that stands before it, in nats: all of them sum to the text's. 0 where there is none. */
WORDGRU_API double wordgru_scores_log_probability(const wordgru_scores *scores, size_t index);

WORDGRU_API void wordgru_scores_free(wordgru_scores *scores);

/* How text is drawn. */
typedef struct wordgru_generate_options {
    size_t size;        /* of this struct */
    double temperature; /* below 1 more probable tokens, above 1 less; 0 always the most probable; 1 */
    double top_p;       /* only the most probable tokens whose probabilities reach this sum; 1 */
    uint64_t seed;      /* where `seeded` is 1: the same seed gives the same text */
    int32_t max_words;  /* words to draw at most; the text may end earlier; 50 */
    int32_t seeded;     /* 0: every call draws another text; 0 */
    int32_t reserved;   /* 0 */
} wordgru_generate_options;

/* Set the defaults. `size` is sizeof *options. */
WORDGRU_API void wordgru_generate_options_init(wordgru_generate_options *options, size_t size);

/* Text that goes on from `context`, which is not repeated, drawn from the model. The context may be cut anywhere: its last
 * word is taken as unfinished, and drawn among those that it may become. `options` may be NULL: the defaults. `text` ends
 * with a NUL; `text_size`, if it is not NULL, becomes its bytes. Free it with wordgru_data_free. */
WORDGRU_API wordgru_status wordgru_generate(const wordgru_predictor *predictor, const char *context, size_t size,
                                            const wordgru_generate_options *options, char **text, size_t *text_size);

#ifdef __cplusplus
}
#endif

#endif
