// Personal words: decaying counts of what one person wrote, mixed with the model into one distribution.
// `wordgru/sources/personal.py` in C++; it says how the mixture is made. Counts are held in memory; `save` and `read`
// keep them in a file of JSON lines, as `wordgru words export` and `wordgru words import` write and read them.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "errors.hpp"
#include "grams.hpp"
#include "named.hpp"
#include "suggestions.hpp"
#include "words.hpp"

namespace wordgru {

/// Words after which a count is worth half.
inline constexpr double kHalfLife = 800;

/// How many words the shorter history may be worth, at a history of 0, 1 and 2 units.
inline constexpr std::array<std::array<double, 3>, 3> kStrengths = {
    {{{500, 3000, 20'000}}, {{8, 40, 400}}, {{2, 10, 100}}}};

/// The model's probability of a word that was written, where strengths are judged.
inline constexpr double kUsual = 0.1;

/// Of the weights of strengths, dealt out evenly at each word, so that none is lost for ever.
inline constexpr double kShare = 0.01;

/// Counts of one person's words. Threads may share it.
class PersonalModel {
   public:
    /// `max_bytes` is the size, as `save` writes them, beyond which the oldest and least used words go.
    /// Throws WordgruError if it is below 100,000.
    explicit PersonalModel(double max_bytes = 2e6) : max_bytes_(max_bytes) {
        detail::Range{100'000, std::numeric_limits<double>::infinity(), false, false, true}.check("max_bytes",
                                                                                                  max_bytes);
    }

    // -- learning ------------------------------------------------------------------------------------------------

    /// Count the words of `text`, which its writer has committed; return how many there were. Addresses of mail and the
    /// web, numbers of four digits or more and what looks like a key are left out.
    /// Throws WordgruError if the text is not UTF-8.
    std::size_t learn(std::string_view text) { return count(text, 1, std::nullopt); }

    /// Take back what `learn` counted of `text`, when `clock` was `since`; without it, it is the last text that was
    /// learnt. Throws WordgruError if the text is not UTF-8.
    void unlearn(std::string_view text, std::optional<double> since = std::nullopt) { count(text, -1, since); }

    /// How many words were learnt so far.
    double clock() const {
        const std::lock_guard lock(mutex_);
        return clock_;
    }

    /// Forget `word`, in every case and wherever it is history; return how many grams.
    std::size_t forget(std::string_view word) {
        check_text(word);
        const std::u32string normal = decode(normalize(word)).text;
        const std::string wanted = lower(to_utf8(trimmed(normal)));
        const std::lock_guard lock(mutex_);
        std::vector<std::pair<std::string, std::string>> gone;
        for (const auto& [history, words] : scores_) {
            const bool after = (" " + history + " ").find(" " + wanted + " ") != std::string::npos;
            for (const auto& each : words) {
                if (after || lower(each.first) == wanted) gone.emplace_back(history, each.first);
            }
        }
        if (wanted.empty()) gone.clear();
        for (const auto& [history, other] : gone) remove(history, other);
        changed();
        return gone.size();
    }

    /// Forget everything; return how many grams there were.
    std::size_t forget_all() {
        const std::lock_guard lock(mutex_);
        std::size_t count = 0;
        for (const auto& each : scores_) count += each.second.size();
        scores_.clear();
        clock_ = bytes_ = 0;
        weights_ = even();
        changed();
        return count;
    }

    /// All that is kept, the words alone first, the most frequent first.
    std::vector<Gram> grams() const {
        const std::lock_guard lock(mutex_);
        std::vector<Gram> found;
        for (const auto& [history, words] : scores_) {
            for (const auto& [word, score] : words) found.push_back({history, word, now(score)});
        }
        std::sort(found.begin(), found.end(), [](const Gram& one, const Gram& other) {
            if (one.history.empty() != other.history.empty()) return one.history.empty();
            if (one.count != other.count) return one.count > other.count;
            return std::tie(one.history, one.word) < std::tie(other.history, other.word);
        });
        return found;
    }

    /// Add counts, of another device for instance; return how many.
    /// Throws WordgruError if one is no word with a count above 0; then none is added.
    std::size_t add(const std::vector<Gram>& grams) {
        for (const Gram& gram : grams) {
            check_text(gram.history + gram.word);
            if (!gram.word.empty() && std::isfinite(gram.count) && gram.count > 0) continue;
            throw WordgruError(line_of(gram) + ": expected a history, a word, and a count above 0.");
        }
        const std::lock_guard lock(mutex_);
        for (const Gram& gram : grams) change(gram.history, gram.word, gram.count);
        prune();
        changed();
        return grams.size();
    }

    /// Write all counts into a file, beside it first, then in its place.
    /// Throws WordgruError if it cannot be written, or what is there is no file.
    void save(const std::filesystem::path& path) const {
        namespace fs = std::filesystem;
        std::error_code fault;
        if (path.empty()) throw WordgruError("the name of the file for personal words is empty; name a file.");
        if (fs::exists(path, fault) && !fs::is_regular_file(path, fault)) {
            throw WordgruError(path.string() + ": cannot be written: it is a folder or a device; name a file.");
        }
        const fs::path place = fs::is_symlink(path, fault) ? fs::weakly_canonical(path, fault) : path;
        fs::path beside = place;
        beside += ".new";
        const std::lock_guard lock(saving_);
        bool written = false;
        {
            std::ofstream file(beside, std::ios::binary);
            for (const Gram& gram : grams()) file << line_of(gram) << '\n';
            written = static_cast<bool>(file.flush());
        }
        if (written) fs::rename(beside, place, fault);
        if (written && !fault) return;
        fs::remove(beside, fault);
        throw WordgruError(path.string() + ": cannot be written; check its folder, and that the disk is not full.");
    }

    /// Add the counts of a file; return how many. Throws WordgruError if it cannot be read, or a line is none; then
    /// nothing is added.
    std::size_t read(const std::filesystem::path& path) {
        std::ifstream file(path, std::ios::binary);
        if (!file || std::filesystem::is_directory(path)) {
            throw WordgruError(path.string() + ": cannot be read; expected a file that PersonalModel::save wrote.");
        }
        std::vector<Gram> grams;
        std::size_t number = 0;
        for (std::string line; std::getline(file, line);) {
            ++number;
            if (line.find_first_not_of(" \t\r") == line.npos) continue;
            grams.push_back(gram_of(line, path.string() + ": line " + std::to_string(number)));
        }
        return add(grams);
    }

    // -- the mixture ---------------------------------------------------------------------------------------------

    /// Changes with whatever is learnt or forgotten.
    std::uint64_t edition() const {
        const std::lock_guard lock(mutex_);
        return edition_;
    }

    /// What the words written before have beside the model, where a word begins after `text` (normalised): word → what
    /// to add to the model's probability before all is divided by its sum.
    std::unordered_map<std::string, double> after(const std::string& text) const {
        return named(text, "").agreeing("", std::numeric_limits<std::size_t>::max(), false).found;
    }

    /// The same for a search, in which each word begins with `start`.
    detail::Named named(const std::string& text, const std::string& start) const {
        const std::vector<std::string> written = detail::units(text);
        std::vector<std::string> units = {detail::kBegin};
        for (const std::string& unit : written) units.push_back(lower(unit));
        const std::lock_guard lock(mutex_);
        const Weights weights = judged(detail::grams_of(written));
        const After& alone = after_of("");
        if (!common_) common_ = std::make_shared<const detail::NamedWords>(alone.counts);
        auto [everywhere, left] = shares(0, weights, alone.total);
        std::unordered_map<std::string, double> gained;
        for (std::size_t size = 1; size < kStrengths.size() && size <= units.size(); ++size) {
            const After& found = after_of(detail::joined(units.cend() - static_cast<std::ptrdiff_t>(size), units.cend()));
            if (found.counts.empty()) continue;
            const auto [each, rest] = shares(size, weights, found.total);
            for (auto& word : gained) word.second *= rest;
            for (const auto& [word, count] : found.counts) gained[word] += each * count;
            everywhere *= rest;
            left *= rest;
        }
        for (auto& each : gained) each.second /= left;
        return {"personal", start, common_, std::move(gained), everywhere / left};
    }

   private:
    static constexpr double kLeast = 0.02;         // a count below is forgotten
    static constexpr std::size_t kContexts = 512;  // histories kept beside the counts
    static constexpr std::size_t kLineBytes = 50;  // of a line of the file, beside history and word

    static double decayed(double words) { return std::exp2(std::min(words / kHalfLife, 60.0)); }

    static std::string line_of(const Gram& gram) {
        using Json = nlohmann::json;
        return "{\"history\": " + Json(gram.history).dump() + ", \"word\": " + Json(gram.word).dump() +
               ", \"count\": " + Json(gram.count).dump() + "}";
    }

    static Gram gram_of(const std::string& line, const std::string& where) {
        try {
            const nlohmann::json gram = nlohmann::json::parse(line);
            return {gram.at("history").get<std::string>(), gram.at("word").get<std::string>(),
                    gram.at("count").get<double>()};
        } catch (const nlohmann::json::exception&) {
            throw WordgruError(where +
                               ": expected {\"history\": …, \"word\": …, \"count\": …} as `wordgru words "
                               "export` prints it. Nothing was added.");
        }
    }

    std::size_t count(std::string_view text, double sign, std::optional<double> since) {
        check_text(text);
        const std::vector<detail::Written> written = detail::grams_of(detail::units(normalize(text)));
        const std::size_t learnt = written.empty() ? 0 : written.back().number;
        const std::lock_guard lock(mutex_);
        const double begun = since.value_or(clock_ - (sign < 0 ? static_cast<double>(learnt) : 0));
        // all was forgotten since: what is there is of another text
        if (sign < 0 && begun + static_cast<double>(learnt) > clock_) return learnt;
        if (sign > 0) weights_ = judged(written);
        if (sign > 0) clock_ += static_cast<double>(learnt);
        for (const detail::Written& each : written) {
            change(each.history, each.word, sign * decayed(begun + static_cast<double>(each.number) - clock_));
        }
        prune();
        changed();
        return learnt;
    }

    double now(double score) const { return decayed(kHalfLife * score - clock_); }

    void change(const std::string& history, const std::string& word, double weight) {
        const auto words = scores_.find(history);
        const auto known = words == scores_.end() ? Scores::const_iterator() : words->second.find(word);
        const bool is_new = words == scores_.end() || known == words->second.end();
        const double count = weight + (is_new ? 0 : now(known->second));
        if (count < kLeast) {
            remove(history, word);
            return;
        }
        if (is_new) bytes_ += static_cast<double>(history.size() + word.size() + kLineBytes);
        scores_[history][word] = std::log2(count) + clock_ / kHalfLife;
    }

    void remove(const std::string& history, const std::string& word) {
        const auto words = scores_.find(history);
        if (words == scores_.end() || !words->second.erase(word)) return;
        bytes_ -= static_cast<double>(history.size() + word.size() + kLineBytes);
        if (words->second.empty()) scores_.erase(words);
    }

    /// Drop a tenth of the grams, the oldest and least used, while they are too many.
    void prune() {
        while (bytes_ > max_bytes_) {
            std::vector<std::tuple<double, std::string, std::string>> sorted;
            for (const auto& [history, words] : scores_) {
                for (const auto& [word, score] : words) sorted.emplace_back(score, history, word);
            }
            std::sort(sorted.begin(), sorted.end());
            sorted.resize(sorted.size() / 10 + 1);
            for (const auto& [score, history, word] : sorted) remove(history, word);
        }
    }

    void changed() {
        ++edition_;
        common_.reset();
        after_.clear();
    }

    using Weights = std::array<std::array<double, 3>, 3>;  // of the strengths of each size, which sum to 1
    struct After {                                         // the counts of the words after a history, and their sum
        std::map<std::string, double> counts;
        double total = 0;
    };

    static constexpr Weights even() {
        Weights weights{};
        for (auto& each : weights) each = {1.0 / 3, 1.0 / 3, 1.0 / 3};
        return weights;
    }

    /// The weights of the strengths, after they followed how well each foretells `grams`, which are not learnt.
    Weights judged(const std::vector<detail::Written>& grams) const {
        Weights weights = weights_;
        double usual = kUsual;
        std::size_t last = 0;
        for (const detail::Written& gram : grams) {
            if (gram.number != last) usual = kUsual;
            last = gram.number;
            const After& found = after_of(gram.history);
            if (found.counts.empty()) continue;
            const auto count = found.counts.find(gram.word);
            usual = follow(gram.size, weights, count == found.counts.end() ? 0 : count->second, found.total, usual);
        }
        return weights;
    }

    /// Change the weights of a size by how probable each strength made a word; return how probable the mixture did.
    static double follow(std::size_t size, Weights& weights, double count, double total, double usual) {
        double probability = 0;
        for (std::size_t at = 0; at < weights[size].size(); ++at) {
            const double strength = kStrengths[size][at];
            weights[size][at] *= (count + strength * usual) / (total + strength);
            probability += weights[size][at];
        }
        const double dealt = kShare / static_cast<double>(weights[size].size());
        for (double& weight : weights[size]) weight = (1 - kShare) * weight / probability + dealt;
        return probability;
    }

    /// What a count of one is worth after a history of `size` units with counts of `total`, and what is left.
    static std::pair<double, double> shares(std::size_t size, const Weights& weights, double total) {
        double each = 0, left = 0;
        for (std::size_t at = 0; at < weights[size].size(); ++at) {
            const double share = weights[size][at] / (total + kStrengths[size][at]);
            each += share;
            left += share * kStrengths[size][at];
        }
        return {each, left};
    }

    /// The counts of the words after a history; kept until the counts change.
    const After& after_of(const std::string& history) const {
        const auto known = after_.find(history);
        if (known != after_.end()) return known->second;
        if (after_.size() >= kContexts) after_.clear();
        After found;
        const auto words = scores_.find(history);
        if (words != scores_.end()) {
            for (const auto& [word, score] : words->second) {
                const double count = now(score);
                if (count < kLeast) continue;
                found.counts.emplace(word, count);
                found.total += count;
            }
        }
        return after_[history] = std::move(found);
    }

    using Scores = std::map<std::string, double>;  // word → log2 of the count plus the clock in half-lives, which does
                                                   // not change while nobody uses the word

    const double max_bytes_;
    mutable std::mutex mutex_, saving_;
    double clock_ = 0, bytes_ = 0;
    std::uint64_t edition_ = 0;
    std::unordered_map<std::string, Scores> scores_;  // by history
    mutable std::shared_ptr<const detail::NamedWords> common_;
    mutable std::unordered_map<std::string, After> after_;  // by history
    Weights weights_ = even();
};

}  // namespace wordgru
