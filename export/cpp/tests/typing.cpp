// Holds what was typed to the golden vectors of export/golden/typing, and tests what they do not ask: bad input, points
// along edits, corrections taken back, personal words, threads. `tests typing VECTORS REPOSITORY`.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "checks.hpp"
#include "wordgru.hpp"

namespace typing {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using namespace wordgru;

TypingModel model_of(const json& given) {
    TypingModel model;
    const std::pair<const char*, double TypingModel::*> shares[] = {
        {"spread", &TypingModel::spread},         {"anywhere", &TypingModel::anywhere},
        {"vowel", &TypingModel::vowel},           {"omitted", &TypingModel::omitted},
        {"undoubled", &TypingModel::undoubled},   {"extra", &TypingModel::extra},
        {"doubled", &TypingModel::doubled},       {"swapped", &TypingModel::swapped},
        {"apostrophe", &TypingModel::apostrophe}, {"accent", &TypingModel::accent},
        {"lower", &TypingModel::lower},           {"upper", &TypingModel::upper},
        {"unknown", &TypingModel::unknown},       {"sound", &TypingModel::sound},
        {"mute", &TypingModel::mute},             {"first", &TypingModel::first},
        {"careless", &TypingModel::careless},
    };
    std::size_t known = 0;
    for (const auto& [name, share] : shares) {
        if (given.contains(name)) model.*share = given.at(name).get<double>(), ++known;
    }
    if (given.contains("layout")) model.layout = given.at("layout").get<std::string>(), ++known;
    if (known != given.size()) throw std::runtime_error("an unknown field: " + given.dump());
    return model;
}

class Golden {
   public:
    Golden(const fs::path& vectors, const fs::path& repository) : repository_(repository) {
        std::ifstream file(vectors, std::ios::binary);
        vectors_ = json::parse(file);
    }

    void run() const {
        check_layouts();
        for (const json& each : vectors_.at("likelihoods")) check_likelihoods(each);
        const Predictor predictor = Predictor::load(repository_ / vectors_.at("bundle").get<std::string>());
        for (const json& each : vectors_.at("fields")) check_field(predictor, each);
        for (const json& each : vectors_.at("texts")) check_text(predictor, each);
    }

   private:
    void check_layouts() const {
        const auto& layouts = vectors_.at("layouts");
        expect(Layout::names().size() == layouts.size(), "the number of layouts");
        for (const auto& [name, keys] : layouts.items()) {
            const Layout layout = Layout::load(name);
            expect(layout.name() == name && layout.keys().size() == keys.size(), name);
            for (const Layout::Key& key : layout.keys()) {
                const std::string character = to_utf8({&key.character, 1});
                const json place = {key.centre.x, key.centre.y};
                expect(keys.at(character) == place, name + ": " + character);
                expect(layout.nearest(key.centre) == key.character, name + ": the nearest to " + character);
            }
        }
    }

    void check_likelihoods(const json& each) const {
        const auto typing = std::make_shared<const detail::Typing>(model_of(each.at("typing")));
        std::vector<detail::Touch> touches;
        for (const char32_t c : decode(each.at("typed").get<std::string>()).text) touches.push_back({c});
        detail::Typed typed(typing, touches, each.at("complete"));
        for (const auto& [word, expected] : each.at("words").items()) {
            const double wanted = expected, got = typed.of(word);
            // what is left of two numbers that are nearly 1 has fewer digits
            const double slack = vectors_.at("compare").at("relative").get<double>() * wanted + 1e-15;
            expect(std::abs(got - wanted) <= slack, each.at("typed").dump() + " for " + word + ": " +
                                                        std::to_string(got) + ", expected " + std::to_string(wanted));
        }
    }

    Query query() const {
        Query query;
        query.k = 4;
        query.options.tolerance = vectors_.at("search").at("tolerance");
        query.options.max_rows = vectors_.at("search").at("max_rows");
        return query;
    }

