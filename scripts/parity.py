"""Write the table of what each language and each place can do into export/README.md, from the tests that prove it.

A cell is a ✓ where a test is named here, and that test is still there. `tests/runtime/test_parity.py` fails where one
is gone, or the table is not what this script writes.

    python scripts/parity.py
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "export" / "README.md"
BEGIN, END = "<!-- scripts/parity.py writes what follows -->\n", "<!-- to here -->"

_FILES = {
    "py": "tests/runtime/test_predictor.py", "session": "tests/runtime/test_session.py",
    "personal": "tests/runtime/test_personal.py", "list": "tests/runtime/test_word_list.py",
    "typing": "tests/runtime/test_typing_field.py", "typing-search": "tests/runtime/test_typing_search.py",
    "mixture": "tests/runtime/test_mixture.py",
    "cases": "tests/runtime/test_cases.py", "finger": "tests/runtime/test_finger.py",
    "golden-py": "tests/runtime/test_reference.py", "golden-ts": "export/node/tests/golden.test.ts",
    "typing-ts": "export/node/tests/typing.test.ts", "typist-ts": "export/node/tests/typist.test.ts",
    "phone": "export/web/tests/phone.test.ts",
    "ts": "export/node/tests/predictor.test.ts", "sources-ts": "export/node/tests/sources.test.ts",
    "mixture-ts": "export/node/tests/mixture.test.ts", "field": "export/web/tests/field_offers.test.ts",
    "examples": "export/web/tests/examples.test.ts",
    "golden-cpp": "export/cpp/tests/golden.cpp", "cpp": "export/cpp/tests/sources.cpp",
    "typing-cpp": "export/cpp/tests/typing.cpp", "c": "export/c/tests/test.c",
    "http": "tests/serving/test_serve_http.py", "socket": "tests/serving/test_serve_sockets.py",
    "openai": "tests/serving/test_serve_openai.py", "lsp": "tests/serving/test_lsp.py",
    "type": "tests/serving/test_type.py", "page": "export/web/tests/page.test.ts",
    "golden-wasm": "export/web/tests/golden.browser.ts",
}  # fmt: skip

LANGUAGES = ("Python", "TypeScript", "C++", "C")
PLACES = ("HTTP", "WebSocket", "editors", "terminal", "page")


@dataclass(frozen=True)
class Feature:
    """Something that can be done.

    Attributes:
        name: as the table says it.
        proofs: of a language or place, the test that proves it: a key of `_FILES`, a colon, and words in that file.
    """

    name: str
    proofs: Mapping[str, str]


FEATURES = (
    Feature("the next word, with proof", {
        "Python": "golden-py:test_words_probabilities_and_proofs_are_those_of_the_vectors",
        "TypeScript": "golden-ts:golden vectors of", "C++": 'golden-cpp:vectors_.at("suggest")',
        "C": "c:wordgru_suggestions_exact(found) == 1", "HTTP": "http:predictor.suggest(text).words",
        "WebSocket": "socket:test_random_edits_give_what_one_shot_gives",
        "editors": "lsp:test_words_are_offered_as_the_package_offers_them",
        "terminal": "type:test_the_next_word_is_offered_after_one_was_taken", "page": "page:offers three words",
    }),
    Feature("the rest of an unfinished word", {
        "Python": "py:test_completions_begin_as_typed", "TypeScript": "ts:takes letters given apart",
        "C++": 'golden-cpp:vectors_.at("complete")', "C": 'c:strcmp(first(found), "number") == 0',
        "HTTP": "http:test_a_text_that_goes_on_letter_by_letter", "WebSocket": "socket:test_edits_are_answered",
        "editors": "lsp:test_edits_anywhere_leave_the_server_with_the_same_text",
        "terminal": "type:test_in_a_pipe_each_line_is_completed", "page": "page:takes a word by Tab",
    }),
    Feature("either case; marks and emoji", {
        "Python": "py:test_punctuation_is_offered_when_asked", "TypeScript": "ts:offers marks if asked",
        "C++": 'golden-cpp:query.options.punctuation = each.value("punctuation"', "C": "c:query.ignore_case = 1",
        "HTTP": "http:test_options_and_glossaries_are_heeded", "WebSocket": 'socket:"punctuation": True',
    }),
    Feature("a field that is read once, however it is edited", {
        "Python": "session:test_any_edits_equal_one_shot", "TypeScript": "ts:edited anyhow in a long text",
        "C++": "golden-cpp:void check_edits", "C": "c:check_sessions",
        "HTTP": "http:test_memory_is_bounded_and_never_changes_an_answer",
        "WebSocket": "socket:test_random_edits_give_what_one_shot_gives",
        "editors": "lsp:test_edits_anywhere_leave_the_server_with_the_same_text",
        "terminal": "type:test_offers_follow_the_lines_before", "page": "page:suggests at the cursor in the middle",
    }),
    Feature("a field saved and restored", {
        "Python": "session:test_a_saved_session_goes_on", "TypeScript": "ts:a saved session",
        "C++": "golden-cpp:void check_saved", "C": "c:wordgru_session_save",
    }),
    Feature("several words ahead", {
        "Python": "py:test_phrases_are_probable_and_made_of_words", "TypeScript": "ts:go on while they are probable",
        "C++": 'golden-cpp:vectors_.at("phrases")', "C": "c:wordgru_phrases(english, TEXT",
        "HTTP": "http:test_phrases_are_those_of_the_package",
        "WebSocket": "socket:test_phrases_come_with_the_words_where_they_are_asked_for",
        "editors": "lsp:test_several_words_are_offered_where_they_are_probable", "page": "page:phrase: phrase?.text",
    }),
    Feature("how expected each word is", {
        "Python": "py:test_scores_sum_to_the_text_and_end", "TypeScript": "ts:names each word and mark where it stands",
        "C++": "golden-cpp:void check_score", "C": "c:wordgru_scores_log_probability(scored, 3)",
        "HTTP": "http:/v1/score",
    }),
    Feature("text that goes on", {
        "Python": "py:test_generation_is_repeatable", "TypeScript": "mixture-ts:is the same for the same seed",
        "C++": "golden-cpp:void check_generated", "C": "c:wordgru_generate(predictor, TEXT",
        "HTTP": "openai:test_the_most_probable_text_is_that",
    }),
    Feature("words of a field; words never offered", {
        "Python": "list:test_an_added_word_is_offered", "TypeScript": "sources-ts:is heeded at the next keystroke",
        "C++": "cpp:void check_words", "C": "c:wordgru_add", "page": "page:offers words that were added",
        "editors": "lsp:test_words_are_learnt_and_never_offered_by_actions",
        "HTTP": "http:test_options_and_glossaries_are_heeded",
    }),
    Feature("words learnt from their user", {
        "Python": "personal:test_a_new_word_is_offered_after_its_first_use", "C": "c:wordgru_session_commit",
        "TypeScript": "sources-ts:are taken back by the field that taught them", "C++": "cpp:void check_commit",
        "editors": "lsp:test_words_are_learnt_and_never_offered_by_actions",
        "terminal": "type:test_lines_entered_are_learnt", "page": "page:learns nothing until it is told to",
    }),
    Feature("offers passed over give way", {
        "Python": "session:test_words_passed_over_give_way", "TypeScript": "sources-ts:attention",
        "C++": "cpp:attention", "C": "c:attention",
    }),
    Feature("habits of form: capitals, the word I, quiet in addresses", {
        "Python": "cases:test_what_is_typed_in_capitals_is_offered_in_capitals",
        "TypeScript": "typist-ts:offers capitals to whom writes in capitals",
        "C++": "cpp:void check_typist", "C": "c:wordgru_session_typist(session, &typist)",
        "HTTP": "http:test_offers_follow_the_habits_that_a_request_names",
        "WebSocket": 'socket:"typist": {"capitals": False}',
        "editors": "lsp:test_offers_follow_the_habits_that_the_editor_names",
        "terminal": "type:test_offers_follow_the_habits_of_who_types",
    }),
    Feature("slips of the finger; touch points", {
        "Python": "typing:test_slips_and_misspellings_are_corrected", "TypeScript": "typing-ts:points and letters",
        "C++": "typing-cpp:void check_points", "C": "c:wordgru_session_touch(session, 5.1",
        "HTTP": "http:test_with_a_layout_the_words_meant_are_offered", "WebSocket": 'socket:"layout": "qwerty"',
        "page": "phone:turns touches that miss their keys",
    }),
    Feature("the finger's offset and spread, learnt", {
        "Python": "finger:test_what_is_committed_teaches_the_finger_once",
    }),
    Feature("a text corrected", {
        "Python": "typing:test_a_text_is_corrected_word_by_word", "TypeScript": "typing-ts:corrects a text",
        "C++": "typing-cpp:predictor.correct(text", "C": "c:wordgru_corrections_start(found, at)",
        "HTTP": "http:test_a_text_is_corrected_as_the_package_corrects_it",
        "editors": "lsp:test_slips_are_marked_and_replaced",
    }),
    Feature("in it, one word typed as two", {
        "Python": "typing:test_one_word_typed_as_two_is_joined", "TypeScript": "typing-ts:joins one word that was",
        "C++": "typing-cpp:check_two", "C": "c:typing.split = 0",
    }),
    Feature("the same while typing", {"Python": "typing:test_one_word_typed_as_two_is_joined"}),
    Feature("the next character", {
        "Python": "typing-search:test_the_next_character_is_that_of_all_words",
        "TypeScript": "typing-ts:adds up the words that go on with each character",
        "C++": "cpp:void check_characters", "C": "c:wordgru_session_characters(session",
        "HTTP": "http:test_the_next_character_is_that_of_the_package",
    }),
    Feature("several languages at once", {
        "Python": "mixture:test_the_languages_follow_the_words",
        "TypeScript": "mixture-ts:follow the words back and forth",
        "HTTP": "http:test_several_models_answer_as_one",
        "WebSocket": "http:test_several_models_answer_over_a_socket",
        "terminal": "type:test_several_languages_are_offered", "page": "page:lets its user choose among the languages",
    }),
    Feature("learned words saved as a file, and read again", {
        "Python": "personal:test_what_is_exported_is_imported",
        "TypeScript": "sources-ts:go to another store and to Python",
        "C++": "cpp:one.save(file)", "C": "c:wordgru_personal_save(predictor",
        "page": "page:reads words from a file that it saved",
    }),
    Feature("offers in any text field of a page: `attach`, `<wordgru-field>`", {
        "TypeScript": "field:offers words of a bundle, which is loaded when",
    }),
    Feature("the same in a field that React controls", {"TypeScript": "examples:React: a field that React controls"}),
    Feature("the same in every page, by a Chromium extension", {
        "TypeScript": "examples:a Chromium extension, on a page",
    }),
)  # fmt: skip


def table() -> str:
    """The table."""
    columns = (*LANGUAGES, *PLACES)
    rows = [f"| | {' | '.join(columns)} |", f"|---|{':-:|' * len(columns)}"]
    rows += [
        f"| {feature.name} | {' | '.join('✓' if column in feature.proofs else '' for column in columns)} |"
        for feature in FEATURES
    ]
    return "\n".join(rows) + "\n"


def lost() -> list[str]:
    """Proofs that are not found where they are named."""
    found = []
    for feature in FEATURES:
        for column, proof in feature.proofs.items():
            key, _, words = proof.partition(":")
            path = ROOT / _FILES[key]
            if not path.exists() or words not in path.read_text(encoding="utf-8"):
                found.append(f"{feature.name}, {column}: {_FILES[key]} has no {words!r}")
    return found


def with_table(page: str) -> str:
    """The page with the table as it is now.

    Raises:
        ValueError: the page has no place for it.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"expected {BEGIN.strip()} and {END} in the page.")
    return before + begin + "\n" + table() + "\n" + end + after


def main() -> None:
    """Write the page, or say which tests are gone."""
    if missing := lost():
        raise SystemExit("\n".join(missing))
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
