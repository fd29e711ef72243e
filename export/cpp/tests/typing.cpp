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
#include "wordgru/typing/channel.hpp"

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

    fs::path repository_;
    json vectors_;
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
