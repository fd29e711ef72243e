// Holds the C++ predictor to the golden vectors: `tests golden VECTORS REPOSITORY`. The format is in export/golden/README.md.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "checks.hpp"
#include "wordgru.hpp"

namespace golden {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using namespace wordgru;

std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error(path.string() + " cannot be read");
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const fs::path& path, const std::string& content) { std::ofstream(path, std::ios::binary) << content; }

/// A copy of a bundle, gone at the end.
class Copy {
   public:
    explicit Copy(const fs::path& bundle) : folder(fs::temp_directory_path() / ("wordgru-" + random_name())) {
        fs::create_directory(folder);
        for (const char* name : {"config.json", "tokenizer.json", "model.onnx", "known.bin"}) {
            if (fs::exists(bundle / name)) fs::copy(bundle / name, folder / name);
        }
    }
    ~Copy() { fs::remove_all(folder); }
    Copy(const Copy&) = delete;
    Copy& operator=(const Copy&) = delete;

    void edit(const json& step) {
        const std::string what = step.at("edit");
        if (what == "remove_folder") {
            fs::remove_all(folder);
        } else if (what == "rehash") {
            change_config([&](json& config) {
                for (const char* name : {"tokenizer.json", "model.onnx", "blocked.txt"}) {
                    if (fs::exists(folder / name)) config["files"][name] = sha256(read_file(folder / name));
                }
            });
        } else if (what == "set" || what == "unset") {
            change_config([&](json& config) { change(config, step); });
        } else {
            edit_file(folder / step.at("file").get<std::string>(), what, step);
        }
    }

    const fs::path folder;

   private:
    static std::string random_name() {
        std::random_device device;
        return std::to_string(device()) + std::to_string(device());
    }

    static void edit_file(const fs::path& path, const std::string& what, const json& step) {
        if (what == "remove") fs::remove(path);
        else if (what == "write") write_file(path, step.at("text"));
        else if (what == "append") write_file(path, read_file(path) + step.at("text").get<std::string>());
        else if (what == "drop_end") fs::resize_file(path, fs::file_size(path) - step.at("bytes").get<std::size_t>());
        else throw std::runtime_error("an unknown edit: " + what);
    }

    static void change(json& config, const json& step) {
        json* at = &config;
        const json& keys = step.at("key");
        for (std::size_t i = 0; i + 1 < keys.size(); ++i) at = &at->at(keys[i].get<std::string>());
        const std::string last = keys.back();
        if (step.at("edit") == "set") (*at)[last] = step.at("value");
        else at->erase(last);
    }

    template <typename Change>
    void change_config(Change&& change) {
        json config = json::parse(read_file(folder / "config.json"));
        change(config);
        write_file(folder / "config.json", config.dump());
    }
};

class Golden {
   public:
    Golden(const fs::path& vectors, const fs::path& repository)
        : vectors_(json::parse(read_file(vectors))),
          bundle_(repository / vectors_.at("bundle").at("path").get<std::string>()),
          predictor_(load(bundle_)) {}

    void run() {
        for (const json& each : vectors_.at("texts")) check_text(each);
        for (const json& each : vectors_.at("suggest")) {
            const std::string context = each.at("context");
            check_reading(context + (wants_space(context) ? " " : ""), each);
            check_found(fresh(each).suggest(context, query(each)), each);
        }
        for (const json& each : vectors_.at("complete")) {
            const std::string text = each.at("text");
            const auto [before, unfinished] = split_last(text);
            check_reading(std::string(before) + (unfinished.empty() && wants_space(before) ? " " : ""), each);
            check_found(fresh(each).complete(text, query(each)), each);
        }
        for (const json& each : vectors_.at("sessions")) check_session(each);
        for (const json& each : vectors_.at("phrases")) check_phrases(each);
        for (const json& each : vectors_.at("decode")) {
            const std::string text = predictor_.tokenizer().decode(each.at("ids").get<Ids>());
            expect(text == each.at("text"), "got " + text + " for " + each.dump());
        }
        for (const json& each : vectors_.at("score")) check_score(each);
        for (const json& each : vectors_.at("blocked")) check_blocked(each);
        for (const json& each : vectors_.at("broken_bundles")) check_broken_bundle(each);
        for (const json& each : vectors_.at("broken_calls")) check_broken_call(each);
    }

    const Predictor& predictor() const { return predictor_; }
    const fs::path& bundle() const { return bundle_; }

