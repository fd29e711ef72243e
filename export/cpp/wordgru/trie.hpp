// Strings as a trie over characters, in arrays: what is walked level by level. `wordgru/text/trie.py` in C++.
//
// A byte that is no whole character (at the begin or end of a token) is a character of its own here, U+DC80 to U+DCFF,
// as Python's "surrogateescape" has it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vocabulary.hpp"

namespace wordgru::detail {

/// Whether a character is a byte that is no whole one.
inline bool is_escaped(char32_t point) { return point >= 0xD800 && point <= 0xDFFF; }

/// The characters that bytes spell.
inline std::u32string code_points(std::string_view bytes) {
    std::u32string found;
    for (std::size_t at = 0; at < bytes.size();) {
        const auto lead = static_cast<unsigned char>(bytes[at]);
        const auto size = static_cast<std::size_t>(continuations(lead) + 1);  // 0 where no character begins
        const Characters own = decode(bytes.substr(at, size));
        const bool is_whole = size > 0 && own.size() == 1 && own.starts.back() == size && own.valid;
        found.push_back(is_whole ? own.text[0] : U'\xDC00' + lead);
        at += is_whole ? size : 1;
    }
    return found;
}

/// A character of a trie, as far as typing goes.
struct Letter {
    explicit Letter(char32_t character) : point(character), plain(character) {
        if (is_escaped(point)) return;
        const std::string own = to_utf8({&character, 1});
        low = decode(lower(own)).text;
        plain = without_accents(low);
        is_letter = major_category(point) == 'L';
        is_upper = detail::is_upper(point);
    }

    /// The first character of some in lower case, without its accents or its stroke, which Unicode does not take apart.
    static char32_t without_accents(const std::u32string& characters) {
        static constexpr std::u32string_view kStrokes = U"łøđħŧı", kBare = U"lodhti";
        if (characters.empty()) return U'\0';
        const char32_t bare = decode(decomposed(to_utf8({characters.data(), 1}))).text[0];
        const std::size_t at = kStrokes.find(bare);
        return at == std::u32string_view::npos ? bare : kBare[at];
    }

    char32_t point;
    std::u32string low;  ///< in lower case
    char32_t plain;      ///< in lower case, without its accents
    bool is_letter = false, is_upper = false;
};

/// The trie of some strings. Nodes are numbered level by level, the children of a node one after the other; the root
/// is 0. Immutable.
class Trie {
   public:
    using Number = std::uint32_t;  // nodes are many
    struct Node {
        Number letter;     ///< index of its character in `letters`; of the root none
        char32_t point;    ///< and the character
        Number low, high;  ///< places of the first string that begins with it, and after the last
        Number own = 0;    ///< the place after the last string that is just it; they are the first
        Number first = 0;  ///< number of its first child
        Number count = 0;  ///< how many children it has
    };

    explicit Trie(const std::vector<std::string>& strings) {
        std::vector<std::u32string> given;
        for (const std::string& each : strings) given.push_back(code_points(each));
        order_.resize(strings.size());
        std::iota(order_.begin(), order_.end(), std::size_t{0});
        std::stable_sort(order_.begin(), order_.end(),
                         [&](std::size_t one, std::size_t other) { return given[one] < given[other]; });
        std::map<char32_t, std::size_t> codes;
        for (const std::u32string& text : given) {
            for (const char32_t point : text) codes.emplace(point, 0);
        }
        for (auto& [point, code] : codes) {
            code = letters_.size();
            letters_.emplace_back(point);
        }
        for (const std::size_t at : order_) strings_.push_back(strings[at]);
        make_nodes(given, codes);
    }

    std::size_t size() const { return nodes_.size(); }
    const Node& operator[](std::size_t node) const { return nodes_[node]; }

    /// The strings in the trie's order.
    const std::vector<std::string>& strings() const { return strings_; }

    /// The same, as indices of those given.
    const std::vector<std::size_t>& order() const { return order_; }

    /// The characters, in order.
    const std::vector<Letter>& letters() const { return letters_; }

