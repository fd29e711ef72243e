// The next words of a text on the command line, and a bench: a small program to copy from.
//
//     suggest BUNDLE "the cat" [K]            words after the text; "the ca" completes its unfinished word
//     suggest BUNDLE --bench FILE [LETTERS]   types each line of a file, asks for 3 words after every letter

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "wordgru.hpp"

namespace {

using wordgru::Predictor;
using wordgru::Query;

void suggest(const Predictor& predictor, const std::string& text, int k) {
    Query query;
    query.k = k;
    const bool inside = wordgru::before_last_word(text) < text.size();
    for (const auto& item : inside ? predictor.complete(text, query) : predictor.suggest(text, query)) {
        std::printf("%6.2f%%  %s\n", 100 * item.probability, item.word.c_str());
    }
}

/// Milliseconds of each keystroke: as a user waits, and of processor time, which a busy machine does not lengthen.
struct Times {
    std::vector<double> waited, computed;
};

/// Type at most `letters` characters of each line.
Times type(const Predictor& predictor, std::ifstream& file, std::size_t letters) {
    using Clock = std::chrono::steady_clock;
    Query query;
    query.k = 3;
    Times times;
    for (std::string line; std::getline(file, line);) {
        const wordgru::Characters characters = wordgru::decode(line);
        wordgru::Session session = predictor.session();
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

int bench(const Predictor& predictor, const std::string& name, std::size_t letters) {
    std::ifstream file(name);
    const Times times = type(predictor, file, letters);
    if (times.waited.empty()) {
        return std::fprintf(stderr, "Error: %s: cannot be read, or is empty; expected lines of text.\n", name.c_str()),
               1;
    }
    std::printf("%zu keystrokes\n", times.waited.size());
    print("waited   ", times.waited);
    print("processor", times.computed);
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 3) {
        return std::fprintf(stderr, "usage: suggest BUNDLE TEXT [K] | suggest BUNDLE --bench FILE [LETTERS]\n"), 2;
    }
    try {
        const Predictor predictor = Predictor::load(arguments[1]);
        if (std::string(arguments[2]) == "--bench" && count > 3) {
            return bench(predictor, arguments[3], count > 4 ? std::strtoul(arguments[4], nullptr, 10) : 100);
        }
        suggest(predictor, arguments[2], count > 3 ? std::atoi(arguments[3]) : 5);
    } catch (const wordgru::WordgruError& error) {
        return std::fprintf(stderr, "Error: %s\n", error.what()), 1;
    }
    return 0;
}
