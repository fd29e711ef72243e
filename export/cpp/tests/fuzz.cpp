// Broken files and any text against the C++ code, best under the sanitizers: each is answered, or refused in one line.
//
//     tests fuzz BUNDLE SECONDS [SEED]     random changes to the files of a bundle, saved sessions and texts
//
// With the variable WORDGRU_FUZZ_SAYS it prints why something was refused.
//
// With clang, -DWORDGRU_LIBFUZZER=ON makes it a target of libFuzzer beside that: fuzz -max_total_time=SECONDS; the
// variable WORDGRU_FUZZ_BUNDLE names the bundle. The first byte of an input says what the others are.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <wordgru/sha256.hpp>
#include "wordgru.hpp"

namespace fuzz {
namespace {

namespace fs = std::filesystem;

enum Kind : std::uint8_t { kText, kTokenizer, kConfig, kGraph, kBlocked, kSession, kLayout, kKinds };
constexpr const char* kNames[] = {"texts", "tokenizers", "configs", "graphs", "block lists", "saved sessions", "layouts"};
constexpr unsigned kSeconds = 30;  // after which an input hangs

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write(const fs::path& path, const std::string& content) { std::ofstream(path, std::ios::binary) << content; }

/// A bundle that is whole, and a copy of it to break.
struct Place {
    fs::path whole, broken;
    wordgru::Predictor predictor;
    long answered = 0, refused = 0;