   private:
    /// A predictor that offers words as the vectors have them.
    static Predictor load(const fs::path& bundle, bool block_words = true) {
        LoadOptions options;
        options.block_words = block_words;
        options.typist = kAsRead;
        return Predictor::load(bundle, options);
    }

    void check_text(const json& each) const {
        const std::string text = each.at("text"), what = " of " + each.at("text").dump();
        const Tokenizer& tokenizer = predictor_.tokenizer();
        const std::string normal = tokenizer.normalize(text);
        expect(normal == each.at("normal"), "the normal form" + what);
        expect(json(tokenizer.encode(text)) == each.at("ids"), "the ids" + what);
        expect(pre_tokens(text.empty() ? "" : " " + normal) == each.at("pre_tokens"), "the pre-tokens" + what);
        const auto [before, unfinished] = split_last(normal);
        expect(before == each.at("before") && unfinished == each.at("unfinished"), "the last word" + what);
        expect(wants_space(normal) == each.at("wants_space"), "whether a space is missing after the end" + what);
    }

    static json pre_tokens(std::string text) {
        replace_all(text, "\n", "\n ");
        const char* const names[] = {"word", "unspaced", "emoji", "marks", "space"};
        const Characters found = decode(text);
        json cut = json::array();
        for (std::size_t at = 0; at < found.size();) {
            const std::size_t end = detail::pre_token_end(found.text, at);
            const std::string pre_token = text.substr(found.starts[at], found.starts[end] - found.starts[at]);
            cut.push_back({pre_token, names[static_cast<int>(kind(decode(pre_token).text))]});
            at = end;
        }
        return cut;
    }

    Query query(const json& each) const {
        Query query;
        if (each.contains("prefix") && each["prefix"].is_string()) query.prefix = each["prefix"].get<std::string>();
        query.k = each.value("k", query.k);
        query.options.ignore_case = each.value("ignore_case", false);
        query.options.punctuation = each.value("punctuation", false);
        query.options.tolerance = each.value("tolerance", vectors_.at("search").at("tolerance").get<double>());
        query.options.max_rows = each.value("max_rows", vectors_.at("search").at("max_rows").get<int>());
        query.options.batch = each.value("batch", query.options.batch);
        if (each.contains("max_seconds")) query.options.max_seconds = each["max_seconds"].get<double>();
        return query;
    }

    /// A predictor that remembers no rows, where the case has a budget of them.
    Predictor fresh(const json& each) const {
        return each.contains("max_rows") ? load(bundle_) : predictor_;
    }

    bool close(double found, double expected, double tolerance = 0) const {
        const json& compare = vectors_.at("compare");
        return std::abs(found - expected) <=
               compare.at("absolute").get<double>() + compare.at("relative").get<double>() * expected + tolerance;
    }

    void check_reading(const std::string& head, const json& each) const {
        if (!each.contains("ids")) return;
        auto [ids, gap] = predictor_.tokenizer().encode_context(head);
        ids.insert(ids.begin(), kEndOfText);
        expect(json(ids) == each.at("ids") && gap == each.at("gap"), "the tokens before the word of " + each.dump());
        const LanguageModel& model = predictor_.model();
        const State state = model.advance(ids.begin(), ids.end() - 1, model.initial_state());
        const auto probabilities = model.step({ids.back()}, {&state})[0].probabilities;
        for (const json& token : each.at("next_tokens")) {
            const double found = probabilities.at(token.at("id").get<std::size_t>());
            expect(close(found, token.at("probability")), "the probability of a token of " + each.dump());
        }
    }

    void check_found(const Suggestions& found, const json& each) const {
        expect(found.exact == each.at("exact"), "whether it is exact: " + each.dump());
        expect(found.space == each.at("space"), "whether a space is missing: " + each.dump());
        if (each.contains("count")) {
            const bool within = found.rows <= each.at("max_rows").get<std::size_t>();
            expect(within && found.size() == each.at("count"), "the rows, or how many words came: " + each.dump());
            return;
        }
        const double tolerance = each.value("tolerance", 0.0);
        json among = each.at("words");
        among.insert(among.end(), each.at("near").begin(), each.at("near").end());
        bool right = found.size() >= each.at("words").size();
        std::vector<std::string> seen;
        for (std::size_t i = 0; right && i < each.at("words").size(); ++i) {
            const std::string& word = found[i].word;
            const double probability = found[i].probability;
            const auto same =
                std::find_if(among.begin(), among.end(), [&](const json& a) { return a.at("word") == word; });
            right = same != among.end() && close(probability, same->at("probability"), tolerance) &&
                    close(probability, each.at("words")[i].at("probability"), tolerance) &&
                    std::find(seen.begin(), seen.end(), word) == seen.end();
            seen.push_back(word);
        }
        std::string got;
        for (const auto& item : found) got += " " + item.word + " " + std::to_string(item.probability);
        expect(right, "got" + got + " for " + each.dump());
    }

