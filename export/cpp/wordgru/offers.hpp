// What a session offered, who gave it, and how words that were passed over give way. `wordgru/offered.py` in C++.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>
#include <vector>

#include "search.hpp"
#include "suggestions.hpp"
#include "unicode.hpp"

namespace wordgru::detail {

/// Words that were offered after a text and the letters of a word.
struct Offered {
    std::string head, prefix;
    std::vector<std::string> words;
};

/// The words that were offered for a word before the last of its letters came, and how often; what was offered for
/// others is forgotten.
inline std::unordered_map<std::string, int> passed_over(std::vector<Offered>& offered, const std::string& head,
                                                        const std::string& letters) {
    const auto is_past = [&](const Offered& each) {
        return each.head != head || each.prefix.size() >= letters.size() || !starts_with(letters, each.prefix);
    };
    offered.erase(std::remove_if(offered.begin(), offered.end(), is_past), offered.end());
    std::unordered_map<std::string, int> times;
    for (const Offered& each : offered) {
        for (const std::string& word : each.words) ++times[word];
    }
    return times;
}

/// `offers` given that some words were passed over, and how often; best first. Only they lose, so that the best k are
/// among the best k + those before.
inline void give_way(std::vector<Suggestion>& offers, const std::unordered_map<std::string, int>& passed,
                     double attention) {
    double whole = 1;
    for (Suggestion& offer : offers) {
        const auto times = passed.find(offer.word);
        const double kept = times == passed.end() ? 1 : std::pow(1 - attention, times->second);
        whole -= (1 - kept) * offer.probability;
        offer.probability *= kept;
    }
    for (Suggestion& offer : offers) offer.probability = std::min(offer.probability / std::max(whole, 1e-9), 1.0);
    std::stable_sort(offers.begin(), offers.end(), [](const Suggestion& one, const Suggestion& other) {
        return one.probability > other.probability;
    });
}

/// Who gives a tenth of a word's probability or more.
inline std::vector<std::string> sources_of(const Found& found) {
    double of_model = found.probability;
    for (const auto& each : found.named) of_model -= each.second;
    std::vector<std::string> sources;
    if (of_model >= 0.1 * found.probability) sources.push_back("model");
    for (const auto& [source, share] : found.named) {
        if (share >= 0.1 * found.probability) sources.push_back(source);
    }
    return sources;
}

}  // namespace wordgru::detail
