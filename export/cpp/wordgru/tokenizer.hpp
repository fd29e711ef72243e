// Byte-level BPE from `tokenizer.json`: `wordgru/tokenizer.py` in C++.
//
// Text is brought to NFC, a space is put before every line, the text is split into words, runs of unspaced scripts,
// marks and white space, and each of these is spelled in pieces on its own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "words.hpp"

namespace wordgru {

using Id = std::int32_t;
using Ids = std::vector<Id>;

/// Id of the piece that ends a text and begins the next.
inline constexpr Id kEndOfText = 0;

namespace detail {

/// Where the part of `text` that begins at `at` ends; BPE never crosses its end. The tokenizer's pattern, in order:
///     ` ?LETTER+(INNER LETTER+)*`, with LETTER = a letter or digit that is not unspaced, and its marks,
///     ` ?[unspaced]+`, ` ?[^\s\p{L}\p{N}]+`, `\s+(?!\S)`, `\s+`
inline std::size_t part_end(std::u32string_view text, std::size_t at) {
    const auto spoken = [&](std::size_t i) {
        const char category = major_category(text[i]);
        return category == 'L' || category == 'N';
    };
    const auto letter = [&](std::size_t i) { return i < text.size() && !in_unspaced_range(text[i]) && spoken(i); };
    const auto skip = [&](std::size_t i, auto&& matches) {
        while (i < text.size() && matches(i)) ++i;
        return i;
    };
    const std::size_t first = at + (text[at] == U' ' && at + 1 < text.size());
    if (letter(first)) {
        const auto letters = [&](std::size_t i) {
            while (letter(i)) i = skip(i + 1, [&](std::size_t m) { return major_category(text[m]) == 'M'; });
            return i;
        };
        std::size_t end = letters(first);
        while (end < text.size() && is_inner(text[end]) && letter(end + 1)) end = letters(end + 1);
        return end;
    }
    if (in_unspaced_range(text[first])) {
        return skip(first, [&](std::size_t i) { return in_unspaced_range(text[i]); });
    }
    if (!is_white(text[first])) return skip(first, [&](std::size_t i) { return !is_white(text[i]) && !spoken(i); });
    const std::size_t end = skip(at, [&](std::size_t i) { return is_white(text[i]); });
    return end < text.size() && end - at > 1 ? end - 1 : end;  // the last one belongs to what follows
}

}  // namespace detail

/// Put `with` in place of each `part` of `text`.
inline void replace_all(std::string& text, std::string_view part, std::string_view with) {
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + with.size())) {
        text.replace(at, part.size(), with);
    }
}

/// Text to pieces. Immutable: threads may share it.
class Tokenizer {
   public:
    /// Read `tokenizer.json`. Throws WordgruError if it is missing or is not a tokenizer of wordgru.
    static Tokenizer load(const std::filesystem::path& path) {
        std::ifstream file(path, std::ios::binary);
        if (!file) throw WordgruError(path.string() + ": cannot be read; expected a tokenizer.json.");
        try {
            return Tokenizer(nlohmann::json::parse(file));
        } catch (const nlohmann::json::exception& error) {
            throw WordgruError(path.string() + ": cannot be understood (" + detail::reason(error) +
                               "); write the bundle again.");
        }
    }

    /// The bytes that each piece spells, by id, in byte order; none for the end of text.
    const std::vector<std::string>& pieces() const { return pieces_; }

    /// Ids of the pieces that spell marks alone, without white space, letters or digits.
    const Ids& punctuation() const { return punctuation_; }

    /// What is read in place of a mark that was never learnt (no piece of more than one byte holds it); or nothing.
    std::string_view twin(std::string_view mark) const {
        const auto found = std::find_if(twins_.begin(), twins_.end(), [&](auto& pair) { return pair.first == mark; });
        return found == twins_.end() ? std::string_view() : found->second;
    }

    /// `text` with the twins of marks that were never learnt.
    std::string familiar(std::string text) const {
        for (const auto& [mark, twin] : twins_) replace_all(text, mark, twin);
        return text;
    }

    /// Ids of `text`, which must be UTF-8, without an end of text.
    Ids encode(std::string_view text) const {
        Ids ids;
        parts(text, [&](std::string_view part, bool) { append(ids, part); });
        return ids;
    }

