// Text that goes on, drawn from the model: `Predictor.generate` of `wordgru/predictor.py` in C++.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "session.hpp"

namespace wordgru {

/// How text is drawn.
struct GenerateOptions {
    int max_words = 50;      ///< words to draw at most; the text may end earlier
    double temperature = 1;  ///< below 1 more probable tokens, above 1 less; 0 always the most probable
    double top_p = 1;        ///< only the most probable tokens whose probabilities reach this sum
    std::optional<std::uint64_t> seed = std::nullopt;  ///< the same seed gives the same text; another one than in Python
};

namespace detail {

/// Draws places by their probabilities.
class Drawing {
   public:
    /// Throws WordgruError if a number is out of its range.
    explicit Drawing(const GenerateOptions& options) : options_(options) {
        const double infinite = std::numeric_limits<double>::infinity();
        Range{0, infinite, false, false, true}.check("max_words", options.max_words);
        Range{0}.check("temperature", options.temperature);
        Range{0, 1, true}.check("top_p", options.top_p);
        random_.seed(options.seed ? *options.seed : std::random_device()());
    }

    /// The place of one of the most probable that reach `top_p` together.
    template <typename Share>
    std::size_t operator()(const std::vector<Share>& probabilities) {
        const std::vector<double> shares = tempered(probabilities);
        std::vector<std::size_t> order(shares.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(), [&](auto one, auto other) { return shares[one] > shares[other]; });
        std::size_t count = 0;
        double reached = 0;
        while (count < order.size() && reached < options_.top_p) reached += shares[order[count++]];
        double left = reached * static_cast<double>(random_() >> 11) * 0x1p-53;  // the same in every standard library
        for (std::size_t at = 0; at < count; ++at) {
            left -= shares[order[at]];
            if (left < 0) return order[at];
        }
        return order[0];
    }

   private:
    static constexpr double kColdest = 1e-4;

    /// The distribution at the temperature: each probability to the power of 1 / temperature, normalized.
    template <typename Share>
    std::vector<double> tempered(const std::vector<Share>& probabilities) const {
        const double most = *std::max_element(probabilities.begin(), probabilities.end());
        const double power = 1 / std::max(options_.temperature, kColdest);
        std::vector<double> shares;
        shares.reserve(probabilities.size());
        for (const Share each : probabilities) shares.push_back(std::pow(each / most, power));
        const double total = std::accumulate(shares.begin(), shares.end(), 0.0);
        for (double& share : shares) share /= total;
        return shares;
    }

    GenerateOptions options_;
    std::mt19937_64 random_;
};

/// See `Predictor::generate`; `session` holds the context.
inline std::string generated(const Engine& engine, Session session, const GenerateOptions& options) {
    constexpr int kDrawn = 50;  // words that a word cut by the end of a text may become, where one is drawn
    Drawing draw(options);
    const std::string context = session.text();
    std::string written;
    int left = options.max_words;
    if (left > 0 && !context.empty()) {
        Query query;
        query.k = kDrawn;
        const Suggestions offers = session.suggest(query);
        if (offers.empty()) return "";
        std::vector<double> shares;
        for (const Suggestion& item : offers) shares.push_back(item.probability);
        written = offers[draw(shares)].word;
        const std::string_view begun = split_last(context).second;
        if (starts_with(written, begun)) written.erase(0, begun.size());
        if (offers.space) written.insert(0, " ");
        --left;
    }
    const Ids before = engine.tokenizer.encode(context + written);
    Ids tokens = {kEndOfText};
    tokens.insert(tokens.end(), before.begin(), before.end());
    State state = engine.model.advance(tokens.begin(), tokens.end() - 1, engine.model.initial_state());
    Ids after = before;
    for (Id last = tokens.back();;) {
        Step step = std::move(engine.model.step({last}, {&state})[0]);
        state = std::move(step.state);
        last = static_cast<Id>(draw(step.probabilities));
        if (last == kEndOfText) break;
        const char first = engine.tokenizer.token_bytes()[static_cast<std::size_t>(last)][0];
        if ((first == ' ' || (first >= '\t' && first <= '\r')) && --left < 0) break;
        after.push_back(last);
    }
    return written + engine.tokenizer.decode(after).substr(engine.tokenizer.decode(before).size());
}

}  // namespace detail

}  // namespace wordgru
