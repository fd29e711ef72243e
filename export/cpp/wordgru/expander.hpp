// The model's answers for one piece read at a state, many in one call, the latest remembered.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "language_model.hpp"
#include "lexicon.hpp"
#include "lru.hpp"

namespace wordgru {
namespace detail {

/// e to the power of `x`, for x of at most 0: within 3e-7 of the truth, and in a form that compilers vectorize.
inline float exponential(float x) {
    const auto whole = static_cast<std::int32_t>(x * 1.44269504F - 0.5F);
    const auto w = static_cast<float>(whole);
    const float r = x - w * 0.693145752F - w * 1.42860677e-6F;  // log 2 in two parts; -0.35 to 0.35 is left
    const float series = 1 + r * (1 + r * (1 / 2.F + r * (1 / 6.F + r * (1 / 24.F + r * (1 / 120.F + r / 720.F)))));
    const std::int32_t bits = whole < -126 ? 0 : (whole + 127) << 23;  // 2 to the power of `whole`
    float power = 0;
    std::memcpy(&power, &bits, sizeof power);
    return series * power;
}

/// Fold `count` values of `value(i)` together, in lanes that compilers vectorize.
template <typename Value, typename Fold>
float reduce(std::size_t count, float start, Value&& value, Fold&& fold) {
    constexpr std::size_t kLanes = 16;
    float lanes[kLanes];
    std::fill_n(lanes, kLanes, start);
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane] = fold(lanes[lane], value(i + lane));
    }
    for (; i < count; ++i) lanes[0] = fold(lanes[0], value(i));
    for (std::size_t lane = 1; lane < kLanes; ++lane) lanes[0] = fold(lanes[0], lanes[lane]);
    return lanes[0];
}

template <typename Value>
float sum(std::size_t count, Value&& value) {
    return reduce(count, 0.0F, value, [](float a, float b) { return a + b; });
}

/// The largest of some values; 0 if there are none.
inline float largest(const Floats& values) {
    if (values.empty()) return 0;
    const auto value = [&](std::size_t i) { return values[i]; };
    return reduce(values.size(), values[0], value, [](float a, float b) { return a < b ? b : a; });
}

}  // namespace detail

/// Turn logits into probabilities.
inline void softmax(Floats& values) {
    const float top = detail::largest(values);
    for (float& value : values) value = detail::exponential(value - top);
    const float scale = 1.0F / detail::sum(values.size(), [&](std::size_t i) { return values[i]; });
    for (float& value : values) value *= scale;
}

/// What the model says after one piece.
struct Expansion {
    explicit Expansion(Answer answer) : probabilities(std::move(answer.logits)), state(std::move(answer.state)) {
        softmax(probabilities);
    }

    Floats probabilities;  ///< of the next piece
    State state;           ///< after the piece
};

/// Expands (state, piece) with few calls of the model. Threads may share it.
class Expander {
   public:
    using Found = std::shared_ptr<const Expansion>;

    explicit Expander(const LanguageModel& model) : model_(model) {}

    /// Expand each of `pieces` read at its state.
    std::vector<Found> operator()(const std::vector<const State*>& states, const Ids& pieces) {
        std::vector<Found> found(pieces.size());
        std::vector<std::string> keys(pieces.size());
        std::vector<std::size_t> missing;
        Ids ids;
        std::vector<const State*> at;
        for (std::size_t row = 0; row < pieces.size(); ++row) {
            keys[row] = key(*states[row], pieces[row]);
            found[row] = memo_.find(keys[row]);
            if (found[row]) continue;
            missing.push_back(row);
            ids.push_back(pieces[row]);
            at.push_back(states[row]);
        }
        if (missing.empty()) return found;
        std::vector<Answer> answers = model_.step(ids, at);
        for (std::size_t i = 0; i < missing.size(); ++i) {
            found[missing[i]] = std::make_shared<const Expansion>(std::move(answers[i]));
            memo_.put(keys[missing[i]], found[missing[i]]);
        }
        return found;
    }

    /// What is remembered of `piece` read at `state`, or nothing.
    Found known(const State& state, Id piece) { return memo_.find(key(state, piece)); }

   private:
    static std::string key(const State& state, Id piece) {
        std::string key(reinterpret_cast<const char*>(state.data()), state.size() * sizeof(float));
        return key.append(reinterpret_cast<const char*>(&piece), sizeof piece);
    }

    const LanguageModel& model_;
    Lru<Found> memo_{128};  // each takes about 4 bytes a piece of the vocabulary
};

}  // namespace wordgru
