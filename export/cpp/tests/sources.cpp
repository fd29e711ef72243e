// Holds personal words, word lists, attention and the next character to the golden vectors of export/golden/sources, and
// offers to the habits of who types: `tests sources VECTORS REPOSITORY`.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "checks.hpp"
#include "wordgru.hpp"

namespace sources {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using namespace wordgru;

std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error(path.string() + " cannot be read");
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string repeated(const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
}

const std::string kMany = repeated("word ", 800);  // after which a count is worth half

/// The counts of a store, by history and word.
std::map<std::string, double> counts(const PersonalModel& store) {
    std::map<std::string, double> found;
    for (const Gram& gram : store.grams()) found[gram.history + "|" + gram.word] = gram.count;
    return found;
}

class Golden {
   public:
    Golden(const fs::path& vectors, const fs::path& repository)
        : vectors_(json::parse(read_file(vectors))),
          repository_(repository),
          tiny_(repository / "tests/runtime/tiny") {}

    void run() const {
        for (const json& each : vectors_.at("scenarios")) check_scenario(each);
        for (const json& each : vectors_.at("learnt")) {
            PersonalModel store;
            expect(store.learn(each.at("text").get<std::string>()) == each.at("count"), "learnt: " + each.dump());
            check_grams(store.grams(), each.at("grams"), each.dump());
        }
        for (const json& each : vectors_.at("glossaries")) check_glossary(each);
        for (const json& each : vectors_.at("characters")) check_characters(each);
    }

   private:
    bool close(double one, double other) const {
        return std::abs(one - other) <= vectors_.at("compare").at("absolute").get<double>();
    }

    void check_grams(const std::vector<Gram>& got, const json& expected, const std::string& what) const {
        bool same = got.size() == expected.size();
        for (std::size_t at = 0; same && at < got.size(); ++at) {
            const json& gram = expected[at];
            same = got[at].history == gram.at("history") && got[at].word == gram.at("word") &&
                   close(got[at].count, gram.at("count"));
        }
        expect(same, "the grams of " + what);
    }

    void check_scenario(const json& scenario) const {
        LoadOptions options;
        options.personal = std::make_shared<PersonalModel>();
        PersonalModel& personal = *options.personal;
        const Predictor predictor = Predictor::load(tiny_, options);
        Session session = predictor.session();
        for (const json& step : scenario.at("steps")) {
            const std::string what = scenario.at("name").get<std::string>() + ": " + step.dump();
            const std::string does = step.at("do");
            const auto text = [&](const char* key) { return step.at(key).get<std::string>(); };
            std::size_t made = 0;
            if (does == "learn") made = personal.learn(text("text"));
            else if (does == "unlearn") personal.unlearn(text("text"));
            else if (does == "forget")
                made = step.at("word").is_null() ? personal.forget_all() : personal.forget(text("word"));
            else if (does == "add") made = personal.add(grams_in(step.at("grams")));
            else if (does == "grams") check_grams(personal.grams(), step.at("grams"), what);
            else if (does == "after") check_after(personal.after(text("text")), step.at("shares"), what);
            else if (does == "list") predictor.words().add(text("word"), step.value("weight", 1.0));
            else if (does == "block") predictor.words().block(text("word"));
            else if (does == "allow") predictor.words().allow(text("word"));
            else if (does == "append") session.append(text("text"));
            else if (does == "set") session.set(text("text"));
            else if (does == "reset" && step.contains("before")) session.reset(text("before"));
            else if (does == "reset") session.reset();
            else if (does == "commit") made = session.commit();
            else if (does == "suggest") check_suggest(session, step, what);
            else throw std::runtime_error("an unknown step: " + does);
            if (step.contains("count")) expect(made == step.at("count"), "the count of " + what);
        }
    }

    static std::vector<Gram> grams_in(const json& listed) {
        std::vector<Gram> grams;
        for (const json& each : listed) grams.push_back({each.at("history"), each.at("word"), each.at("count")});
        return grams;
    }

    void check_after(const std::unordered_map<std::string, double>& got, const json& shares,
                     const std::string& what) const {
        bool same = got.size() == shares.size();
        for (const auto& [word, share] : got) same = same && shares.contains(word) && close(share, shares[word]);
        expect(same, what);
    }