    /// Ids of what stands before a word that directly follows `text`, and the bytes held back for that word.
    std::pair<Ids, std::string> encode_context(std::string_view text) const {
        Ids ids;
        std::string gap;
        parts(std::string(text) + "x", [&](std::string_view part, bool last) {
            if (last) gap = part.substr(0, part.size() - 1);
            else append(ids, part);
        });
        return {std::move(ids), std::move(gap)};
    }

   private:
    struct Merge {
        int rank;
        Id id;
    };

    explicit Tokenizer(const nlohmann::json& json) {
        const auto& model = json.at("model");
        if (!model.at("vocab").is_object() || !model.at("merges").is_array()) {
            throw WordgruError("tokenizer.json: `vocab` or `merges` is of the wrong kind; write the bundle again.");
        }
        const auto& vocabulary = model.at("vocab").get_ref<const nlohmann::json::object_t&>();
        std::vector<std::string> names(vocabulary.size());
        std::unordered_map<std::string_view, Id> ids;
        for (const auto& [name, id] : vocabulary) {
            names.at(checked(id.get<std::size_t>(), names.size())) = name;
            ids.emplace(name, id.get<Id>());
        }
        if (names.empty() || names[0] != "<|end_of_text|>") {
            throw WordgruError(
                "tokenizer.json: piece 0 is not <|end_of_text|>. It is not a tokenizer of wordgru; write the "
                "bundle again.");
        }
        read_pieces(names);
        find_twins();
        for (const auto& pair : model.at("merges")) read_merge(pair, ids);
    }

    void find_twins() {
        struct Mark {
            std::string_view mark, twin, other;
        };
        constexpr Mark kMarks[] = {
            {"'", "’", ""},  {"’", "'", ""},  {"‘", "'", "’"},      {"“", "\"", ""},
            {"”", "\"", ""}, {"„", "\"", ""}, {"\u00a0", " ", ""}, {"\u202f", "\u00a0", " "},
        };
        const auto learnt = [&](std::string_view mark) {
            return !mark.empty() && std::any_of(pieces_.begin(), pieces_.end(), [&](const std::string& piece) {
                return piece.size() > 1 && piece.find(mark) != piece.npos;
            });
        };
        for (const auto& [mark, twin, other] : kMarks) {
            if (learnt(mark)) continue;
            const std::string_view chosen = !learnt(twin) && learnt(other) ? other : twin;
            if (chosen.size() == 1 || learnt(chosen)) twins_.emplace_back(mark, chosen);
        }
    }

    static std::size_t checked(std::size_t id, std::size_t size) {
        if (id < size) return id;
        throw WordgruError("tokenizer.json: a piece has the id " + std::to_string(id) + "; expected less than the " +
                           std::to_string(size) + " pieces. Write the bundle again.");
    }

    /// Names to bytes: a byte-level vocabulary writes each byte as a character of its own (GPT-2's table).
    void read_pieces(const std::vector<std::string>& names) {
        std::unordered_map<char32_t, char> byte_of;
        char32_t next = 256;
        for (int byte = 0; byte < 256; ++byte) {
            const bool printable = (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte != 0xAD);
            byte_of[printable ? static_cast<char32_t>(byte) : next++] = static_cast<char>(byte);
        }
        pieces_.resize(names.size());
        byte_ids_.assign(256, -1);
        for (std::size_t id = 1; id < names.size(); ++id) {
            for (const char32_t character : decode(names[id]).text) {
                const auto found = byte_of.find(character);
                pieces_[id].push_back(found == byte_of.end() ? '?' : found->second);
            }
            if (pieces_[id] <= pieces_[id - 1]) {
                throw WordgruError(
                    "tokenizer.json: the pieces are not in the order of their bytes; write the bundle again.");
            }
            if (pieces_[id].size() == 1) byte_ids_[static_cast<unsigned char>(pieces_[id][0])] = static_cast<Id>(id);
            const Characters spelled = decode(pieces_[id]);
            const bool whole = spelled.valid && spelled.starts.back() == pieces_[id].size();
            if (whole && std::all_of(spelled.text.begin(), spelled.text.end(), is_mark)) {
                punctuation_.push_back(static_cast<Id>(id));
            }
        }
        if (std::find(byte_ids_.begin(), byte_ids_.end(), -1) != byte_ids_.end()) {
            throw WordgruError("tokenizer.json: not every byte is a piece; write the bundle again.");
        }
    }

