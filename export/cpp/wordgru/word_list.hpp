// Word lists at run time: words of a field that are offered, and words that never are.
// `wordgru/sources/word_list.py` in C++.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <locale>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "alike.hpp"
#include "errors.hpp"
#include "known.hpp"
#include "named.hpp"
#include "suggestions.hpp"
#include "unicode.hpp"
#include "words.hpp"

namespace wordgru {

/// What a word counts that the language does not know: most of them are slips, or put together from tokens.
inline constexpr double kStrange = 0.01;

/// Words of the model's text that a list is held against: a word of weight 1 gains as much probability as one has that
/// is written once in so many words.
inline constexpr double kStrength = 10000;

/// Words to offer, each with a weight, and words never to offer. Changes count from the next search on; threads may
/// share it.
class WordList {
   public:
    /// `normal_form` is the one in which the model reads text; `blocked` are words in lower case that are never
    /// offered; `known` are the words of the language, without which every word is one.
    explicit WordList(std::function<std::string(std::string_view)> normal_form = normalize,
                      std::unordered_set<std::string> blocked = {}, std::optional<KnownWords> known = std::nullopt)
        : normal_form_(std::move(normal_form)), known_(std::move(known)), blocked_(std::move(blocked)) {
        find_cut();
    }

    /// The words that were added, and their weights.
    std::map<std::string, double> weights() const {
        const std::shared_lock lock(mutex_);
        return weights_;
    }

    /// Offer `word` as if it were written `weight` times more often in 10,000 words; 0 takes it off the list.
    /// Throws WordgruError if it is not one word, or the weight is below 0, above a million, or no number, or the list is full.
    void add(std::string_view word, double weight = 1) {
        const std::string seen = one(word);
        check_weight(seen, weight);
        const std::unique_lock lock(mutex_);
        if (weight > 0 && weights_.find(seen) == weights_.end()) check_room(1);
        set(seen, weight);
    }

    /// Add the words of a glossary: one a line, if you wish with a tab and a weight; return how many.
    ///
    /// Line ends of any kind, a byte order mark, decomposed accents and ’ are read as they are meant; empty lines and
    /// what follows a `#` at a line's begin or after white space are left out.
    /// Throws WordgruError if a line is no word; then none of it is added.
    std::size_t read(std::string_view text) {
        check_text(text);
        const std::u32string whole = decode(text).text;
        std::vector<std::pair<std::string, double>> entries;
        std::u32string_view rest = whole;
        if (!rest.empty() && rest[0] == 0xFEFF) rest.remove_prefix(1);  // a mark of the byte order
        std::size_t number = 0;
        for (const std::u32string_view line : lines(rest)) {
            ++number;
            const std::u32string_view entry = trimmed(without_comment(line));
            if (entry.empty()) continue;
            const std::size_t tab = std::min(entry.find(U'\t'), entry.size());
            try {
                const std::string word = one(to_utf8(entry.substr(0, tab)));
                const double weight = number_of(to_utf8(trimmed(entry.substr(tab))));
                check_weight(word, weight);
                entries.emplace_back(word, weight);
            } catch (const WordgruError& error) {
                throw WordgruError("line " + std::to_string(number) + ": " + error.what());
            }
        }
        const std::unique_lock lock(mutex_);
        check_room(static_cast<std::size_t>(std::count_if(entries.begin(), entries.end(), [this](const auto& entry) {
            return entry.second > 0 && weights_.find(entry.first) == weights_.end();
        })));
        for (const auto& [word, weight] : entries) set(word, weight);
        return entries.size();
    }

    /// The words that are never offered, in lower case.
    std::unordered_set<std::string> blocked() const {
        const std::shared_lock lock(mutex_);
        return blocked_;
    }

    /// Never offer `word`, in whatever case and with either apostrophe; it can still be typed.
    /// Throws WordgruError if it is not one word.
    void block(std::string_view word) {
        const std::vector<std::string> forms = marked(one(word));
        const std::unique_lock lock(mutex_);
        blocked_.insert(forms.begin(), forms.end());
        for (const std::string& form : forms) add_cut(form);
    }

    /// Take `word` off the words that are never offered, those of the bundle too.
    /// Throws WordgruError if it is not one word.
    void allow(std::string_view word) {
        const std::vector<std::string> forms = marked(one(word));
        const std::unique_lock lock(mutex_);
        for (const std::string& form : forms) blocked_.erase(form);
        find_cut();
    }

    /// Whether the language is said to know `word`.
    bool knows(const std::string& word) const { return known_ && known_->has(word); }

    /// The language's words, in lower case, that `word` may be a slip of (alike.hpp), typed with `letters`.
    std::vector<std::string> near(const std::string& word, const std::u32string& letters) const {
        std::vector<std::string> found;
        if (!known_) return found;
        detail::near(decode(KnownWords::folded(word)).text, letters, [&](std::u32string_view spelling) {
            if (!known_->lists(spelling)) return;
            std::string each = to_utf8(spelling);
            if (std::find(found.begin(), found.end(), each) == found.end()) found.push_back(std::move(each));
        });
        return found;
    }