    void check_suggest(Session& session, const json& step, const std::string& what) const {
        if (step.at("text").is_string()) session.set(step.at("text").get<std::string>());
        Query query;
        query.k = step.value("k", 3);
        query.attention = step.value("attention", 0.0);
        query.options.ignore_case = step.value("ignore_case", false);
        query.options.punctuation = step.value("punctuation", false);
        query.options.tolerance = vectors_.at("search").at("tolerance");
        query.options.max_rows = vectors_.at("search").at("max_rows");
        const Suggestions found = session.suggest(query);
        const json& words = step.at("words");
        bool same = found.exact && found.size() == words.size();
        std::string got;
        for (std::size_t at = 0; at < found.size(); ++at) {
            got += found[at].word + " " + std::to_string(found[at].probability) + json(found[at].sources).dump() + ", ";
            same = same && found[at].word == words[at].at("word") &&
                   json(found[at].sources) == words[at].at("sources") &&
                   close(found[at].probability, words[at].at("probability"));
        }
        expect(same, what + "\n    got " + got);
    }

    static void check_glossary(const json& each) {
        WordList list;
        const std::string text = each.at("text");
        if (each.contains("error")) {
            refuses([&] { list.read(text); }, each.at("error").get<std::string>() + ": ");
            expect(list.weights().empty(), "nothing is added of " + each.dump());
        } else {
            expect(list.read(text) == each.at("count"), "the count of " + each.dump());
            expect(json(list.weights()) == each.at("weights"), "the weights of " + each.dump());
        }
    }

    void check_characters(const json& each) const {
        LoadOptions options;
        options.personal = std::make_shared<PersonalModel>();
        const Predictor predictor = Predictor::load(repository_ / each.at("bundle").get<std::string>(), options);
        const json words = each.value("words", json::object());
        for (const auto& [word, weight] : words.items()) predictor.words().add(word, weight);
        options.personal->learn(each.value("learn", ""));
        SearchOptions how;
        how.tolerance = each.at("tolerance");
        how.max_rows = each.value("max_rows", 3000);
        const NextCharacters found = predictor.session(each.at("text")).characters(how);
        bool same = found.exact == each.at("exact") && found.exact == (found.unexplored <= how.tolerance);
        double sum = found.end, last = 1;
        std::map<std::string, double> got;
        for (const auto& [character, probability] : found.probabilities) {
            same = same && probability <= last && got.emplace(character, probability).second;
            sum += last = probability;
        }
        same = same && std::abs(sum - 1) < 1e-9;
        const double slack = how.tolerance + 1e-6;
        if (found.exact) {
            same = same && std::abs(found.end - each.at("end").get<double>()) <= slack;
            for (const auto& [character, expected] : each.at("probabilities").items()) {
                same = same && std::abs(got[character] - expected.get<double>()) <= slack;
            }
        }
        expect(same, each.dump() + "\n    got " + json(found.probabilities).dump().substr(0, 300));
    }