    void check_field(const Predictor& predictor, const json& each) const {
        const std::string what = each.at("typing").dump() + ", " + each.at("seen").get<std::string>();
        Session session = predictor.session(each.at("text"), model_of(each.at("typing")));
        for (const json& point : each.at("points")) session.touch(point.at(0), point.at(1));
        expect(session.text() == each.at("seen"), "the text of " + what);
        const Suggestions found = session.suggest(query());
        expect(found.exact == each.at("exact"), "exact: " + what);
        const json autocorrect = found.autocorrect ? json(*found.autocorrect) : json();
        expect(autocorrect == each.at("autocorrect"), "autocorrect: " + what + ": " + autocorrect.dump());
        check_words(found, each.at("suggest"), "suggest: " + what);
        check_words(session.corrections(query()), each.at("corrections"), "corrections: " + what);
        check_words(session.corrections(query(), 2), each.at("two"), "corrections of two: " + what);
    }

    void check_words(const Suggestions& found, const json& expected, const std::string& what) const {
        expect(found.size() >= expected.size(), "the number of " + what);
        for (std::size_t at = 0; at < std::min(found.size(), expected.size()); ++at) {
            const std::string word = expected[at].at("word");
            const double wanted = expected[at].at("probability"), got = found[at].probability;
            expect(found[at].word == word && close(got, wanted),
                   what + ": " + found[at].word + " " + std::to_string(got) + ", expected " + word + " " +
                       std::to_string(wanted));
        }
    }

    void check_text(const Predictor& predictor, const json& each) const {
        const std::string text = each.at("text"), what = "the corrections of " + each.at("typing").dump();
        const std::vector<Correction> found = predictor.correct(text, model_of(each.at("typing")), 0.5);
        const json& expected = each.at("corrections");
        expect(found.size() == expected.size(), "the number of " + what);
        for (std::size_t at = 0; at < std::min(found.size(), expected.size()); ++at) {
            const Correction& one = found[at];
            const auto characters = [&](std::size_t bytes) { return decode(text.substr(0, bytes)).size(); };
            expect(characters(one.start) == expected[at].at("start") && characters(one.end) == expected[at].at("end") &&
                       one.typed == expected[at].at("typed") && one.word == expected[at].at("word"),
                   what + ": " + one.typed + ", " + one.word);
            expect(close(one.probability, expected[at].at("probability"), 10),
                   what + ": " + one.typed + " " + std::to_string(one.probability));
        }
    }

    bool close(double one, double other, double times = 1) const {
        return std::abs(one - other) <= times * vectors_.at("compare").at("absolute").get<double>();
    }