    void check_phrases(const json& each) const {
        Suggestions found;
        for (const Phrase& phrase : predictor_.phrases(each.at("context"), phrase_query(each))) {
            found.items.push_back({phrase.text, phrase.probability, {}, {}});
        }
        json expected = {{"exact", true}, {"space", false}, {"words", json::array()}, {"near", json::array()}};
        for (const json& phrase : each.at("phrases")) {
            expected["words"].push_back({{"word", phrase.at("text")}, {"probability", phrase.at("probability")}});
        }
        check_found(found, expected);
        expect(found.size() == each.at("phrases").size(), "how many phrases: " + each.dump());
    }

    PhraseQuery phrase_query(const json& each) const {
        PhraseQuery query;
        query.k = each.value("k", query.k);
        query.max_words = each.value("max_words", query.max_words);
        query.threshold = each.value("threshold", query.threshold);
        query.options = this->query(each).options;
        return query;
    }

    void check_score(const json& each) const {
        const std::string text = each.at("text");
        const std::vector<Score> found = predictor_.score(text);
        const json& units = each.at("units");
        bool right = found.size() == units.size();
        std::string got;
        for (std::size_t i = 0; right && i < found.size(); ++i) {
            const Score& unit = found[i];
            const double off = std::abs(unit.log_probability - units[i].at("log_probability").get<double>());
            right = unit.text == units[i].at("text") && off <= vectors_.at("compare").at("nats").get<double>() &&
                    decode(text.substr(0, unit.start)).size() == units[i].at("start");
            got += " " + unit.text + " " + std::to_string(unit.start) + " " + std::to_string(unit.log_probability);
        }
        expect(right, "got" + got + " for " + each.dump());
    }

    void check_session(const json& each) const {
        Session session = predictor_.session();
        for (const json& step : each.at("steps")) {
            const std::string what = step.at("do");
            if (what == "append") session.append(step.at("text").get<std::string>());
            else if (what == "set") session.set(step.at("text"));
            else if (what == "delete") session.erase(step.at("count"));
            else {
                const bool same = step.at("text").is_null() || session.text() == step.at("text");
                expect(same, "the text of the session: " + each.at("name").dump());
                Session asked = step.contains("max_rows") ? fresh(step).session(session.text()) : session;
                check_found(asked.suggest(query(step)), step);
                session = step.contains("max_rows") ? session : asked;
            }
        }
    }

    void check_blocked(const json& each) const {
        Copy copy(bundle_);
        write_file(copy.folder / "blocked.txt", each.at("blocked_txt"));
        copy.edit({{"edit", "rehash"}});
        const std::string context = each.at("context");
        check_found(load(copy.folder).suggest(context, query(each)), each);
        const Suggestions all = load(copy.folder, false).suggest(context, query(each));
        const Suggestions plain = predictor_.suggest(context, query(each));
        const auto same = [](const Suggestion& a, const Suggestion& b) { return a.word == b.word; };
        expect(std::equal(all.begin(), all.end(), plain.begin(), plain.end(), same), "nothing blocked: " + each.dump());
    }

    void check_broken_bundle(const json& each) const {
        Copy copy(bundle_);
        for (const json& step : each.at("edits")) copy.edit(step);
        refuses([&] { Predictor::load(copy.folder); }, each);
    }

    void check_broken_call(const json& each) const {
        const json arguments = each.value("arguments", json::object());
        if (arguments.value("k", 1.0) != arguments.value("k", 1)) return;  // C++ has no such k
        std::string text = arguments.value("context", arguments.value("text", ""));
        if (each.contains("not_unicode")) {
            text.clear();
            for (const json& byte : each["not_unicode"].at("utf8")) text.push_back(static_cast<char>(byte.get<int>()));
        }
        refuses(
            [&] {
                const std::string call = each.at("call");
                if (call == "suggest") predictor_.suggest(text, query(arguments));
                else if (call == "complete") predictor_.complete(text, query(arguments));
                else if (call == "phrases") predictor_.phrases(text, phrase_query(arguments));
                else if (call == "delete") predictor_.session().erase(arguments.at("count"));
                else throw std::logic_error("an unknown call: " + call);
            },
            each);
    }

