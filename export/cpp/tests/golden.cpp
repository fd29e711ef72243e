// Holds the C++ predictor to the golden vectors: `golden VECTORS REPOSITORY`. The format is in export/golden/README.md.

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

#include "wordgru.hpp"

/// onnxruntime keeps a few hundred bytes to the end of the process; what leaks elsewhere is reported.
extern "C" const char* __lsan_default_suppressions() { return "leak:libonnxruntime"; }

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using namespace wordgru;

int passed = 0, failed = 0;

void expect(bool holds, const std::string& what) {
    ++(holds ? passed : failed);
    if (!holds) std::printf("FAILED %s\n", what.c_str());
}

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
        for (const char* name : {"config.json", "tokenizer.json", "model.onnx"}) fs::copy(bundle / name, folder / name);
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
          predictor_(Predictor::load(bundle_)) {}

    void run() {
        for (const json& each : vectors_.at("kinds")) check_kind(each);
        for (const json& each : vectors_.at("texts")) check_text(each);
        for (const json& each : vectors_.at("suggest")) {
            const std::string context = each.at("context");
            check_reading(context + (wants_space(context) ? " " : ""), each);
            check_found(predictor_.suggest(context, query(each)), each);
        }
        for (const json& each : vectors_.at("complete")) {
            const std::string text = each.at("text");
            check_reading(text.substr(0, before_last_word(text)), each);
            check_found(predictor_.complete(text, query(each)), each);
        }
        for (const json& each : vectors_.at("sessions")) check_session(each);
        for (const json& each : vectors_.at("blocked")) check_blocked(each);
        for (const json& each : vectors_.at("broken_bundles")) check_broken_bundle(each);
        for (const json& each : vectors_.at("broken_calls")) check_broken_call(each);
    }

    const Predictor& predictor() const { return predictor_; }

   private:
    static void check_kind(const json& each) {
        const char* const names[] = {"letter", "combining", "inner", "unspaced", "other"};
        const std::string character = each.at("character");
        const auto found = static_cast<std::size_t>(kind(decode(character).text.at(0)));
        expect(names[found] == each.at("kind"), "the kind of " + each.dump());
    }

    void check_text(const json& each) const {
        const std::string text = each.at("text");
        expect(json(predictor_.tokenizer().encode(text)) == each.at("ids"), "the ids of " + each.at("text").dump());
        const std::size_t start = before_last_word(text);
        expect(text.substr(0, start) == each.at("before") && text.substr(start) == each.at("unfinished"),
               "the last word of " + each.at("text").dump());
        expect(wants_space(text) == each.at("wants_space"),
               "whether a space is missing after " + each.at("text").dump());
    }

    Query query(const json& each) const {
        Query query;
        if (each.contains("prefix") && each["prefix"].is_string()) query.prefix = each["prefix"].get<std::string>();
        query.k = each.value("k", query.k);
        query.ignore_case = each.value("ignore_case", query.ignore_case);
        query.tolerance = each.value("tolerance", vectors_.at("search").at("tolerance").get<double>());
        query.max_expanded = each.value("max_expanded", vectors_.at("search").at("max_expanded").get<int>());
        return query;
    }

    bool close(double found, double expected) const {
        const json& compare = vectors_.at("compare");
        return std::abs(found - expected) <=
               compare.at("absolute").get<double>() + compare.at("relative").get<double>() * expected;
    }

    void check_reading(const std::string& head, const json& each) const {
        auto [ids, gap] = predictor_.tokenizer().encode_context(predictor_.tokenizer().familiar(head));
        ids.insert(ids.begin(), kEndOfText);
        expect(json(ids) == each.at("ids") && gap == each.at("gap"), "the pieces before the word of " + each.dump());
        const LanguageModel& model = predictor_.model();
        const State state = model.advance(ids.begin(), ids.end() - 1, model.initial_state());
        Floats probabilities = model.step({ids.back()}, {&state})[0].logits;
        softmax(probabilities);
        for (const json& piece : each.at("next_pieces")) {
            const double found = probabilities.at(piece.at("id").get<std::size_t>());
            expect(close(found, piece.at("probability")), "the probability of a piece of " + each.dump());
        }
    }

    void check_found(const Suggestions& found, const json& each) const {
        expect(found.exact == each.at("exact"), "whether it is exact: " + each.dump());
        if (!each.contains("words")) return;
        json among = each.at("words");
        among.insert(among.end(), each.at("near").begin(), each.at("near").end());
        bool right = found.size() >= each.at("words").size();
        std::vector<std::string> seen;
        for (std::size_t i = 0; right && i < each.at("words").size(); ++i) {
            const auto& [word, probability, pieces] = found[i];
            const auto same =
                std::find_if(among.begin(), among.end(), [&w = word](const json& a) { return a.at("word") == w; });
            right = same != among.end() && close(probability, same->at("probability")) &&
                    close(probability, each.at("words")[i].at("probability")) &&
                    std::find(seen.begin(), seen.end(), word) == seen.end();
            seen.push_back(word);
        }
        std::string got;
        for (const auto& item : found) got += " " + item.word + " " + std::to_string(item.probability);
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
                expect(session.text() == step.at("text"), "the text of the session: " + each.at("name").dump());
                check_found(session.suggest(query(step)), step);
            }
        }
    }

    void check_blocked(const json& each) const {
        Copy copy(bundle_);
        write_file(copy.folder / "blocked.txt", each.at("blocked_txt"));
        copy.edit({{"edit", "rehash"}});
        const std::string context = each.at("context");
        check_found(Predictor::load(copy.folder).suggest(context, query(each)), each);
        LoadOptions options;
        options.block_words = false;
        const Suggestions all = Predictor::load(copy.folder, options).suggest(context, query(each));
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

bool same(const Suggestions& one, const Suggestions& other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end(), [](const auto& a, const auto& b) {
        return a.word == b.word && std::abs(a.probability - b.probability) <= 1e-4 + 2e-2 * b.probability;
    });
}

