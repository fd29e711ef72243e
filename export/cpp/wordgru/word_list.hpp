// Word lists at run time: words that are never offered. `wordgru/sources/word_list.py` in C++.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "errors.hpp"
#include "known.hpp"
#include "unicode.hpp"
#include "words.hpp"

namespace wordgru {

/// What a word counts that the language does not know: most of them are slips, or put together from tokens.
inline constexpr double kStrange = 0.01;

/// Words never to offer. Changes count from the next search on; threads may share it.
class WordList {
   public:
    /// `normal_form` is the one in which the model reads text; `blocked` are words in lower case that are never
    /// offered; `known` are the words of the language, without which every word is one.
    explicit WordList(std::function<std::string(std::string_view)> normal_form = normalize,
                      std::unordered_set<std::string> blocked = {}, std::optional<KnownWords> known = std::nullopt)
        : normal_form_(std::move(normal_form)), known_(std::move(known)), blocked_(std::move(blocked)) {
        find_cut();
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

    /// What `word` counts: nothing if it is blocked, `kStrange` if it is not known, else 1.
    ///
    /// Known are the words of the language; so is every word where nobody says. An unknown word that a blocked one
    /// begins or ends early is blocked too.
    double factor(const std::string& word) const {
        const std::string folded = lower(word);
        const std::shared_lock lock(mutex_);
        if (blocked_.count(folded) || blocked_.count(without_s(folded))) return 0;
        if (!known_ || known_->has(word)) return 1;
        return is_near_blocked(folded) ? 0 : kStrange;
    }

   private:
    static constexpr std::size_t kNear = 4, kCut = 5;  // letters that a blocked word, and one cut short, has at least
                                                       // to block unknown ones like it

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
        const Characters whole = decode(normal_form_(word));
        std::u32string_view text = whole.text;
        while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
        while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
        const std::vector<Span> found = spans(text);
        if (found.size() != 1 || found[0].start != 0 || found[0].end != text.size()) {
            throw WordgruError("'" + std::string(word) +
                               "' is not one word; expected letters or digits, with single ' ’ or - inside.");
        }
        std::string seen;
        for (const char32_t c : text) append_utf8(seen, c);
        return seen;
    }

    const std::function<std::string(std::string_view)> normal_form_;
    const std::optional<KnownWords> known_;
    mutable std::shared_mutex mutex_;
    std::unordered_set<std::string> blocked_;
    std::unordered_set<std::string> cut_;  // beginnings of the blocked words
};

}  // namespace wordgru
