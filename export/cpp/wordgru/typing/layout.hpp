// Keyboards as data: where the centre of each key is. `wordgru/typing/layout.py` in C++.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../errors.hpp"
#include "../unicode.hpp"

namespace wordgru {

/// A place on a keyboard, in key widths from the centre of the first key, y downwards.
struct Point {
    double x = 0, y = 0;
};

namespace detail {

/// The JSON files of wordgru/typing/layouts, by name and in the order of the names; CMakeLists.txt puts them here.
inline const std::vector<std::pair<std::string, std::string_view>>& shipped_layouts() {
    static const std::vector<std::pair<std::string, std::string_view>> layouts = {
#if __has_include(<wordgru_layouts.inc>)
#include <wordgru_layouts.inc>
#endif
    };
    return layouts;
}

inline constexpr double kFarthest = 100;  // key widths: whatever lies beyond is a mistake of units

inline bool is_place(double value) { return value >= -kFarthest && value <= kFarthest; }

/// Refuse what is no place on or near a keyboard: a number that is not finite, or far away.
inline void check_point(Point point) {
    for (const auto& [name, value] : {std::pair{"x", point.x}, std::pair{"y", point.y}}) {
        if (is_place(value)) continue;
        char digits[32];
        std::snprintf(digits, sizeof digits, "%.15g", value);
        throw WordgruError(std::string(name) + " of the touch is " + digits +
                           "; expected key widths from the centre of the first key, -100 to 100.");
    }
}

}  // namespace detail

/// The keys of a keyboard that type letters. Immutable.
class Layout {
   public:
    struct Key {
        char32_t character;
        Point centre;
    };

    /// A layout by its name (`names`), or from a JSON file of one's own.
    ///
    /// The file holds `rows`, each with `x` and `y` of its first key's centre and `keys`, a string with one character a
    /// key, a key width apart; docs/typing.md shows one. Capitals stand for small letters, as they do on keys.
    /// Throws WordgruError if there is no such layout, or the file is none.
    static Layout load(const std::string& layout) {
        for (const auto& [name, json] : detail::shipped_layouts()) {
            if (name == layout) return Layout(json, layout, name);
        }
        const auto path = std::filesystem::u8path(layout);
        std::error_code none;
        std::ifstream file(path, std::ios::binary);
        if (!file || !std::filesystem::is_regular_file(path, none)) {
            throw WordgruError(layout + ": there is no such layout; expected " + expected() + ".");
        }
        const std::string json{std::istreambuf_iterator<char>(file), {}};
        return Layout(json, layout, path.stem().u8string());
    }

    /// The layouts that were built into the program.
    static std::vector<std::string> names() {
        std::vector<std::string> found;
        for (const auto& each : detail::shipped_layouts()) found.push_back(each.first);
        return found;
    }

    const std::string& name() const { return name_; }
    const std::vector<Key>& keys() const { return keys_; }

    /// The characters of words that its keys type, the apostrophe with them.
    std::u32string letters() const {
        std::u32string found = U"'";
        for (const Key& key : keys_) {
            if (is_letter(key)) found += key.character;
        }
        return found;
    }

    /// Index in `keys` of the one that types a character; the number of keys where there is none.
    std::size_t find(char32_t character) const {
        const auto found = places_.find(character);
        return found == places_.end() ? keys_.size() : found->second;
    }

    /// The character of the key whose centre is nearest. Throws WordgruError if the point is none.
    char32_t nearest(Point point) const {
        detail::check_point(point);
        const auto distance = [&](const Key& key) {
            return std::hypot(key.centre.x - point.x, key.centre.y - point.y);
        };
        const auto nearer = [&](const Key& one, const Key& other) { return distance(one) < distance(other); };
        return std::min_element(keys_.begin(), keys_.end(), nearer)->character;
    }

   private:
    Layout(std::string_view text, const std::string& where, std::string name) : name_(std::move(name)) {
        if (starts_with(text, "\uFEFF")) text.remove_prefix(3);
        nlohmann::json data;
        try {
            data = nlohmann::json::parse(text);
        } catch (const nlohmann::json::exception& error) {
            throw WordgruError(where + ": is no JSON (" + detail::reason(error) +
                               "); expected a layout with rows of keys.");
        }
        if (!data.is_object() || !data.contains("rows") || !data["rows"].is_array()) {
            throw WordgruError(where + ": has no list \"rows\"; expected rows with x, y and keys.");
        }
        std::size_t number = 0;
        for (const auto& row : data["rows"]) add(row, where + ", row " + std::to_string(++number));
        if (std::none_of(keys_.begin(), keys_.end(), is_letter)) {
            throw WordgruError(where + ": has no key with a letter; expected a keyboard.");
        }
        if (data.contains("name") && data["name"].is_string()) name_ = data["name"].get<std::string>();
    }

    static bool is_letter(const Key& key) { return major_category(key.character) == 'L'; }

    void add(const nlohmann::json& row, const std::string& where) {
        const auto place = [&](const char* name) {
            const bool is_number = row.is_object() && row.contains(name) && row[name].is_number();
            return is_number ? row[name].get<double>() : std::numeric_limits<double>::quiet_NaN();
        };
        const double x = place("x"), y = place("y");
        const bool has_keys = row.is_object() && row.contains("keys") && row["keys"].is_string();
        const std::string typed = has_keys ? row["keys"].get<std::string>() : "";
        if (typed.empty() || !detail::is_place(x) || !detail::is_place(y)) {
            throw WordgruError(where + ": expected the numbers x and y, and keys, a string of characters.");
        }
        double at = x;
        for (const char32_t character : decode(nfc(typed)).text) {
            const std::u32string low = decode(lower(to_utf8({&character, 1}))).text;
            const char32_t small = low.size() == 1 ? low[0] : character;
            if (!places_.emplace(small, keys_.size()).second) {
                throw WordgruError(where + ": the key '" + to_utf8({&small, 1}) + "' is there twice.");
            }
            keys_.push_back({small, {at, y}});
            at += 1;
        }
    }

    static std::string expected() {
        if (names().empty()) return "a JSON file, for no layouts were built into this program (export/cpp/README.md)";
        std::string found;
        for (const std::string& name : names()) found += name + ", ";
        return found + "or a JSON file";
    }

    std::string name_;
    std::vector<Key> keys_;
    std::unordered_map<char32_t, std::size_t> places_;
};

}  // namespace wordgru
