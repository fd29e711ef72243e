// Holds what was typed to the golden vectors of export/golden/typing: `typing VECTORS REPOSITORY`.
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "checks.hpp"
#include "wordgru.hpp"

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
        {"unknown", &TypingModel::unknown},
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
        std::printf("not asked what is offered in %d addresses: words are offered there, for there are no habits of form\n", skipped_);
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
        if (session.text().find('@') != std::string::npos) ++skipped_;
        else {
            const Suggestions found = session.suggest(query());
            expect(found.exact == each.at("exact"), "exact: " + what);
            const json autocorrect = found.autocorrect ? json(*found.autocorrect) : json();
            expect(autocorrect == each.at("autocorrect"), "autocorrect: " + what + ": " + autocorrect.dump());
            check_words(found, each.at("suggest"), "suggest: " + what);
        }
        check_words(session.corrections(query()), each.at("corrections"), "corrections: " + what);
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
    mutable int skipped_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) return std::fprintf(stderr, "usage: typing VECTORS REPOSITORY\n"), 2;
    try {
        Golden(arguments[1], arguments[2]).run();
    } catch (const std::exception& error) {
        return std::fprintf(stderr, "error: %s\n", error.what()), 1;
    }
    std::printf("%d held, %d failed\n", passed, failed);
    return failed || !passed;
}