    fs::path repository_;
    json vectors_;
};

void check_bad_layouts() {
    const fs::path file = fs::temp_directory_path() / "wordgru-layout-test.json";
    const auto refused = [&](const std::string& content, const std::string& says) {
        std::ofstream(file, std::ios::binary) << content;
        refuses([&] { Layout::load(file.u8string()); }, says);
    };
    refused("[", "is no JSON (");
    refused("[1]", "has no list \"rows\"");
    refused(R"({"rows": 3})", "has no list \"rows\"");
    refused(R"({"rows": [{"x": 0, "y": 0, "keys": "qwa"}, {"x": 0, "y": 1, "keys": "A"}]})",
            "row 2: the key 'a' is there twice");
    refused(R"({"rows": [{"x": 0, "y": 0, "keys": "12"}]})", "has no key with a letter");
    refused(R"({"rows": []})", "has no key with a letter");
    refused(R"({"rows": [{"x": 1e9, "y": 0, "keys": "a"}]})", "row 1: expected the numbers x and y");
    refused(R"({"rows": [{"x": "0", "y": 0, "keys": "a"}]})", "row 1: expected the numbers x and y");
    refused(R"({"rows": [{"x": 0, "y": 0, "keys": ""}]})", "row 1: expected the numbers x and y");
    refused(R"({"rows": [null]})", "row 1: expected the numbers x and y");
    refused(R"({"rows": [{"x": 0, "y": 0, "keys": "\ud800"}]})", "is no JSON (");
    std::ofstream(file, std::ios::binary) << "\xEF\xBB\xBF" << R"({"rows": [{"x": 0, "y": 0, "keys": "ЙЦу"}]})";
    const Layout own = Layout::load(file.u8string());
    expect(own.name() == "wordgru-layout-test" && own.nearest({1.2, 0.1}) == U'ц', "a layout of one's own");
    fs::remove(file);
    refuses([] { Layout::load("nowhere.json"); }, "expected azerty, dvorak, phone, qwerty, qwertz, or a JSON file");
    refuses([] { Layout::load("/"); }, "there is no such layout");
}

void check_refusals(const Predictor& predictor) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    Session plain = predictor.session("the cta"), typed = predictor.session("the cta", TypingModel());
    refuses([&] { plain.touch(1, 1); }, "this session has no keyboard; make it with");
    refuses([&] { plain.corrections(); }, "this session has no typing model; make it with");
    refuses([&] { corrections("teh", predictor.session()); }, "this session has no typing model; make it with");
    refuses([&] { typed.touch(nan, 0); }, "x of the touch is nan");
    refuses([&] { typed.touch(0, 101); }, "y of the touch is 101; expected key widths");
    refuses([&] { typed.autocorrect(1.5); }, "threshold is 1.5");
    refuses([&] { typed.autocorrect(nan); }, "threshold is nan");
    refuses([&] { predictor.correct("teh", {}, -1); }, "the threshold is -1");
    refuses([&] { predictor.correct("\xff"); }, "is not UTF-8");
    Query query;
    query.k = 0;
    refuses([&] { typed.corrections(query); }, "k is 0");
    TypingModel model;
    model.spread = nan;
    refuses([&] { predictor.session("", model); }, "spread is nan; expected a number of at least 0 and at most 5");
    model = TypingModel();
    model.omitted = 1;
    refuses([&] { predictor.session("", model); }, "omitted is 1; expected a number of at least 0 and below 1");
    expect(typed.text() == "the cta" && !plain.autocorrect(), "what was refused changed nothing");
}

void check_field(const Predictor& predictor) {
    Session session = predictor.session("i ", TypingModel());
    for (const char letter : std::string("dont")) session.append(std::string(1, letter));
    expect(session.autocorrect() == "don't" && session.text() == "i don't", "dont is corrected: " + session.text());
    session.append(" cta");
    Session other = session;  // goes its own way
    session.undo();
    expect(session.text() == "i dont cta", "undo keeps what was typed since: " + session.text());
    session.set("i dont");
    expect(!session.autocorrect() && session.text() == "i dont", "what was put back stays");
    session.undo();
    expect(session.text() == "i dont", "there is nothing more to undo");
    session.reset();
    session.set("i dont");
    expect(session.autocorrect() == "don't", "a new text knows nothing of it");
    other.set("other");
    other.undo();
    expect(other.text() == "other", "what was corrected is gone");

    session.set("i e\u0301 dont");  // normalising makes it shorter
    expect(session.autocorrect() == "don't" && session.text() == "i e\u0301 don't", "decomposed: " + session.text());
    Session restored = predictor.restore(predictor.session("i dont").save(), TypingModel());
    expect(restored.autocorrect() == "don't", "a restored session");
    Query query;
    query.k = 5;
    const Suggestions found = predictor.session("the zzq", TypingModel()).corrections(query);
    bool is_there = false;
    for (const Suggestion& each : found) {
        if (each.word == "zzq") is_there = each.sources == std::vector<std::string>{"typed"};
    }
    expect(is_there, "what was typed is among them, with its source");
}

