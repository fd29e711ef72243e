// The bundle's graph in onnxruntime: tokens and states in, probabilities and states out. `wordgru/search/model.py` in
// C++.
#pragma once

#include <onnxruntime_cxx_api.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "bundle.hpp"
#include "tokenizer.hpp"

namespace wordgru {

/// The recurrent state of one text: layers × hidden values, layer by layer. Zeros when a text begins.
using State = std::vector<float>;

/// What the model says after one token.
struct Step {
    std::vector<float> probabilities;  ///< P(next token), by id
    State state;
};

/// Threads may share it.
class LanguageModel {
   public:
    /// Throws BundleError if the graph cannot be loaded, or has other sizes than `config.json` says.
    LanguageModel(const Bundle& bundle, int threads) : sizes_(bundle.model()) {
        Ort::SessionOptions options;
        options.SetIntraOpNumThreads(threads);
        options.SetInterOpNumThreads(1);
        options.AddConfigEntry("session.intra_op.allow_spinning", "0");  // else it burns ten times the time it needs
        const std::string where = bundle.model_path().string();
        try {
            session_ = Ort::Session(env_, bundle.model_path().c_str(), options);
        } catch (const Ort::Exception& error) {
            const std::string first = std::string(error.what()).substr(0, std::string(error.what()).find('\n'));
            throw BundleError(where + ": onnxruntime cannot load it (" + first +
                              "); export it again with `wordgru export`.");
        }
        check(where);
    }

    State initial_state() const { return State(state_size(), 0.0F); }

    /// Read one token at each state, all in one call.
    std::vector<Step> step(const Ids& tokens, const std::vector<const State*>& states) const {
        const std::size_t rows = tokens.size(), hidden = static_cast<std::size_t>(sizes_.hidden_size);
        std::vector<float> joined(rows * state_size());
        for_each_row(rows, [&](std::size_t row, std::size_t at, std::size_t in_row) {
            std::copy_n(states[row]->begin() + static_cast<std::ptrdiff_t>(in_row), hidden,
                        joined.begin() + static_cast<std::ptrdiff_t>(at));
        });
        const auto outputs = run(std::vector<std::int64_t>(tokens.begin(), tokens.end()), rows, joined);
        const float* rows_after = outputs[0].GetTensorData<float>();
        const float* after = outputs[1].GetTensorData<float>();
        const auto vocabulary = static_cast<std::size_t>(sizes_.vocab_size);
        std::vector<Step> steps(rows);
        for (std::size_t row = 0; row < rows; ++row) {
            steps[row].probabilities.assign(rows_after + row * vocabulary, rows_after + (row + 1) * vocabulary);
            steps[row].state.resize(state_size());
        }
        for_each_row(rows, [&](std::size_t row, std::size_t at, std::size_t in_row) {
            std::copy_n(after + at, hidden, steps[row].state.begin() + static_cast<std::ptrdiff_t>(in_row));
        });
        return steps;
    }

    /// The state after reading the tokens from `begin` to `end`.
    State advance(Ids::const_iterator begin, Ids::const_iterator end, State state) const {
        constexpr std::ptrdiff_t kChunk = 512;  // tokens in one call: bounds memory on a long text
        while (begin != end) {
            const auto upto = begin + std::min(kChunk, end - begin);
            const auto outputs = run(std::vector<std::int64_t>(begin, upto), 1, state);
            const float* after = outputs[1].GetTensorData<float>();
            state.assign(after, after + state_size());
            begin = upto;
        }
        return state;
    }

    /// Log-probability in nats of each of `targets`, after the token at the same place of `tokens`, from a text's start.
    std::vector<double> score(const Ids& tokens, const Ids& targets) const {
        constexpr std::size_t kChunk = 256;  // tokens whose probabilities are held at once
        const auto vocabulary = static_cast<std::size_t>(sizes_.vocab_size);
        std::vector<double> nats;
        State state = initial_state();
        for (std::size_t start = 0; start < tokens.size(); start += kChunk) {
            const std::size_t count = std::min(kChunk, tokens.size() - start);
            const auto first = tokens.begin() + static_cast<std::ptrdiff_t>(start);
            std::vector<std::int64_t> places(count);
            std::iota(places.begin(), places.end(), 0);
            const auto outputs =
                run(std::vector<std::int64_t>(first, first + static_cast<std::ptrdiff_t>(count)), 1, state, places);
            const float* rows = outputs[0].GetTensorData<float>();
            for (std::size_t row = 0; row < count; ++row) {
                const float share = rows[row * vocabulary + static_cast<std::size_t>(targets[start + row])];
                // what is less probable than any float is not impossible
                nats.push_back(std::log(std::max(share, std::numeric_limits<float>::min())));
            }
            const float* after = outputs[1].GetTensorData<float>();
            state.assign(after, after + state_size());
        }
        return nats;
    }