/// However a text came about, a session answers what a new one answers; and it stays small.
void check_edits(const Predictor& predictor) {
    const std::vector<std::string> typed = {
        "the cat", " ",  "'",  "-",   ".\n", "日本", "é", "e\u0301", "sat on the mat and then ",
        "\"",      "  ", "\t", "don", "😀"};
    std::mt19937 random(0);
    const auto below = [&](std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random); };
    Session session = predictor.session();
    for (int i = 0; i < 300; ++i) {
        const std::size_t what = below(8);
        if (what < 5) session.append(typed[below(typed.size())]);
        else if (what < 7) session.erase(static_cast<int>(below(9)));
        else session.set(session.text().substr(0, before_last_word(session.text())) + typed[below(typed.size())]);
        Session copy = session;
        expect(same(session.suggest(), predictor.complete(session.text())), "the edits up to " + session.text());
        copy.append(" the cat");
        copy.suggest();
    }
    for (int i = 0; i < 500; ++i) {
        session.append("the cat sat. ");
        session.suggest();
    }
    expect(session.size() < 64000, "a session of " + std::to_string(session.size()) + " bytes");
}

/// One predictor serves many threads.
void check_threads(const Predictor& predictor) {
    const std::vector<std::string> texts = {"the ca", "He was", "I ♥ ", "", "The old man had put the k"};
    std::vector<Suggestions> alone(texts.size()), together(texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) alone[i] = predictor.complete(texts[i]);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        threads.emplace_back([&, i] {
            for (int again = 0; again < 10; ++again) together[i] = predictor.complete(texts[i]);
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (std::size_t i = 0; i < texts.size(); ++i) expect(same(alone[i], together[i]), "threads: " + texts[i]);
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) return std::fprintf(stderr, "usage: golden VECTORS REPOSITORY\n"), 2;
    try {
        Golden golden(arguments[1], arguments[2]);
        golden.run();
        check_edits(golden.predictor());
        check_threads(golden.predictor());
    } catch (const std::exception& error) {
        expect(false, error.what());
    }
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed ? 1 : 0;
}
