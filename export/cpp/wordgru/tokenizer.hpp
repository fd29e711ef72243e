// Byte-level BPE whose tokens say where a word ends: `wordgru/text/tokenizer.py` in C++, all but the training.
//
// Text is normalised, a space is put before every line, the text is cut into pre-tokens, and each is spelled by tokens
// of which the last, and only the last, is final. 0 ends a text; then come the final tokens, then the open ones, each
// in the order of their bytes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sha256.hpp"
#include "words.hpp"

namespace wordgru {

using Id = std::int32_t;
using Ids = std::vector<Id>;

/// Id of the token that ends a text and begins the next.
inline constexpr Id kEndOfText = 0;

/// A word or mark of a text: where it is, in bytes, white space before it included, and which of the tokens spell it.
struct Unit {
    std::size_t start, end, low, high;
};

/// Text to tokens. Immutable: threads may share it.
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

    /// The bytes that each token spells, by id; none for the end of text.
    const std::vector<std::string>& token_bytes() const { return token_bytes_; }

    /// How many tokens are final: those of the ids 1 to `finals`.
    std::size_t finals() const { return finals_; }

    /// The mark that is read in place of a variant of it; nothing if `mark` is no variant.
    std::string_view variant(std::string_view mark) const {
        for (const auto& [variant, read] : variants_) {
            if (variant == mark) return read;
        }
        return {};
    }

    /// `text` as the model sees it, without the spaces that begin its lines.
    std::string normalize(std::string_view text) const {
        std::string seen = wordgru::normalize(text);
        for (const auto& [variant, mark] : variants_) replace_all(seen, variant, mark);
        return seen;
    }

    /// Ids of `text`, which must be UTF-8, without an end of text.
    Ids encode(std::string_view text) const {
        Ids ids;
        pre_tokens(text, [&](std::string_view pre_token, bool) { append(ids, pre_token); });
        return ids;
    }

    /// Ids of what stands before a word that directly follows `text`, and the bytes held back for that word.
    std::pair<Ids, std::string> encode_context(std::string_view text) const {
        Ids ids;
        std::string gap;
        pre_tokens(std::string(text) + "x", [&](std::string_view pre_token, bool last) {
            if (last) gap = pre_token.substr(0, pre_token.size() - 1);
            else append(ids, pre_token);
        });
        return {std::move(ids), std::move(gap)};
    }

    /// Ids of a pre-token that is just these bytes, the last one final.
    Ids spell(std::string_view pre_token) const {
        Ids ids;
        append(ids, pre_token);
        return ids;
    }

    /// The text that `ids` spell; bytes that are not UTF-8 become U+FFFD.
    std::string decode(const Ids& ids) const {
        std::string bytes;
        for (const Id id : ids) bytes += token_bytes_[static_cast<std::size_t>(id)];
        const Characters found = wordgru::decode(bytes);
        std::string text = to_utf8(found.text);
        if (found.starts.back() != bytes.size()) append_utf8(text, kReplacement);  // a character is cut off
        text.erase(0, starts_with(text, " "));
        replace_all(text, "\n ", "\n");
        return text;
    }

    /// The words and marks of `text`, which must be UTF-8.
    std::vector<Unit> units(std::string_view text) const {
        const std::vector<std::size_t> ends = this->ends(text);
        std::vector<Unit> found;
        Unit unit{0, 0, 0, 0};
        std::size_t at = 0;
        Ids ids;
        pre_tokens(text, [&](std::string_view pre_token, bool) {
            at += wordgru::decode(pre_token).size();
            append(ids, pre_token);
            unit.high = ids.size();
            unit.end = std::max(ends[std::min(at, ends.size()) - 1], unit.start);
            if (trimmed(wordgru::decode(text.substr(unit.start, unit.end - unit.start)).text).empty()) return;
            found.push_back(unit);
            unit.start = unit.end;
            unit.low = unit.high;
        });
        if (unit.low < ids.size()) {  // white space at the end goes to the last word
            if (found.empty()) found.push_back({0, 0, 0, 0});
            found.back().end = text.size();
            found.back().high = ids.size();
        }
        return found;
    }