    /// The node that some characters lead to from a node; `kNowhere` if there is none.
    std::size_t along(std::u32string_view characters, std::size_t node = 0) const {
        for (const char32_t point : characters) {
            const std::size_t end = nodes_[node].first + nodes_[node].count;
            std::size_t child = nodes_[node].first;
            while (child < end && nodes_[child].point != point) ++child;
            if (child == end) return kNowhere;
            node = child;
        }
        return node;
    }

   private:
    void make_nodes(const std::vector<std::u32string>& given, const std::map<char32_t, std::size_t>& codes) {
        const auto number = [](std::size_t size) { return static_cast<Number>(size); };
        nodes_.push_back({number(kNowhere), U'\0', 0, number(order_.size())});
        const auto text = [&](std::size_t place) -> const std::u32string& { return given[order_[place]]; };
        for (std::size_t node = 0, size = 0, level_ends = 1; node < nodes_.size(); ++node) {
            if (node == level_ends) {
                ++size;
                level_ends = nodes_.size();
            }
            const Number end = nodes_[node].high;
            Number at = nodes_[node].low;
            while (at < end && text(at).size() == size) ++at;
            nodes_[node].own = at;
            nodes_[node].first = number(nodes_.size());
            while (at < end) {
                const Number begin = at;
                const char32_t point = text(at)[size];
                while (at < end && text(at)[size] == point) ++at;
                nodes_.push_back({number(codes.at(point)), point, begin, at});
            }
            nodes_[node].count = number(nodes_.size() - nodes_[node].first);
        }
    }

    std::vector<std::string> strings_;
    std::vector<std::size_t> order_;
    std::vector<Letter> letters_;
    std::vector<Node> nodes_;
};

/// The tokens as tries: all of them, and those that go on after half a character. Threads may share it.
class TokenTries {
   public:
    /// A trie of tokens, and their ids in its order.
    struct Tokens {
        std::shared_ptr<const Trie> trie;
        Ids ids;
    };

    /// `token_bytes` is kept by reference.
    TokenTries(const std::vector<std::string>& token_bytes, std::size_t finals)
        : token_bytes_(token_bytes), finals_(static_cast<Id>(finals)) {}

    /// Whether a token ends a word.
    bool is_final(Id token) const { return token <= finals_; }

    /// The trie of what may follow these bytes. After half a character it is spelled with that half before it.
    std::shared_ptr<const Tokens> after(std::string_view spelled) const {
        const std::string half(half_character(spelled));
        const std::lock_guard lock(mutex_);
        auto& known = tries_[half];
        if (!known) {
            if (tries_.size() > kHalves) {
                tries_.clear();
                return tries_[half] = made(half);
            }
            known = made(half);
        }
        return known;
    }

    /// What of P(next token), by id, is of tokens that begin with `start`.
    double beginning(const Floats& row, std::string_view start) const {
        const auto tokens = after("");
        const std::size_t node = tokens->trie->along(code_points(start));
        double total = 0;
        if (node == kNowhere) return total;
        for (std::size_t at = (*tokens->trie)[node].low; at < (*tokens->trie)[node].high; ++at) {
            total += row[static_cast<std::size_t>(tokens->ids[at])];
        }
        return total;
    }

   private:
    static constexpr std::size_t kHalves = 64;  // of a character, whose tries are kept

    std::shared_ptr<const Tokens> made(const std::string& half) const {
        Ids ids;
        std::vector<std::string> strings;
        for (std::size_t id = 1; id < token_bytes_.size(); ++id) {
            const std::string& token = token_bytes_[id];
            if (!half.empty() && (token[0] & 0xC0) != 0x80) continue;
            ids.push_back(static_cast<Id>(id));
            strings.push_back(half + token);
        }
        Tokens tokens{std::make_shared<const Trie>(strings), {}};
        for (const std::size_t at : tokens.trie->order()) tokens.ids.push_back(ids[at]);
        return std::make_shared<const Tokens>(std::move(tokens));
    }

    const std::vector<std::string>& token_bytes_;
    const Id finals_;
    mutable std::map<std::string, std::shared_ptr<const Tokens>> tries_;
    mutable std::mutex mutex_;
};

}  // namespace wordgru::detail