/// Between two keys, the letters before decide; a letter typed for certain in its place does not.
void check_points(const Predictor& predictor) {
    TypingModel model;
    model.layout = "phone";
    model.spread = 0.34;
    const Layout layout = Layout::load("phone");
    const auto at = [&](char32_t letter) { return layout.keys()[layout.find(letter)].centre; };
    const auto probability = [](Session& session) {
        Query query;
        query.k = 256;
        for (const Suggestion& each : session.corrections(query)) {
            if (each.word == "cat") return each.probability;
        }
        return 0.0;
    };
    Session touched = predictor.session("the ", model), letters = predictor.session("the vat", model);
    touched.touch(at(U'v').x - 0.45, at(U'v').y);  // nearly c
    touched.touch(at(U'a').x, at(U'a').y);
    touched.touch(at(U't').x, at(U't').y);
    expect(touched.text() == "the vat", "the nearest keys: " + touched.text());
    const double near = probability(touched), certain = probability(letters);
    expect(near > certain, "points say more: " + std::to_string(near) + ", " + std::to_string(certain));
    touched.append(" x");
    touched.erase(2);
    expect(probability(touched) == near, "points stay where text is typed behind them and deleted");
    const std::optional<std::string> put = touched.autocorrect(0.05);
    expect(put && *put != "vat", "another word is put there");
    touched.undo();
    expect(touched.text() == "the vat" && std::abs(probability(touched) - near) < 1e-6,
           "what is put back was touched where it was: " + std::to_string(probability(touched)));
    touched.erase(3);
    touched.append("vat");
    expect(std::abs(probability(touched) - certain) < 1e-3, "points go with their letters");
}

void check_long_words(const Predictor& predictor) {
    std::string word;
    for (int i = 0; i < 200; ++i) word += "qwertyuiop"[i % 10];
    for (const std::size_t size : {39, 40, 41, 200}) {
        Session session = predictor.session("the " + word.substr(0, size), TypingModel());
        const Suggestions found = session.suggest();
        expect(found.rows <= 200 && !session.autocorrect(), "a word of " + std::to_string(size) + " letters");
    }
    TypingModel model;  // a row of many keys
    const fs::path file = fs::temp_directory_path() / "wordgru-layout-test.json";
    std::string keys;
    for (char32_t c = 0x4E00; c < 0x9000; ++c) append_utf8(keys, c);
    std::ofstream(file, std::ios::binary) << R"({"rows": [{"x": 0, "y": 0, "keys": ")" << keys << "\"}]}";
    model.layout = file.u8string();
    Session session = predictor.session("the cta", model);
    expect(!session.suggest().empty(), "a keyboard of many keys");
    fs::remove(file);
}

void check_personal(const fs::path& bundle) {
    LoadOptions options;
    options.personal = std::make_shared<PersonalModel>();
    const Predictor predictor = Predictor::load(bundle, options);
    for (int times = 0; times < 5; ++times) options.personal->learn("to the Krakenhaus");
    Session session = predictor.session("to the Krakenhuas", TypingModel());
    const Suggestions found = session.corrections();
    expect(!found.empty() && found[0].word == "Krakenhaus", "a word of the person's own");
    predictor.words().add("Pneumothorax", 1000);
    session.set("the Pneumothroax");
    expect(session.corrections()[0].word == "Pneumothorax", "a word of a list");
    predictor.words().add("안녕하세요", 1000);
    for (const char* text : {"안녕하ㅅ", "안녕하세ㅇ", "안ㄴ", "ㅇ"}) {
        session.set(text);
        const Suggestions begun = session.suggest();
        expect(std::any_of(begun.begin(), begun.end(), [](const auto& each) { return each.word == "안녕하세요"; }),
               std::string(text) + " is a word whose last syllable is begun");
    }
}