   private:
    struct Merge {
        int rank;
        Id id;
    };

    static constexpr std::string_view kSuffix = "</w>";  // what the name of a final token ends with
    static constexpr const char* kRule =                 // sha256 of the regular expression that `words.hpp` follows
        "6a592a7322c7ca317c13183caefed7a0c5c1359c05490b90b1a85bda61e7ea67";

    explicit Tokenizer(const nlohmann::json& json) {
        const auto& model = json.at("model");
        if (!model.at("vocab").is_object() || !model.at("merges").is_array()) {
            throw foreign("`vocab` or `merges` is of the wrong kind");
        }
        const auto& vocabulary = model.at("vocab").get_ref<const nlohmann::json::object_t&>();
        std::vector<std::string> names(vocabulary.size());
        std::unordered_map<std::string_view, Id> ids;
        for (const auto& [name, id] : vocabulary) {
            const auto place = id.get<std::size_t>();
            if (place >= names.size()) throw foreign("a token has the id " + std::to_string(place));
            names[place] = name;
            ids.emplace(name, id.get<Id>());
        }
        if (names.empty() || names[0] != "<|end_of_text|>") {
            throw foreign("token 0 is '" + (names.empty() ? "" : names[0]) + "', not '<|end_of_text|>'");
        }
        const auto& rule = json.at("pre_tokenizer").at("pretokenizers").at(0).at("pattern").at("Regex");
        if (sha256(rule.get<std::string>()) != kRule) throw foreign("its rule of a word is another one");
        read_names(names);
        read_variants(json.at("normalizer").at("normalizers"));
        for (const auto& pair : model.at("merges")) read_merge(pair, ids);
    }

    static WordgruError foreign(const std::string& reason) {
        return WordgruError("tokenizer.json is not one of bundle format 2: " + reason +
                            "; train and export the model again with this version.");
    }

    /// Names to bytes: a byte-level vocabulary writes each byte as a character of its own (GPT-2's table).
    void read_names(const std::vector<std::string>& names) {
        std::unordered_map<char32_t, char> byte_of;
        char32_t next = 256;
        for (int byte = 0; byte < 256; ++byte) {
            const bool printable = (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte != 0xAD);
            byte_of[printable ? static_cast<char32_t>(byte) : next++] = static_cast<char>(byte);
        }
        token_bytes_.resize(names.size());
        for (auto& ids : byte_ids_) ids.fill(-1);
        while (finals_ + 1 < names.size() && ends_with(names[finals_ + 1], kSuffix)) ++finals_;
        for (std::size_t id = 1; id < names.size(); ++id) {
            const bool final = id <= finals_;
            if (ends_with(names[id], kSuffix) != final) {
                throw foreign("its tokens do not say where words end, final ones first");
            }
            std::string& token = token_bytes_[id];
            const std::string_view name = names[id];
            for (const char32_t character : wordgru::decode(name.substr(0, name.size() - (final ? kSuffix.size() : 0))).text) {
                const auto found = byte_of.find(character);
                token.push_back(found == byte_of.end() ? '?' : found->second);
            }
            if (token <= token_bytes_[id == finals_ + 1 ? 0 : id - 1]) {
                throw foreign("its tokens are not in the order of their bytes");
            }
            if (token.size() == 1) byte_ids_[final][static_cast<unsigned char>(token[0])] = static_cast<Id>(id);
        }
        for (const auto& ids : byte_ids_) {
            if (std::find(ids.begin(), ids.end(), -1) != ids.end()) throw foreign("a byte is missing");
        }
    }

