// What is known of the letters of a text field beside them: where they were touched, and what was corrected.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../unicode.hpp"
#include "channel.hpp"

namespace wordgru::detail {

/// A correction that may be taken back.
struct Corrected {
    std::string before, after;            ///< the text up to the letters, and up to the word
    std::map<std::size_t, Point> points;  ///< where `before` was touched
};

/// The letters of one field, as they were typed.
struct TypedField {
    std::map<std::size_t, Point> points;  ///< place of a letter in the text, in bytes → where it was touched
    std::set<std::string> kept;           ///< words that were corrected, and put back
    std::optional<Corrected> corrected;   ///< the last correction

    /// The text is as it was up to this place only.
    void keep(std::size_t place) { points.erase(points.lower_bound(place), points.end()); }

    /// The letters of `word`, with which `text` ends where it was not read otherwise, for `typing`.
    Typed typed(const std::shared_ptr<const Typing>& typing, const std::string& text, const std::string& word,
                bool complete) const {
        const Characters letters = decode(word);
        const bool is_there = ends_with(text, word);
        std::vector<Touch> touches;
        for (std::size_t at = 0; at < letters.size(); ++at) {
            touches.push_back({letters.text[at]});
            const auto point = points.find(text.size() - word.size() + letters.starts[at]);
            if (is_there && point != points.end()) touches.back().point = point->second;
        }
        return Typed(typing, std::move(touches), complete);
    }

    /// Points as they stand where the last correction of a text is taken back, and that text.
    std::pair<std::map<std::size_t, Point>, std::string> before_correction(const std::string& text) const {
        const auto& [before, after, touched] = *corrected;
        std::map<std::size_t, Point> moved = touched;
        for (const auto& [place, point] : points) {
            if (place >= after.size()) moved.emplace(place - after.size() + before.size(), point);
        }
        return {std::move(moved), before + text.substr(after.size())};
    }
};

}  // namespace wordgru::detail