void check_threads(const Predictor& predictor) {
    std::vector<std::string> found(4);
    std::vector<std::thread> threads;
    for (std::string& text : found) {
        threads.emplace_back([&predictor, &text] {
            Session session = predictor.session("", TypingModel());
            for (const char letter : std::string("the cat dont")) {
                session.append(std::string(1, letter));
                session.suggest();
            }
            session.autocorrect();
            text = session.text();
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::string& text : found) expect(text == "the cat don't", "in a thread: " + text);
}

/// One word that was typed as two is joined; two that are right stay.
void check_two(const Predictor& english) {
    std::string joined;
    for (const Correction& each : english.correct("Do you k now him, be cause I hvae to.", TypingModel())) {
        joined += each.typed + ": " + each.word + "; ";
    }
    expect(joined == "k now: know; be cause: because; hvae: have; ", "one word typed as two: " + joined);
    const std::vector<Correction> none =
        english.correct("We went in to a lot of houses, like a roller coaster, and no one was there.", TypingModel());
    expect(none.empty(), "two words that are right: " + (none.empty() ? "" : none[0].typed));
    Session session = english.session("in to", TypingModel());
    refuses([&] { session.corrections({}, 3); }, "count is 3; expected");
}

/// Code between backticks is left alone.
void check_code(const Predictor& english) {
    std::string found;
    const char* const code = "I hvae `git comit` in teh ` box.\n```\necho teh end\n``` I hvae it. ```\npritn teh";
    for (const Correction& each : english.correct(code, TypingModel())) found += each.typed + ' ';
    expect(found == "hvae teh hvae ", "code is left alone: " + found);
}

/// A slip whose tokens are improbable is found along the usual tokens of known words near it.
void check_near(const Predictor& english) {
    const std::u32string letters = Layout::load("qwerty").letters();
    expect(letters.size() == 27 && letters.find(U'\'') != letters.npos && letters.find(U';') == letters.npos,
           "the letters of a layout: " + to_utf8(letters));
    const auto near = [&](const char* word) { return english.words().near(word, letters); };
    const auto has = [](const std::vector<std::string>& all, const char* word) {
        return std::find(all.begin(), all.end(), word) != all.end();
    };
    expect(near("becuase").at(0) == "because", "known words near becuase");
    for (const auto& [word, meant] : {std::pair{"definately", "definitely"}, {"seperete", "separate"}}) {
        expect(has(near(word), meant), std::string("two slips: ") + word);
    }
    const std::string vowels = "aeiouaeiouaeiouaeiouaeiouaeiouaeiouaeiou";  // of two slips there are 100,000 spellings
    expect(near(vowels.c_str()).size() < 10, "long words have one slip alone");
    const std::vector<std::string> all = near("dont");
    expect(std::set<std::string>(all.begin(), all.end()).size() == all.size(), "each near word is there once");
    expect(has(near("Dont\u2019"), "don't"), "either apostrophe is one");
    const std::vector<std::string> less = near("cafe\u0301x"), swapped = near("ca\u00e9f");
    expect(has(less, "caf\u00e9") && has(swapped, "caf\u00e9"), "known words near one with an accent");
    expect(has(near("dont"), "don't") && !has(near("dont"), "doing"), "known words near dont");
    const auto first = [&](const char* text) {
        const Suggestions found = english.session(text, TypingModel()).corrections();
        return found.empty() ? "" : lower(found[0].word);
    };
    expect(first("I stayed home becuase") == "because", "becuase: " + first("I stayed home becuase"));
    expect(first("becuase") == "because", "becuase first in a text: " + first("becuase"));
    expect(first("the wrokspace") == "workspace", "wrokspace: " + first("the wrokspace"));
    expect(first("I saw the zcchini") == "zucchini", "zcchini: " + first("I saw the zcchini"));
    expect(first("wrokspace") == "workspace", "wrokspace first in a text: " + first("wrokspace"));
}

}  // namespace

void run(const fs::path& vectors, const fs::path& repository) {
    const fs::path tiny = repository / "tests/runtime/tiny";
    Golden(vectors, repository).run();
    check_bad_layouts();
    const Predictor predictor = Predictor::load(tiny);
    check_refusals(predictor);
    check_field(predictor);
    check_points(predictor);
    check_long_words(predictor);
    check_personal(tiny);
    check_threads(predictor);
    const Predictor english = Predictor::load(repository / "wordgru/models/en");
    check_two(english);
    check_near(english);
    check_code(english);
}

}  // namespace typing