    /// The call must fail with the error expected or a child of it, in one line.
    template <typename Call>
    static void refuses(Call&& call, const json& each) {
        std::string raised = "nothing", message;
        try {
            call();
        } catch (const BundleError& error) {
            raised = "BundleError", message = error.what();
        } catch (const WordgruError& error) {
            raised = "WordgruError", message = error.what();
        } catch (const std::exception& error) {
            raised = error.what();
        }
        const bool child = raised == "BundleError" && each.at("error") == "WordgruError";
        expect((raised == each.at("error") || child) && !message.empty() && message.find('\n') == message.npos,
               raised + " was raised (" + message + ") for " + each.dump());
    }

    json vectors_;
    fs::path bundle_;
    Predictor predictor_;
};

constexpr double kTolerance = 1e-3;

/// Whether two answers differ by rounding and by the tolerance alone: a word may be missing where it is no better than
/// the last one, or less probable than the tolerance. Answers that a budget ended are not compared: rows remembered from before lead further.
bool same(const Suggestions& one, const Suggestions& other) {
    if (!one.exact || !other.exact) return true;
    const auto close = [](double a, double b) { return std::abs(a - b) <= kTolerance + 1e-4 + 2e-2 * b; };
    bool right = true;
    for (std::size_t i = std::min(one.size(), other.size()); i < std::max(one.size(), other.size()); ++i) {
        right = right && (i < one.size() ? one : other)[i].probability <= kTolerance;
    }
    for (std::size_t i = 0; right && i < std::min(one.size(), other.size()); ++i) {
        const auto twin =
            std::find_if(other.begin(), other.end(), [&](auto& item) { return item.word == one[i].word; });
        const double expected = (twin == other.end() ? other.items.back() : *twin).probability;
        right = close(one[i].probability, other[i].probability) && close(one[i].probability, expected);
    }
    return right;
}

/// However a text came about, a session answers what a new one answers; and it stays small.
void check_edits(const Predictor& predictor) {
    const std::vector<std::string> typed = {
        "the cat", " ",  "'",  "-",   ".\n", "日本", "é", "e\u0301", "sat on the mat and then ",
        "\"",      "  ", "\t", "don", "😀"};
    std::mt19937 random(0);
    const auto below = [&](std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random); };
    Query query;
    query.options.tolerance = kTolerance;
    query.options.max_rows = 500;
    Session session = predictor.session();
    for (int i = 0; i < 300; ++i) {
        const std::size_t what = below(8);
        if (what < 5) session.append(typed[below(typed.size())]);
        else if (what < 7) session.erase(static_cast<int>(below(9)));
        else session.set(std::string(split_last(session.text()).first) + typed[below(typed.size())]);
        Session copy = session;
        const Suggestions whole = predictor.complete(session.text(), query);
        expect(same(session.suggest(query), whole), "the edits up to " + session.text());
        if (i % 10 == 0) session = predictor.restore(session.save());
        expect(same(session.suggest(query), whole), "the edits, restored, up to " + session.text());
        copy.append(" the cat");
        copy.suggest();
    }
    for (int i = 0; i < 500; ++i) {
        session.append("the cat sat. ");
        session.suggest();
    }
    session.append("Then ");  // of a long text only the end was read, and so it stays
    Session restored = predictor.restore(session.save());
    expect(same(restored.suggest(query), session.suggest(query)), "a long text, restored");
    expect(session.size() < 96000, "a session of " + std::to_string(session.size()) + " bytes");
}