    json vectors_;
    fs::path repository_, tiny_;
};

/// Personal words are learnt when they are committed, and taken back by the field that taught them.
void check_commit(const fs::path& tiny) {
    LoadOptions options;
    options.personal = std::make_shared<PersonalModel>();
    PersonalModel& personal = *options.personal;
    const Predictor predictor = Predictor::load(tiny, options);
    Session session = predictor.session("to the Krakenhaus");
    session.suggest();
    expect(personal.grams().empty(), "nothing is learnt before it is committed");
    expect(session.commit() == 3 && session.commit() == 0, "a text is committed once");
    Session copy = session;
    copy.set("a");
    copy.commit();
    expect(counts(personal).count("to|the") == 1, "a copy takes nothing back");
    session.set("the the krakenhose");
    session.commit();
    expect(counts(personal).count("to|the") == 0 && counts(personal).count("the|krakenhose") == 1, "a correction does");
    personal.learn(kMany);
    const double before = counts(personal)["|word"];
    Session restored = predictor.restore(session.save());
    restored.set("the");
    restored.commit();
    const auto after = counts(personal);
    expect(after.count("|krakenhose") == 0 && std::abs(after.at("|word") - before) < 2,
           "a restored session takes back what it taught, though others wrote since");
    expect(Predictor::load(tiny).session("the cat").commit() == 0, "without personal words nothing is learnt");
}

void check_forgotten() {
    PersonalModel store;
    store.learn("what was before it");
    const double since = store.clock();
    store.learn("one two");
    store.forget_all();
    store.learn("one two");
    const auto kept = counts(store);
    store.unlearn("one two", since);
    expect(!kept.empty() && counts(store) == kept, "what was forgotten is not taken back from what came later");
    store.unlearn("one two", 0);
    expect(counts(store).empty(), "and what came later is");
}

void check_store(const fs::path& folder) {
    PersonalModel store;
    store.learn("at the Krakenhaus tonight");
    store.learn(kMany);
    expect(std::abs(counts(store)["|Krakenhaus"] - std::exp2(-801.0 / 800)) < 1e-9, "counts fade");
    expect(store.forget("") == 0 && store.forget("KRAKENHAUS") >= 4, "a word is forgotten in every case");
    for (const auto& each : counts(store)) {
        expect(lower(each.first).find("krakenhaus") == std::string::npos, "and as history: " + each.first);
    }
    expect(counts(store).count("|tonight") == 1 && store.forget_all() > 0, "others are kept, until all is forgotten");
    expect(store.grams().empty() && store.clock() == 0, "nothing is left");

    PersonalModel one, other;
    const fs::path file = folder / "words.jsonl";
    one.learn("at the Krakenhaus\nRuairí's \"");
    one.save(file);
    const std::string lines = read_file(file);
    expect(lines.rfind("{\"history\": \"\", \"word\": \"Ruairí's\", \"count\": 1", 0) == 0, "the file: " + lines);
    expect(other.read(file) == one.grams().size() && counts(other) == counts(one), "what was saved is read");
    other.read(file);
    expect(counts(other)["|Ruairí's"] == 2, "and added");
    const auto before = counts(other);
    const std::vector<std::pair<std::string, std::string>> wrong = {
        {lines + "{\"history\": \"\", \"word\": \"x\"}", "line 12: expected {\"history\""},
        {lines + "no", "line 12: "},
        {"{\"history\": \"\", \"word\": \"\", \"count\": 1}", "expected a history, a word, and a count above 0"},
        {"{\"history\": \"\", \"word\": \"x\", \"count\": -1}", "a count above 0"},
        {"{\"history\": \"\", \"word\": \"x\xff\", \"count\": 1}", "line 1: "}};
    for (const auto& [text, says] : wrong) {
        std::ofstream(folder / "wrong.jsonl", std::ios::binary) << text;
        refuses([&] { other.read(folder / "wrong.jsonl"); }, says);
    }
    expect(counts(other) == before, "what is refused is refused whole");
    refuses([&] { other.read(folder / "none.jsonl"); }, "none.jsonl: cannot be read");
    refuses([&] { other.read(folder); }, "cannot be read");
    refuses([&] { other.save(folder / "no folder" / "words"); }, "cannot be written");
    refuses([&] { other.save(folder); }, "it is a folder or a device");
    refuses([&] { other.save(""); }, "is empty; name a file");
    fs::create_symlink(file, folder / "link");
    other.save(folder / "link");
    expect(fs::is_symlink(folder / "link") && !fs::is_symlink(file), "what a link names is written");
    PersonalModel again;
    expect(again.read(file) == other.grams().size(), "and read");
    refuses([&] { other.learn("a \xff"); }, "is not UTF-8");
    refuses([] { PersonalModel(3); }, "max_bytes is 3; expected a whole number of at least 100000");

    PersonalModel small(100'000);
    const std::string letters = "abcdefghijklmnop";
    small.learn("Krakenhaus");
    for (const char first : letters) {
        for (const char second : letters) {
            std::string text;
            for (const char third : letters) text += {first, second, third, ' '};
            small.learn(text);
        }
    }
    const auto kept = counts(small);
    expect(!kept.count("|Krakenhaus") && kept.count("|ppp"), "the oldest and least used words go");
    expect(kept.size() > 1000 && kept.size() < 2000, std::to_string(kept.size()) + " grams are kept");
}

void check_words(const fs::path& tiny) {
    const std::string data = std::string("WGKNOWN1H\0\0\0\x0b\0\0\0", 16) + "\x18\x86\xa1\x20\x11\x0c\xc2\x50\x92";
    const KnownWords known(data, "here");  // cat, dog: a filter that Python wrote
    for (const char* word : {"cat", "Dog", "dog's", "DOG’S", "12", "-"}) expect(known.has(word), word);
    for (const char* word : {"fish", "cat-", "cat-dog", "fish's", "7x", "'s"}) expect(!known.has(word), word);
    for (const std::string& bad : {data.substr(0, 20), std::string(), data + data}) {
        refuses([&] { KnownWords(bad, "here"); }, "here: is no list of known words, or is cut off");
    }
    const WordList near(normalize, {"dogma", "bullseye"}, known);
    expect(near.factor("cat") == 1 && near.factor("bull") == kStrange && near.factor("fish") == kStrange, "factors");
    for (const char* word : {"dogma", "dogmatix", "bullse", "Dogma's", "dogma’s"}) expect(near.factor(word) == 0, word);

    WordList list;
    list.block("don’t");
    expect(list.factor("Don't") == 0, "both apostrophes are one");
    list.allow("DON'T");
    expect(list.factor("don’t") == 1, "a word is allowed again");
    for (const char* word : {"", " ", "two words", "a,b", "-", "x@y.z"}) {
        refuses([&] { list.add(word); }, "is not one word; expected letters or digits");
        refuses([&] { list.block(word); }, "is not one word; expected letters or digits");
        refuses([&] { list.allow(word); }, "is not one word; expected letters or digits");
    }
    for (const double weight : {std::nan(""), HUGE_VAL, -1.0, 2e6}) {
        refuses([&] { list.add("word", weight); }, "the weight of 'word' is ");
    }

    LoadOptions options;
    options.personal = std::make_shared<PersonalModel>();
    const Predictor predictor = Predictor::load(tiny, options);
    Session session = predictor.session("the Ey");
    const auto first = [&] { return session.suggest()[0].word; };
    const std::vector<std::pair<const char*, const char*>> capitals = {
        {"Straße", "STRASS"}, {"οδόστρωμα", "οδόΣ"}, {"ısı", "IS"}};
    for (const auto& [word, typed] : capitals) {
        predictor.words().add(word, 1e6);
        Query folds;
        folds.options.ignore_case = true;
        const auto found = predictor.complete(std::string("the ") + typed, folds);
        expect(found.size() > 0 && found[0].word == word, std::string(word) + " is found by its capitals");
        predictor.words().block(word);
    }
    predictor.words().add("Eyjafjallajökull");
    expect(first() == "Eyjafjallajökull", "a word list is heeded at the next keystroke");
    options.personal->learn("the Eyjafjallajökull");
    predictor.words().block("EYJAFJALLAJÖKULL");
    expect(first() != "Eyjafjallajökull", "a blocked word is blocked whoever gives it");
    predictor.words().allow("eyjafjallajökull");
    expect(first() == "Eyjafjallajökull", "and allowed again");
    Query query;
    query.attention = 1;
    refuses([&] { session.suggest(query); }, "attention is 1; expected a number of at least 0 and below 1");

    std::vector<std::thread> threads;  // that type, learn and change the list at once
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            for (int again = 0; again < 5; ++again) {
                Session own = predictor.session("the Ey");
                own.suggest();
                own.commit();
                predictor.words().add("Word" + std::to_string(i), again);
                predictor.words().block("block" + std::to_string(again));
                Query folds;
                folds.options.ignore_case = true;
                own.suggest(folds);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    expect(counts(*options.personal).at("|Ey") > 19, "twenty fields were learnt");
}

/// Offers follow the habits of who types: the cases of tests/runtime/test_cases.py.
void check_typist(const fs::path& tiny) {
    struct Case {
        const char* text;
        bool capitals, address;
    };
    const std::string far = "see https://example.org/" + repeated("a-", 500) + "b", emoji = repeated("😀", 300) + " a@";
    for (const Case& each : {
             Case{"PLEASE CALL ", true, false}, {"ПОЗВОНИ МНЕ ", true, false}, {"ΟΔΟΣ ΝΑΤΟ ", true, false},
             {"ART Nº IS ", false, false}, {"Ⅷ Ⅸ ", false, false}, {"ⅧⅧ ⅨⅨ ", true, false}, {"ǅA ǅA ", false, false},
             {"𝐀 𝐁 ", false, false}, {"A\x1c" "B C\x1c" "D ", false, false}, {"see \ufeffhttps://a", false, false},
             {"mail me\u0085foo@", false, true}, {"ſee WWW.\u212a" "elvin", false, true}, {emoji.c_str(), false, true},
             {far.c_str(), false, true}, {"foo@g", false, true}, {"www.goo", false, true},
             {"https://www.", false, true}, {"see https://exam", false, true}, {"/usr/lo", false, true},
             {"~/do", false, true}, {"../do", false, true}, {"C:\\Us", false, true}, {"a.org/do", false, true},
             {"and/or", false, false}, {"to foo@example.org ", false, false}, {"1/2 of", false, false},
             {"he said:wh", false, false}, {"well...so", false, false}, {"a./b", false, false}, {"/", false, false},
             {"OK ", false, false}, {"", false, false},
         }) {
        expect(detail::is_in_capitals(each.text, "") == each.capitals, std::string("in capitals: ") + each.text);
        expect(detail::is_in_address(each.text) == each.address, std::string("in an address: ") + each.text);
    }
    expect(detail::is_in_capitals("THE ", "CA") && !detail::is_in_capitals("THE ", "Ca"), "the letters count too");
    expect(detail::is_in_capitals("", "HERE") && !detail::is_in_capitals("", "OK"), "a first word in capitals");
    expect(detail::with_capital_i("i") == "I" && detail::with_capital_i("i’ve") == "I’ve", "the word I");
    expect(detail::with_capital_i("it") == "it" && detail::with_capital_i("i'mm") == "i'mm", "and no others");
    expect(detail::writes_small_i("so i, too") && detail::writes_small_i("i'm"), "who writes it small");
    expect(!detail::writes_small_i("so i") && !detail::writes_small_i("x.i "), "who may yet write more, and a name");
    expect(in_capitals("straße") == "STRASSE", "capitals of ß");

    Predictor predictor = Predictor::load(tiny);
    const auto words = [](const Suggestions& found) {
        std::vector<std::string> all;
        for (const auto& item : found) all.push_back(item.word);
        return all;
    };
    TypistOptions small, anywhere, probable;
    small.capitals = false;
    anywhere.addresses = true;
    probable.min_probability = 0.1;
    const Suggestions loud = predictor.complete("THE CA");
    for (const auto& item : loud) expect(is_upper(decode(item.word).text), "in capitals: " + item.word);
    expect(loud.size() == 3 && words(loud) != words(predictor.session("THE CA", {}, small).suggest()), "as it is asked");
    const Suggestions quiet = predictor.complete("write to anna@ca");
    expect(quiet.empty() && !quiet.exact && quiet.unexplored == 1, "quiet in addresses");
    Session session = predictor.session("write to anna@ca", {}, anywhere);
    expect(session.suggest().size() == 3, "unless asked");
    session.typist = probable;
    expect(session.suggest().empty(), "habits that are set");
    Session restored = predictor.restore(predictor.session("THE CA").save(), {}, small);
    expect(words(restored.suggest()) == words(predictor.session("THE CA", {}, small).suggest()), "habits, restored");
    Query many;
    many.k = 50;
    const auto all = predictor.complete("the ", many);
    const auto likely = predictor.session("the ", {}, probable).suggest(many);
    const auto is_likely = [](const Suggestion& item) { return item.probability >= 0.1; };
    const auto expected = std::count_if(all.begin(), all.end(), is_likely);
    expect(static_cast<std::ptrdiff_t>(likely.size()) == expected && all.size() == 50, "the least probability");
    predictor.typist = small;
    expect(words(predictor.complete("THE CA")) == words(predictor.session("THE CA", {}, small).suggest()), "of all");
    LoadOptions options;
    options.typist.min_probability = 2;
    refuses([&] { Predictor::load(tiny, options); }, "min_probability is 2; expected a number of at least 0 and at most 1");
    refuses([&] { predictor.session("", {}, options.typist); }, "min_probability is 2");
    session.typist = options.typist;
    refuses([&] { session.suggest(); }, "min_probability is 2");
}

}  // namespace

void run(const fs::path& vectors, const fs::path& repository) {
    const fs::path tiny = repository / "tests/runtime/tiny";
    const fs::path folder = fs::temp_directory_path() / ("wordgru-sources-" + std::to_string(std::random_device()()));
    fs::create_directory(folder);
    Golden(vectors, repository).run();
    check_commit(tiny);
    check_forgotten();
    check_store(folder);
    check_words(tiny);
    check_typist(tiny);
    fs::remove_all(folder);
}

}  // namespace sources