    /// Marks that are read as another one; what follows them in the list puts a space before every line.
    void read_variants(const nlohmann::json& normalizers) {
        for (const auto& each : normalizers) {
            if (each.at("type") != "Replace" || !each.at("pattern").contains("String")) continue;
            auto variant = each["pattern"]["String"].get<std::string>();
            auto mark = each.at("content").get<std::string>();
            if (variant.empty()) throw foreign("its normalizer is another one");
            if (mark != "\n ") variants_.emplace_back(std::move(variant), std::move(mark));
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
            throw foreign("the merge of " + left + " and " + right + " is of no known tokens");
        }
        merges_.emplace(key(one->second, other->second), Merge{static_cast<int>(merges_.size()), both->second});
    }

    static std::uint64_t key(Id left, Id right) {
        return static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint32_t>(right);
    }

    /// For each character of the normalised text, with the space before each line, where that which it stands for ends
    /// in `text`.
    std::vector<std::size_t> ends(std::string_view text) const {
        std::vector<std::size_t> found = {0};  // of the space before the first line
        const Characters characters = wordgru::decode(text);
        for (std::size_t at = 0, after = 0; at < characters.size(); at = after) {
            after = cluster_end(characters.text, at);
            const std::size_t start = characters.starts[at], end = characters.starts[after];
            const std::u32string seen = wordgru::decode(normalize(text.substr(start, end - start))).text;
            const auto lines = static_cast<std::size_t>(std::count(seen.begin(), seen.end(), U'\n'));
            const bool is_whole = seen.size() + lines != after - at;  // else each is its own
            for (std::size_t i = 1; i <= seen.size() + lines; ++i) {
                found.push_back(is_whole ? end : characters.starts[at + i]);
            }
        }
        return found;
    }

    /// Where the characters end that are normalised with the one at `at`: marks that may compose with it, the vowels and
    /// final consonants of Hangul among them, with invisible marks between; others stand alone.
    static std::size_t cluster_end(std::u32string_view text, std::size_t at) {
        if (text[at] == U'\r' && at + 1 < text.size() && text[at + 1] == U'\n') return at + 2;
        std::size_t end = at + 1;
        for (std::size_t next = end; next < text.size(); ++next) {
            const char32_t character = text[next];
            if (major_category(character) == 'M' || (character >= 0x1160 && character <= 0x11FF)) end = next + 1;
            else if (!detail::within(character, detail::kInvisible)) break;
        }
        return end;
    }

    /// Call `take(pre_token, is_last)` with each pre-token of the text, spaces before its lines included.
    template <typename Take>
    void pre_tokens(std::string_view text, Take&& take) const {
        const std::string seen = normalize(text);
        if (seen.empty()) return;
        std::string lines = " ";
        for (const char byte : seen) {
            lines.push_back(byte);
            if (byte == '\n') lines.push_back(' ');
        }
        const Characters found = wordgru::decode(lines);
        for (std::size_t at = 0; at < found.size();) {
            const std::size_t end = detail::pre_token_end(found.text, at);
            take(std::string_view(lines).substr(found.starts[at], found.starts[end] - found.starts[at]),
                 end == found.size());
            at = end;
        }
    }

    /// Spell one pre-token: again and again the merge of lowest rank, the leftmost first.
    void append(Ids& ids, std::string_view pre_token) const {
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
        const int size = static_cast<int>(pre_token.size());
        std::vector<Symbol> symbols;
        for (int i = 0; i < size; ++i) {
            const bool ends = i + 1 == size;
            const auto byte = static_cast<unsigned char>(pre_token[static_cast<std::size_t>(i)]);
            symbols.push_back({byte_ids_[ends][byte], i - 1, ends ? -1 : i + 1});
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
        for (int at = size ? 0 : -1; at >= 0; at = symbol(at).after) ids.push_back(symbol(at).id);
    }

    std::vector<std::string> token_bytes_;
    std::size_t finals_ = 0;
    std::array<std::array<Id, 256>, 2> byte_ids_;  // of the open and the final token of each byte
    std::vector<std::pair<std::string, std::string>> variants_;
    std::unordered_map<std::uint64_t, Merge> merges_;
};

}  // namespace wordgru
