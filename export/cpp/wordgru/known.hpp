// The words that a language knows, a Bloom filter. `wordgru/text/known.py` in C++; it says how the file is made.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "errors.hpp"
#include "unicode.hpp"
#include "words.hpp"

namespace wordgru {

/// The words of a filter. Threads may share it.
class KnownWords {
   public:
    /// Read the bytes of a file; `where` it was is for the message. Throws BundleError if it is none.
    KnownWords(std::string_view data, const std::string& where) {
        if (data.size() >= kHeader) size_ = number(data, 8), hashes_ = number(data, 12);
        const bool is_whole = size_ > 0 && data.size() - kHeader == (std::uint64_t{size_} + 7) / 8;
        if (!starts_with(data, "WGKNOWN1") || !is_whole || hashes_ < 1 || hashes_ > 32) {
            throw BundleError(where + ": is no list of known words, or is cut off; export the model again.");
        }
        bits_ = data.substr(kHeader);
    }

    /// Whether it is a word of the list, or made of one; of others one in two thousand is taken for one.
    bool has(std::string_view word) const {
        std::string key = key_of(word);
        if (lists(key)) return true;
        const std::u32string letters = decode(key).text;
        const auto is_letter = [](char32_t c) { return major_category(c) == 'L'; };
        if (std::none_of(letters.begin(), letters.end(), is_letter)) return true;
        if (ends_with(key, "s'")) return lists(key.substr(0, key.size() - 1));
        if (!ends_with(key, "'s")) return false;
        key.resize(key.size() - 2);
        return !ends_with(key, "s") && lists(key);
    }

    /// The words of the list, in lower case, that are one of `letters` from `word`: less, more, another, or two letters
    /// swapped.
    std::vector<std::string> near(std::string_view word, std::u32string letters) const {
        std::sort(letters.begin(), letters.end());
        const std::u32string key = decode(key_of(word)).text;
        std::vector<std::string> found;
        const auto look_up = [&](const std::u32string& form) {
            std::string each = to_utf8(form);
            if (lists(each) && std::find(found.begin(), found.end(), each) == found.end()) {
                found.push_back(std::move(each));
            }
        };
        for (std::size_t at = 0; at <= key.size(); ++at) {
            const std::u32string begin = key.substr(0, at), rest = key.substr(at), less = rest.substr(!rest.empty());
            look_up(begin + less);
            if (rest.size() > 1) look_up(begin + rest[1] + rest[0] + rest.substr(2));
            for (const std::u32string& end : {rest, less}) {
                for (const char32_t letter : letters) look_up(begin + letter + end);
            }
        }
        return found;
    }

   private:
    static constexpr std::size_t kHeader = 16;

    static std::string key_of(std::string_view word) {
        std::string key = lower(nfc(word));
        replace_all(key, kApostrophes[1], kApostrophes[0]);
        return key;
    }

    /// A little-endian number.
    static std::uint32_t number(std::string_view data, std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(data[at + i]);
        return value;
    }

    bool lists(std::string_view key) const {
        std::uint32_t first = 2166136261u, second = first ^ 0x5bd1e995u;
        for (const char c : key) {
            first = (first ^ static_cast<unsigned char>(c)) * 16777619u;
            second = (second ^ static_cast<unsigned char>(c)) * 16777619u;
        }
        second |= 1;
        for (std::uint32_t at = 0; at < hashes_; ++at) {
            const std::uint64_t bit = (first + std::uint64_t{at} * second) % size_;
            if (!(static_cast<unsigned char>(bits_[bit / 8]) >> bit % 8 & 1)) return false;
        }
        return true;
    }

    std::uint32_t size_ = 0, hashes_ = 0;
    std::string bits_;
};

}  // namespace wordgru