    explicit Place(const fs::path& bundle)
        : whole(bundle),
          broken(fs::temp_directory_path() / ("wordgru-fuzz-" + std::to_string(getpid()))),
          predictor(wordgru::Predictor::load(bundle)) {
        fs::create_directories(broken);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { fs::remove_all(broken); }

    /// Copy the bundle with one file of another content, and the hash of that.
    void forge(const char* name, const std::string& content) const {
        fs::copy(whole, broken, fs::copy_options::overwrite_existing | fs::copy_options::recursive);
        fs::remove(broken / "blocked.txt");
        write(broken / name, content);
        nlohmann::json config = nlohmann::json::parse(read(whole / "config.json"));
        config["files"][name] = wordgru::sha256(content);
        write(broken / "config.json", config.dump());
    }
};

/// What was meant by a text, with touches behind it.
void meant(const wordgru::Predictor& predictor, const std::string& text, const wordgru::TypingModel& typing) {
    wordgru::Session session = predictor.session(text, typing);
    for (std::size_t at = 0; at < 3; ++at) session.touch(static_cast<double>(text.size() % 11), 0.3);
    session.suggest();
    session.corrections();
    if (session.autocorrect(0.1)) session.undo();
    wordgru::corrections(session.text().substr(0, session.text().find(' ', 99)), predictor.session("", typing), 0.1);
}

void use(const wordgru::Predictor& predictor, const std::string& text) {
    wordgru::Session session = predictor.session("the ca");
    for (std::size_t at = 0; at < text.size(); at += 1 + text.size() / 4) {  // cut anywhere, inside characters too
        try {
            session.set(text.substr(0, at));
            session.suggest();
        } catch (const wordgru::WordgruError&) {  // half a character
        }
    }
    session.set(text);
    session.suggest();
    predictor.suggest(text);
    predictor.complete(text);
    predictor.score(text);
    predictor.restore(session.save()).suggest();
    meant(predictor, text, {});
}

void run(Place& place, Kind kind, const std::string& content) {
    alarm(kSeconds);
    try {
        switch (kind) {
            case kText:
                use(place.predictor, content);
                place.predictor.generate(content, {2, 1, 1, 7});
                break;
            case kSession: place.predictor.restore(content).suggest(); break;
            case kLayout: {
                wordgru::TypingModel typing;
                typing.layout = (place.broken / "layout.json").string();
                write(typing.layout, content);
                meant(place.predictor, "the cta", typing);
                break;
            }
            case kConfig:
                place.forge("model.onnx", read(place.whole / "model.onnx"));
                write(place.broken / "config.json", content);
                use(wordgru::Predictor::load(place.broken), "the ca");
                break;
            case kTokenizer: place.forge("tokenizer.json", content);
                use(wordgru::Predictor::load(place.broken), "the cat’s");
                break;
            case kGraph: place.forge("model.onnx", content);
                use(wordgru::Predictor::load(place.broken), "the ca");
                break;
            default: place.forge("blocked.txt", content);
                use(wordgru::Predictor::load(place.broken), "the ca");
        }
        ++place.answered;
    } catch (const wordgru::WordgruError& error) {  // anything else ends the program, as it should
        if (std::string_view(error.what()).find('\n') != std::string_view::npos) {
            std::fprintf(stderr, "an error of several lines: %s\n", error.what());
            std::abort();
        }
        ++place.refused;
        if (std::getenv("WORDGRU_FUZZ_SAYS")) std::printf("%s\n", error.what());
    }
    alarm(0);
}

/// A bit turned, a cut, bytes swapped, repeated, put in or left out.
std::string changed(std::string content, std::mt19937& random) {
    const auto below = [&](std::size_t count) { return random() % std::max<std::size_t>(count, 1); };
    const std::size_t times = random() % 4 ? 1 : 1 + below(8);
    for (std::size_t time = 0; time < times; ++time) {
        const std::size_t at = below(content.size() + 1), width = std::min(content.size() - at, below(64));
        static const char* const kOdd[] = {"\xff", "\"", "\xe2\x80\x99", "[[[[[[[[", "-1", "1e400", "\xed\xa0\x80", "null"};
        switch (random() % 6) {
            case 0: if (at < content.size()) content[at] = static_cast<char>(content[at] ^ (1 << below(8))); break;
            case 1: content.resize(at); break;
            case 2: content.insert(at, content.substr(below(content.size()), width)); break;
            case 3: content.erase(at, width); break;
            case 4: content.insert(at, kOdd[below(std::size(kOdd))]); break;
            default: if (at < content.size()) content[at] = static_cast<char>(random() % 256);
        }
    }
    return content;
}

}  // namespace

#ifdef WORDGRU_LIBFUZZER
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static fuzz::Place place(std::getenv("WORDGRU_FUZZ_BUNDLE"));
    if (size) fuzz::run(place, static_cast<fuzz::Kind>(data[0] % fuzz::kKinds), {reinterpret_cast<const char*>(data + 1), size - 1});
    return 0;
}
#else
void run(const fs::path& bundle, int seconds, unsigned seed) {
    Place place(bundle);
    std::mt19937 random(seed);
    const std::vector<std::string> texts = {
        "the cat sat on the mat. \"Don’t know,\" said a well-known dog — 日本 is  far.\n", "שלום צה\"ל می‌خواهم नमस्ते 안녕하ㅅ ไทย",
        "😀👩🏽\u200d🦰🇩🇪🇩 naïve e\u0301\u0327 İstanbul ſ ŉ \u200b\u200f\u00ad\ufeff\r\n\u2028\u00a0", std::string("\0\x1b\x7f", 3),
    };
    const std::vector<std::string> whole[kKinds] = {
        texts, {read(place.whole / "tokenizer.json")}, {read(place.whole / "config.json")},
        {read(place.whole / "model.onnx")}, {"today,eats\r\n# all\nnaïve; don’t\n"},
        {place.predictor.session(texts[0]).save(), place.predictor.session("").save()},
        {R"({"name": "é", "rows": [{"x": 0, "y": 0, "keys": "qwertzé"}, {"x": 0.5, "y": 1, "keys": "asdk'"}]})"},
    };
    long runs[kKinds] = {};
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    while (std::chrono::steady_clock::now() < end) {
        const auto kind = static_cast<Kind>(random() % kKinds);
        std::string content = changed(whole[kind][random() % whole[kind].size()], random);
        if (kind == kText && random() % 4 == 0) content += changed(texts[random() % texts.size()], random);
        write(place.broken.string() + ".last", content);  // what it was, if the program ends here
        run(place, kind, content);
        ++runs[kind];
    }
    fs::remove(place.broken.string() + ".last");
    for (int kind = 0; kind < kKinds; ++kind) std::printf("%ld %s, ", runs[kind], kNames[kind]);
    std::printf("%ld answered, %ld refused in a line\n", place.answered, place.refused);
    std::fflush(stdout);
}

}  // namespace fuzz
#endif
