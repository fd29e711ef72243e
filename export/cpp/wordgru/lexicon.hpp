// The pieces as a trie, and what each can do to the word being spelled: `wordgru/lexicon.py` in C++.
//
// Ids are in byte order, so the pieces that begin with given bytes are one range of ids, and the longest piece that
// begins a piece is its parent in a trie.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lru.hpp"
#include "tokenizer.hpp"
#include "words.hpp"

namespace wordgru {

using Floats = std::vector<float>;

/// How far a word is when the next piece comes.
enum class Stage : std::uint8_t {
    gap,       ///< the space before the word is still to come
    start,     ///< the word's first character is still to come
    letters,   ///< inside a word
    unspaced,  ///< inside a unit of a script without spaces: half of its last character
};

/// What a piece does to the word before it.
enum class Effect : std::uint8_t {
    ends,    ///< the word ended before this piece, or there is none
    spells,  ///< the word goes on, and its last character so far belongs to it
    defers,  ///< undecided: what stands after the word may yet belong to it
    closes,  ///< the word goes on and ends within this piece
};

/// One piece read by a word. The views are into the bytes that were read.
struct Step {
    Effect effect;
    Stage stage;
    std::string_view word;  ///< bytes added to the word
    std::string_view tail;  ///< the undecided rest
};

namespace detail {

/// Read on inside a word of which the first `end` characters are known to be part.
inline Step read_letters(std::string_view data, const Characters& found, std::size_t end) {
    const auto word = [&] { return data.substr(0, found.starts[end]); };
    const auto ended = [&] { return Step{end ? Effect::closes : Effect::ends, Stage::letters, word(), {}}; };
    while (end < found.size()) {
        const Kind what = kind(found.text[end]);
        if (what == Kind::letter || what == Kind::combining) {
            ++end;
        } else if (what == Kind::inner) {
            if (end + 1 == found.size()) break;  // what follows decides
            if (kind(found.text[end + 1]) != Kind::letter) return ended();
            end += 2;
        } else {
            return ended();
        }
    }
    const std::string_view tail = data.substr(found.starts[end]);
    return {tail.empty() ? Effect::spells : Effect::defers, Stage::letters, word(), tail};
}

/// Read a unit of a script without spaces: it ends where a piece ends with a whole character.
inline Step read_unspaced(std::string_view data, const Characters& found, std::size_t end) {
    while (end < found.size() && kind(found.text[end]) == Kind::unspaced) ++end;
    const std::string_view word = data.substr(0, found.starts[end]);
    if (end < found.size()) return {end ? Effect::closes : Effect::ends, Stage::unspaced, word, {}};
    const std::string_view rest = data.substr(found.starts.back());
    return {rest.empty() ? Effect::closes : Effect::defers, Stage::unspaced, word, rest};
}

}  // namespace detail

/// Read `data`, the undecided bytes so far and the next piece together, at `stage`.
inline Step read(Stage stage, std::string_view data) {
    if (stage == Stage::gap) {
        if (data.empty() || data[0] != ' ') return {Effect::ends, stage, {}, {}};
        if (data.size() == 1) return {Effect::spells, Stage::start, {}, {}};
        return read(Stage::start, data.substr(1));
    }
    const Characters found = decode(data);
    std::size_t end = 0;  // characters that surely belong to the word
    if (stage == Stage::start && found.size()) {
        const Kind what = kind(found.text[0]);
        if (what != Kind::letter && what != Kind::unspaced) return {Effect::ends, stage, {}, {}};
        stage = what == Kind::letter ? Stage::letters : Stage::unspaced;
        end = 1;
    }
    if (stage == Stage::unspaced) return detail::read_unspaced(data, found, end);
    if (stage == Stage::start) return {Effect::defers, stage, {}, data.substr(found.starts.back())};
    return detail::read_letters(data, found, end);
}

/// Bytes in lower case; of half a character only the ASCII letters.
inline std::string fold(std::string_view data) {
    const Characters found = decode(data);
    if (found.valid && found.starts.back() == data.size()) return lower(data);
    std::string folded(data);
    for (char& byte : folded) byte = byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte;
    return folded;
}

/// The effect of every piece on a word at one stage with one undecided tail.
class Table {
   public:
    Table(const std::vector<std::string>& pieces, Stage stage, const std::string& tail)
        : effects(pieces.size(), Effect::ends), spelling(pieces.size(), 0.0F) {
        const Characters undecided = decode(tail);
        const bool partial = undecided.starts.back() < tail.size();
        for (std::size_t id = 1; id < pieces.size(); ++id) {
            if (partial && (pieces[id][0] & 0xC0) != 0x80) continue;  // half a character and no other half: it ended
            const std::string data = tail + pieces[id];
            const Step step = read(stage, data);
            effects[id] = step.effect;
            spelling[id] = step.effect == Effect::ends ? 0.0F : 1.0F;
            const bool inside = stage == Stage::letters || stage == Stage::unspaced;
            const bool defers = step.effect == Effect::defers && (!step.word.empty() || inside);
            const std::size_t whole = data.size() - (stage == Stage::gap);
            if (defers || (step.effect == Effect::closes && step.word.size() < whole)) {
                deferring[std::string(step.word)].push_back(static_cast<Id>(id));
            }
        }
    }

    /// `masses` of the pieces from `low` on, each deferring piece standing for all those of its stem: they may end in
    /// the same new word. Without a stem it is the word before the piece, which is no new one.
    void group(Floats& masses, Id low) const {
        const Id high = low + static_cast<Id>(masses.size());
        for (const auto& [stem, ids] : deferring) {
            if (stem.empty() || ids.size() < 2) continue;
            const auto first = std::lower_bound(ids.begin(), ids.end(), low);
            const auto last = std::lower_bound(first, ids.end(), high);
            double sum = 0;
            for (auto id = first; id != last; ++id) sum += masses[static_cast<std::size_t>(*id - low)];
            for (auto id = first; id != last; ++id)
                masses[static_cast<std::size_t>(*id - low)] = static_cast<float>(sum);
        }
    }

