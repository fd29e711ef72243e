// The next words of a text on the command line, and a bench: a small program to copy from.
//
//     suggest BUNDLE "the cat" [K]             the K most probable words after the text
//     suggest BUNDLE "the ca" [K] --complete   what the unfinished last word of the text may become
//     suggest BUNDLE --bench FILE [LETTERS]    types each line of a file, asks for 3 words after every letter
//
// With --layout=NAME, qwerty for instance, it sees through slips of the finger on that keyboard.

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "wordgru.hpp"

namespace {

using wordgru::Predictor;
using wordgru::Query;
using Typing = std::optional<wordgru::TypingModel>;

constexpr const char* kUsage =
    "usage: suggest BUNDLE TEXT [K] [--complete] [--layout=NAME] | "
    "suggest BUNDLE --bench FILE [LETTERS] [--layout=NAME]\n";
constexpr std::string_view kLayout = "--layout=";

/// The whole number in an argument. Throws WordgruError if it is none, or below 1.
int number(const std::string& name, const std::string& argument) {
    int value = 0;
    const char* end = argument.data() + argument.size();
    const auto [stop, fault] = std::from_chars(argument.data(), end, value);
    if (fault != std::errc() || stop != end || value < 1) {
        throw wordgru::WordgruError(name + " is '" + argument + "'; expected a whole number from 1 to " +
                                    std::to_string(std::numeric_limits<int>::max()) +
                                    ". If it is part of the text, put the text in quotes.");
    }
    return value;
}

int suggest(const Predictor& predictor, const std::string& text, int k, bool complete, const Typing& typing) {
    Query query;
    query.k = k;
    if (!complete) query.prefix = "";
    const auto found = predictor.session(text, typing).suggest(query);
    for (const auto& item : found) std::printf("%6.2f%%  %s\n", 100 * item.probability, item.word.c_str());
    if (found.autocorrect) std::printf("if the word ends here: %s\n", found.autocorrect->c_str());
    if (!found.exact) std::fprintf(stderr, "not proved to be the most probable words: the budget was spent\n");
    return 0;
}

/// Milliseconds of each keystroke: as a user waits, and of processor time, which a busy machine does not lengthen.
struct Times {
    std::vector<double> waited, computed;
};

/// Type at most `letters` characters of each line.
Times type(const Predictor& predictor, std::ifstream& file, std::size_t letters, const Typing& typing) {
    using Clock = std::chrono::steady_clock;
    Query query;
    query.k = 3;
    Times times;
    for (std::string line; std::getline(file, line);) {
        const wordgru::Characters characters = wordgru::decode(line);
        wordgru::Session session = predictor.session("", typing);
        for (std::size_t i = 0; i < std::min(characters.size(), letters); ++i) {
            const auto started = Clock::now();
            const std::clock_t clock = std::clock();
            session.append(line.substr(characters.starts[i], characters.starts[i + 1] - characters.starts[i]));
            session.suggest(query);
            times.computed.push_back(1e3 * static_cast<double>(std::clock() - clock) / CLOCKS_PER_SEC);
            times.waited.push_back(std::chrono::duration<double, std::milli>(Clock::now() - started).count());
        }
    }
    return times;
}

void print(const char* what, std::vector<double> times) {
    std::sort(times.begin(), times.end());
    const auto at = [&](double q) {
        return times[static_cast<std::size_t>(q * static_cast<double>(times.size() - 1))];
    };
    std::printf("%s: p50 %.2f ms, p90 %.2f ms, p99 %.2f ms, max %.1f ms\n", what, at(0.5), at(0.9), at(0.99), at(1));
}

int bench(const Predictor& predictor, const std::string& name, std::size_t letters, const Typing& typing) {
    std::ifstream file(name);
    const Times times = type(predictor, file, letters, typing);
    if (times.waited.empty()) {
        throw wordgru::WordgruError(name + ": cannot be read, or is empty; expected lines of text.");
    }
    std::printf("%zu keystrokes\n", times.waited.size());
    print("waited   ", times.waited);
    print("processor", times.computed);
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    bool complete = false, measure = false;
    std::vector<std::string> given;
    Typing typing;
    for (const std::string& argument : std::vector<std::string>(arguments + 1, arguments + count)) {
        if (argument == "--complete") complete = true;
        else if (argument == "--bench") measure = true;
        else if (wordgru::starts_with(argument, kLayout)) typing.emplace().layout = argument.substr(kLayout.size());
        else if (argument.rfind("--", 0) == 0) return std::fputs(kUsage, stderr), 2;
        else given.push_back(argument);
    }
    if (given.size() < 2 || (complete && measure)) return std::fputs(kUsage, stderr), 2;
    try {
        if (given.size() > 3) {
            throw wordgru::WordgruError("'" + given[3] + "' is one argument too many; put the text in quotes.");
        }
        const int size = given.size() < 3 ? measure ? 100 : 5 : number(measure ? "LETTERS" : "K", given[2]);
        const Predictor predictor = Predictor::load(given[0]);
        if (measure) return bench(predictor, given[1], static_cast<std::size_t>(size), typing);
        return suggest(predictor, given[1], size, complete, typing);
    } catch (const wordgru::WordgruError& error) {
        return std::fprintf(stderr, "error: %s\n", error.what()), 1;
    }
}
