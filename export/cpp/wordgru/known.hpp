// The words that a language knows, a Bloom filter. `wordgru/text/known.py` in C++; it says how the file is made.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

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
        std::string key = folded(word);
        if (lists(key)) return true;
        const std::u32string letters = decode(key).text;
        const auto is_letter = [](char32_t c) { return major_category(c) == 'L'; };
        if (std::none_of(letters.begin(), letters.end(), is_letter)) return true;
        if (ends_with(key, "s'")) return lists(key.substr(0, key.size() - 1));
        if (!ends_with(key, "'s")) return false;
        key.resize(key.size() - 2);
        return !ends_with(key, "s") && lists(key);
    }

    /// Whether the list has a word in the form of `folded`.
    bool lists(std::string_view key) const {
        Hashed hashed;
        for (const char byte : key) hashed.add(static_cast<unsigned char>(byte));
        return has_all(hashed);
    }
    bool lists(std::u32string_view key) const {
        Hashed hashed;
        for (const char32_t character : key) {
            if (character < 0x80) {
                hashed.add(character);
                continue;
            }
            std::string bytes;
            append_utf8(bytes, character);
            for (const char byte : bytes) hashed.add(static_cast<unsigned char>(byte));
        }
        return has_all(hashed);
    }

    /// A word as the list has it: in lower case, NFC, with ' for ’.
    static std::string folded(std::string_view word) {
        std::string key = lower(nfc(word));
        replace_all(key, kApostrophes[1], kApostrophes[0]);
        return key;
    }

   private:
    static constexpr std::size_t kHeader = 16;

    /// Two hashes of some bytes.
    struct Hashed {
        void add(std::uint32_t byte) {
            first = (first ^ byte) * 16777619u;
            second = (second ^ byte) * 16777619u;
        }

        std::uint32_t first = 2166136261u, second = first ^ 0x5bd1e995u;
    };

    /// A little-endian number.
    static std::uint32_t number(std::string_view data, std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(data[at + i]);
        return value;
    }

    bool has_all(const Hashed& hashed) const {
        for (std::uint32_t at = 0; at < hashes_; ++at) {
            const std::uint64_t bit = (hashed.first + std::uint64_t{at} * (hashed.second | 1)) % size_;
            if (!(static_cast<unsigned char>(bits_[bit / 8]) >> bit % 8 & 1)) return false;
        }
        return true;
    }

    std::uint32_t size_ = 0, hashes_ = 0;
    std::string bits_;
};

}  // namespace wordgru