    std::vector<Effect> effects;  ///< by piece
    Floats spelling;              ///< by piece: 1 where the word is not yet ended by it, else 0
    /// For a stem (what surely belongs to the word after tail and piece): the pieces that leave the word undecided
    /// right after that stem, or close it there before their own end.
    std::unordered_map<std::string, Ids> deferring;
};

/// Pieces, as a range or as a list of ids in ascending order.
struct Selection {
    Id low = 0, high = 0;
    Ids listed;

    template <typename Take>
    void each(Take&& take) const {
        for (Id id = low; id < high; ++id) take(static_cast<std::size_t>(id));
        for (const Id id : listed) take(static_cast<std::size_t>(id));
    }
};

/// The pieces of a tokenizer as a trie. Immutable but for its memo of tables: threads may share it.
class Lexicon {
   public:
    explicit Lexicon(const std::vector<std::string>& spelled)
        : pieces(spelled), parents(spelled.size(), 0), stops(spelled.size(), static_cast<Id>(spelled.size())) {
        Ids path;
        for (std::size_t id = 1; id < pieces.size(); ++id) {
            index_.emplace(pieces[id], static_cast<Id>(id));
            longest_ = std::max(longest_, pieces[id].size());
            while (!path.empty() && pieces[id].rfind(pieces[static_cast<std::size_t>(path.back())], 0) != 0) {
                stops[static_cast<std::size_t>(path.back())] = static_cast<Id>(id);
                path.pop_back();
            }
            parents[id] = path.empty() ? 0 : path.back();
            path.push_back(static_cast<Id>(id));
            folded_.emplace_back(fold(pieces[id]), static_cast<Id>(id));
        }
        std::sort(folded_.begin(), folded_.end());
    }

    std::shared_ptr<const Table> table(Stage stage, const std::string& tail) const {
        const std::string key = static_cast<char>(stage) + tail;
        auto found = tables_.find(key);
        if (!found) {
            found = std::make_shared<const Table>(pieces, stage, tail);
            tables_.put(key, found);
        }
        return found;
    }

    /// Turn the mass of each piece into that of it and of all that begin it, among the pieces from `low` on.
    void chain(Floats& masses, Id low) const {
        const Id* parent = parents.data() + low;
        for (std::size_t at = 0; at < masses.size(); ++at) {  // a parent comes before its children
            if (parent[at] > 0 && parent[at] >= low) masses[at] += masses[static_cast<std::size_t>(parent[at] - low)];
        }
    }

    /// The range of ids whose pieces begin with `start`; all but the end of text for none.
    std::pair<Id, Id> extending(std::string_view start) const {
        const auto begins = [&](const std::string& piece, std::string_view with) {
            return piece.compare(0, with.size(), with) < 0;
        };
        const auto after = [&](std::string_view with, const std::string& piece) {
            return piece.compare(0, with.size(), with) > 0;
        };
        const auto low = std::lower_bound(pieces.begin() + 1, pieces.end(), start, begins);
        const auto high = std::upper_bound(low, pieces.end(), start, after);
        return {static_cast<Id>(low - pieces.begin()), static_cast<Id>(high - pieces.begin())};
    }

    /// Call `take(id)` with the pieces that `text` begins with, shortest first.
    template <typename Take>
    void each_beginning(std::string_view text, Take&& take) const {
        for (std::size_t size = 1; size <= std::min(text.size(), longest_); ++size) {
            const auto found = index_.find(text.substr(0, size));
            if (found != index_.end()) take(found->second);
        }
    }

    Ids beginning(std::string_view text) const {
        Ids ids;
        each_beginning(text, [&](Id id) { ids.push_back(id); });
        return ids;
    }

    /// The pieces that begin with `text`, and those that are a proper beginning of it.
    /// With `ignore_case`, in letters of either case; `text` is then folded.
    std::pair<Selection, Ids> agreeing(std::string_view text, bool ignore_case) const {
        Selection passing;
        Ids inside;
        if (!ignore_case || text.empty()) {
            std::tie(passing.low, passing.high) = extending(text);
            if (!text.empty()) inside = beginning(text.substr(0, text.size() - 1));
            return {passing, inside};
        }
        const auto from = [&](std::string_view start) {
            return std::lower_bound(folded_.begin(), folded_.end(), start,
                                    [](const auto& item, std::string_view key) { return item.first < key; });
        };
        for (auto at = from(text); at != folded_.end() && at->first.compare(0, text.size(), text) == 0; ++at) {
            passing.listed.push_back(at->second);
        }
        std::sort(passing.listed.begin(), passing.listed.end());
        for (std::size_t size = 1; size < text.size(); ++size) {
            const std::string_view start = text.substr(0, size);
            for (auto at = from(start); at != folded_.end() && at->first == start; ++at) inside.push_back(at->second);
        }
        return {passing, inside};
    }

    const std::vector<std::string>& pieces;  ///< the tokenizer's
    Ids parents;                             ///< the longest piece that properly begins each piece, or 0
    Ids stops;                               ///< the first piece after each that it does not begin

   private:
    std::unordered_map<std::string_view, Id> index_;
    std::vector<std::pair<std::string, Id>> folded_;  // the pieces in lower case, in the order of their bytes
    std::size_t longest_ = 0;
    mutable Lru<std::shared_ptr<const Table>> tables_{256};
};

}  // namespace wordgru