    /// A merge is `["a", "b"]`, or `"a b"` in older files.
    void read_merge(const nlohmann::json& pair, const std::unordered_map<std::string_view, Id>& ids) {
        std::string left, right;
        if (pair.is_string()) {
            const auto& both = pair.get_ref<const std::string&>();
            const auto space = both.find(' ');
            left = both.substr(0, space);
            right = space == both.npos ? "" : both.substr(space + 1);
        } else {
            left = pair.at(0).get<std::string>();
            right = pair.at(1).get<std::string>();
        }
        const auto one = ids.find(left), other = ids.find(right), both = ids.find(left + right);
        if (one == ids.end() || other == ids.end() || both == ids.end()) {
            throw WordgruError("tokenizer.json: the merge of " + left + " and " + right +
                               " is of no known pieces; write the "
                               "bundle again.");
        }
        merges_.emplace(key(one->second, other->second), Merge{static_cast<int>(merges_.size()), both->second});
    }

    static std::uint64_t key(Id left, Id right) {
        return static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint32_t>(right);
    }

    /// Call `take(part, is_last)` with each part of the normalized text.
    template <typename Take>
    static void parts(std::string_view text, Take&& take) {
        if (text.empty()) return;
        std::string lines = " ";
        for (const char byte : normalize(text)) {
            lines.push_back(byte);
            if (byte == '\n') lines.push_back(' ');
        }
        const Characters found = decode(lines);
        for (std::size_t at = 0; at < found.size();) {
            const std::size_t end = detail::part_end(found.text, at);
            take(std::string_view(lines).substr(found.starts[at], found.starts[end] - found.starts[at]),
                 end == found.size());
            at = end;
        }
    }

    /// Spell one part: again and again the merge of lowest rank, the leftmost first.
    void append(Ids& ids, std::string_view part) const {
        struct Symbol {
            Id id;
            int before, after;
        };
        struct Candidate {
            int rank, at;
            Id left, right;
            bool operator<(const Candidate& other) const {  // for a queue that gives the lowest first
                return std::pair(rank, at) > std::pair(other.rank, other.at);
            }
        };
        const int size = static_cast<int>(part.size());
        std::vector<Symbol> symbols;
        for (int i = 0; i < size; ++i) {
            symbols.push_back({byte_ids_[static_cast<unsigned char>(part[static_cast<std::size_t>(i)])], i - 1,
                               i + 1 < size ? i + 1 : -1});
        }
        const auto symbol = [&](int at) -> Symbol& { return symbols[static_cast<std::size_t>(at)]; };
        std::priority_queue<Candidate> queue;
        const auto consider = [&](int at) {
            if (at < 0 || symbol(at).after < 0) return;
            const Id left = symbol(at).id, right = symbol(symbol(at).after).id;
            const auto found = merges_.find(key(left, right));
            if (found != merges_.end()) queue.push({found->second.rank, at, left, right});
        };
        for (int i = 0; i < size; ++i) consider(i);
        while (!queue.empty()) {
            const Candidate best = queue.top();
            queue.pop();
            Symbol& left = symbol(best.at);
            if (left.id != best.left || left.after < 0 || symbol(left.after).id != best.right) continue;  // out of date
            const int gone = left.after;
            left.id = merges_.find(key(best.left, best.right))->second.id;
            left.after = symbol(gone).after;
            if (left.after >= 0) symbol(left.after).before = best.at;
            symbol(gone).id = -1;
            consider(best.at);
            consider(left.before);
        }
        for (int at = 0; at >= 0; at = symbol(at).after) ids.push_back(symbol(at).id);
    }

    std::vector<std::string> pieces_;
    Ids byte_ids_, punctuation_;
    std::vector<std::pair<std::string_view, std::string_view>> twins_;
    std::unordered_map<std::uint64_t, Merge> merges_;
};

}  // namespace wordgru