   private:
    static constexpr std::array<const char*, 3> kInputs = {"input_ids", "state", "positions"};
    static constexpr std::array<const char*, 2> kOutputs = {"probabilities", "next_state"};

    std::size_t state_size() const {
        return static_cast<std::size_t>(sizes_.layers) * static_cast<std::size_t>(sizes_.hidden_size);
    }

    /// Where each layer of each row lies in a tensor (layers, rows, hidden), and in the row's own state.
    template <typename Take>
    void for_each_row(std::size_t rows, Take&& take) const {
        const auto hidden = static_cast<std::size_t>(sizes_.hidden_size);
        for (std::size_t layer = 0; layer < static_cast<std::size_t>(sizes_.layers); ++layer) {
            for (std::size_t row = 0; row < rows; ++row) take(row, (layer * rows + row) * hidden, layer * hidden);
        }
    }

    /// One call of the graph with `rows` rows of tokens; probabilities after the last token of each, or those at `places`.
    std::vector<Ort::Value> run(std::vector<std::int64_t> ids, std::size_t rows, std::vector<float>& state,
                                std::vector<std::int64_t> places = {-1}) const {
        assert(!ids.empty());  // onnxruntime's GRU ends the process on no tokens
        const auto batch = static_cast<std::int64_t>(rows);
        const std::array<std::int64_t, 2> ids_shape = {batch, static_cast<std::int64_t>(ids.size() / rows)};
        const std::array<std::int64_t, 3> state_shape = {sizes_.layers, batch, sizes_.hidden_size};
        const auto count = static_cast<std::int64_t>(places.size());
        const std::array<Ort::Value, 3> inputs = {
            Ort::Value::CreateTensor<std::int64_t>(memory_, ids.data(), ids.size(), ids_shape.data(), ids_shape.size()),
            Ort::Value::CreateTensor<float>(memory_, state.data(), state.size(), state_shape.data(),
                                            state_shape.size()),
            Ort::Value::CreateTensor<std::int64_t>(memory_, places.data(), places.size(), &count, 1),
        };
        return session_.Run(Ort::RunOptions{nullptr}, kInputs.data(), inputs.data(), inputs.size(), kOutputs.data(),
                            kOutputs.size());
    }

    /// Hold the graph to the contract of a bundle.
    void check(const std::string& where) const {
        const auto shape = [&](bool input, const char* wanted) {
            Ort::AllocatorWithDefaultOptions allocator;
            const std::size_t count = input ? session_.GetInputCount() : session_.GetOutputCount();
            for (std::size_t i = 0; i < count; ++i) {
                const auto name = input ? session_.GetInputNameAllocated(i, allocator)
                                        : session_.GetOutputNameAllocated(i, allocator);
                if (std::string(name.get()) != wanted) continue;
                const auto type = input ? session_.GetInputTypeInfo(i) : session_.GetOutputTypeInfo(i);
                return type.GetTensorTypeAndShapeInfo().GetShape();
            }
            throw BundleError(
                where + ": the graph has no '" + wanted +
                "'; expected the inputs input_ids, state, positions "
                "and the outputs probabilities, next_state. Export the model again with `wordgru export`.");
        };
        for (const char* name : kInputs) shape(true, name);
        for (const char* name : kOutputs) shape(false, name);
        const auto state = shape(true, "state"), rows = shape(false, "probabilities");
        const auto size = [](const std::vector<std::int64_t>& found, std::size_t axis) {
            return found.size() == 3 && found[axis] >= 0 ? std::to_string(found[axis]) : "?";  // else it is of any size
        };
        const std::string got = "(" + size(state, 0) + ", " + size(state, 2) + ", " + size(rows, 2) + ")";
        const std::string wanted = "(" + std::to_string(sizes_.layers) + ", " + std::to_string(sizes_.hidden_size) +
                                   ", " + std::to_string(sizes_.vocab_size) + ")";
        if (got != wanted) {
            throw BundleError(where + ": layers, hidden size and vocabulary are " + got + "; expected " + wanted +
                              " as config.json says. The files are of different models; export again with `wordgru "
                              "export`.");
        }
    }

    /// From 1.29 on onnxruntime tells its maker of every process and model, unless this is set before it begins.
    static Ort::Env quiet_env() {
#ifdef _WIN32
        if (!std::getenv("ORT_DISABLE_TELEMETRY")) _putenv_s("ORT_DISABLE_TELEMETRY", "1");
#else
        setenv("ORT_DISABLE_TELEMETRY", "1", 0);
#endif
        return Ort::Env(ORT_LOGGING_LEVEL_ERROR, "wordgru");
    }

    ModelConfig sizes_;
    Ort::Env env_ = quiet_env();
    mutable Ort::Session session_{nullptr};
    Ort::MemoryInfo memory_ = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
};

}  // namespace wordgru