    /// What `word` counts: nothing if it is blocked, `kStrange` if it is not known, else 1.
    ///
    /// Known are the words of the language and of the list; so is every word where nobody says. An unknown word that a
    /// blocked one begins or ends early is blocked too.
    double factor(const std::string& word) const {
        const std::string folded = lower(word);
        const std::shared_lock lock(mutex_);
        if (blocked_.count(folded) || blocked_.count(without_s(folded))) return 0;
        if (!known_ || known_->has(word) || weights_.count(word)) return 1;
        return is_near_blocked(folded) ? 0 : kStrange;
    }

    /// The words for a search, in which each begins with `start`; none if there are none.
    std::optional<detail::Named> named(const std::string& start) const {
        const std::unique_lock lock(mutex_);
        if (weights_.empty()) return std::nullopt;
        if (!named_) {
            std::map<std::string, double> shares;
            for (const auto& [word, weight] : weights_) shares.emplace(word, weight / kStrength);
            named_ = std::make_shared<const detail::NamedWords>(shares);
        }
        return detail::Named{"glossary", start, named_};
    }

   private:
    static constexpr std::size_t kMost = 1'000'000;    // words of a list
    static constexpr std::size_t kNear = 4, kCut = 5;  // letters that a blocked word, and one cut short, has at least
                                                       // to block unknown ones like it

    static void check_weight(const std::string& word, double weight) {
        detail::Range{0, 1e6}.check("the weight of '" + word + "'", weight);
    }

    /// The weight behind a tab; 1 if there is none.
    static double number_of(const std::string& text) {
        if (text.empty()) return 1;
        std::istringstream stream(text);
        stream.imbue(std::locale::classic());  // whatever the program's is
        double weight = 0;
        if (!(stream >> weight) || stream.peek() != std::char_traits<char>::eof()) {
            throw WordgruError("the weight is '" + text + "'; expected a number after the tab.");
        }
        return weight;
    }

    static std::u32string_view without_comment(std::u32string_view line) {
        for (std::size_t at = 0; at < line.size(); ++at) {
            if (line[at] == U'#' && (at == 0 || is_space(line[at - 1]))) return line.substr(0, at);
        }
        return line;
    }

    /// A longer list would take minutes, and gigabytes.
    void check_room(std::size_t more) const {
        if (weights_.size() + more <= kMost) return;
        throw WordgruError("a list holds 1,000,000 words at most; take some off, or name fewer.");
    }

    void set(const std::string& word, double weight) {
        named_.reset();
        if (weight > 0) weights_[word] = weight;
        else weights_.erase(word);
    }

    static std::string without_s(const std::string& word) {
        for (const std::string_view mark : kApostrophes) {
            const std::string ending = std::string(mark) + "s";
            if (ends_with(word, ending)) return word.substr(0, word.size() - ending.size());
        }
        return word;
    }

    /// A word in lower case with each apostrophe, if it has one.
    static std::vector<std::string> marked(std::string_view word) {
        std::vector<std::string> forms(2, lower(word));
        replace_all(forms[0], kApostrophes[1], kApostrophes[0]);
        replace_all(forms[1], kApostrophes[0], kApostrophes[1]);
        return forms;
    }

    /// Whether an unknown word begins with a blocked one, or is one cut short.
    bool is_near_blocked(const std::string& word) const {
        if (cut_.count(word)) return true;
        const Characters letters = decode(word);
        for (std::size_t size = kNear; size < letters.size(); ++size) {
            if (blocked_.count(word.substr(0, letters.starts[size]))) return true;
        }
        return false;
    }

    void find_cut() {
        cut_.clear();
        for (const std::string& word : blocked_) add_cut(word);
    }

    void add_cut(const std::string& word) {
        const Characters letters = decode(word);
        for (std::size_t size = kCut; size < letters.size(); ++size) cut_.insert(word.substr(0, letters.starts[size]));
    }

    /// `word` as it is offered.
    std::string one(std::string_view word) const {
        check_text(word);
        const std::u32string whole = decode(normal_form_(word)).text;
        const std::u32string_view text = trimmed(whole);
        const std::vector<Span> found = spans(text);
        if (found.size() != 1 || found[0].start != 0 || found[0].end != text.size()) {
            throw WordgruError("'" + std::string(word) +
                               "' is not one word; expected letters or digits, with single ' ’ or - inside.");
        }
        return to_utf8(text);
    }

    const std::function<std::string(std::string_view)> normal_form_;
    const std::optional<KnownWords> known_;
    mutable std::shared_mutex mutex_;
    std::map<std::string, double> weights_;
    mutable std::shared_ptr<const detail::NamedWords> named_;  // made from the weights when it is asked for
    std::unordered_set<std::string> blocked_;
    std::unordered_set<std::string> cut_;  // beginnings of the blocked words
};

}  // namespace wordgru