/// What is no saved session of this model is refused.
void check_saved(const Predictor& predictor) {
    const auto refuses = [&](const std::string& data, const std::string& what) {
        try {
            predictor.restore(data);
            expect(false, "a saved session is restored that is " + what);
        } catch (const WordgruError& error) {
            expect(std::string(error.what()).find('\n') == std::string::npos, what);
        }
    };
    const std::string data = predictor.session("the cat sat on").save();
    expect(predictor.restore(data).text() == "the cat sat on", "the text of a saved session");
    refuses("", "empty");
    refuses(data.substr(0, 100), "cut in its head");
    refuses(data.substr(0, data.size() - 1), "cut short");
    std::string other = data;
    other[data.find('\n') + 1] ^= 1;
    refuses(other, "of another model");
    other = data;
    other.back() ^= 1;
    refuses(other, "changed");
    const std::size_t head = data.find('\n') + 1 + 64, start = head + 64;
    const auto forged = [&](std::string body) { return data.substr(0, head) + sha256(body) + std::move(body); };
    const std::string body = data.substr(start);
    expect(predictor.restore(forged(body)).text() == "the cat sat on", "a session with its hash made again");
    for (std::size_t size = 0; size < body.size(); size += 1 + size / 8)
        refuses(forged(body.substr(0, size)), "forged");
    refuses(forged(body + "x"), "longer");
    std::mt19937 random(0);
    for (int i = 0; i < 300; ++i) {  // whatever bytes, it is refused or goes on
        std::string bytes = body;
        for (int flips = 0; flips < 3; ++flips) {
            const std::size_t at = random() % std::min<std::size_t>(i % 2 ? 120 : body.size(), body.size());
            bytes[at] = static_cast<char>(random());
        }
        try {
            predictor.restore(forged(std::move(bytes))).suggest();
        } catch (const WordgruError&) {
            continue;
        }
    }
}

/// Text that goes on, as in the vectors of the mixture where they are of this bundle; and the same for the same seed.
void check_generated(const Predictor& predictor, const json& vectors) {
    GenerateOptions options;
    options.temperature = 0;
    for (const json& each : vectors.at("generated")) {
        options.max_words = each.at("max_words");
        const std::string text = predictor.generate(each.at("context"), options);
        expect(text == each.at("text"), "got " + text + " for " + each.dump());
    }
    const std::string parts = "\u1100\u1161\u11A8 of";  // a letter in parts belongs to one word
    expect(predictor.score(parts)[0].text == parts.substr(0, 9), "a score of " + parts);
    const auto drawn = [&](double temperature, double top_p, std::uint64_t seed) {
        return predictor.generate("the cat ", {12, temperature, top_p, seed});
    };
    expect(drawn(1, 1, 7) == drawn(1, 1, 7) && drawn(1, 1, 7) != drawn(1, 1, 8), "text by its seed");
    expect(drawn(1, 1e-9, 7) == drawn(0, 1, 8), "the most probable text, of a small share");
    expect(predictor.generate("the cat", {0}).find(' ') == std::string::npos, "no word after the last one");
    const auto is_refused = [&](const GenerateOptions& wrong, const std::string& says) {
        refuses([&] { predictor.generate("the cat", wrong); }, says);
    };
    is_refused({-1}, "max_words is -1; expected a whole number of at least 0");
    is_refused({1, -0.5}, "temperature is -0.5; expected a number of at least 0");
    is_refused({1, 1, 0}, "top_p is 0; expected a number above 0 and at most 1");
    refuses([&] { predictor.generate("\xFF"); }, "is not UTF-8");
    refuses([&] { predictor.score("\xFF"); }, "is not UTF-8");
}

/// One predictor serves many threads.
void check_threads(const Predictor& predictor) {
    const std::vector<std::string> texts = {"the ca", "He was", "I ♥ ", "", "The old man had put the k"};
    std::vector<Suggestions> alone(texts.size()), together(texts.size());
    Query query;
    query.options.tolerance = kTolerance;
    for (std::size_t i = 0; i < texts.size(); ++i) alone[i] = predictor.complete(texts[i], query);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        threads.emplace_back([&, i] {
            for (int again = 0; again < 10; ++again) together[i] = predictor.complete(texts[i], query);
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (std::size_t i = 0; i < texts.size(); ++i) expect(same(alone[i], together[i]), "threads: " + texts[i]);
}

}  // namespace

void run(const fs::path& vectors, const fs::path& repository) {
    Golden golden(vectors, repository);
    golden.run();
    const json mixture = json::parse(read_file(repository / "export/golden/mixture/tiny.json"));
    if (repository / mixture.at("bundles")[0].get<std::string>() == golden.bundle()) {
        check_generated(golden.predictor(), mixture);
    }
    check_edits(golden.predictor());
    check_saved(golden.predictor());
    check_threads(golden.predictor());
}

}  // namespace golden
