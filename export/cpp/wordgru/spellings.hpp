// What was expanded of one word so far, and the words found: `Spellings` of `wordgru/spellings.py` in C++. It is kept
// from letter to letter.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <numeric>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "spelling.hpp"

namespace wordgru::detail {

/// All spellings expanded of the word after one context, and the words found.
class Spellings {
   public:
    /// `state` is before the context's last piece `last`; `gap` is a space if one stands before the word, else nothing.
    Spellings(const Lexicon& lexicon, Expander& expand, const State& state, Id last, const std::string& gap,
              bool ignore_case)
        : lexicon_(lexicon), expand_(expand), gap_(ignore_case ? fold(gap) : gap), ignore_case_(ignore_case) {
        Spelling& root = all_.emplace_back();
        root.stage = gap_.empty() ? Stage::start : Stage::gap;
        root.expand(*expand_({&state}, {last})[0], lexicon_);
        root.narrow(gap_, lexicon_, ignore_case_);
    }

    /// How many probabilities are kept.
    std::size_t size() const {
        return std::accumulate(all_.begin(), all_.end(), std::size_t{0},
                               [](auto sum, auto& each) { return sum + each.size(); });
    }

    Spelling& root() { return all_.front(); }
    std::list<Spelling>& all() { return all_; }
    const std::string& typed() const { return typed_; }

    /// The words found so far and their masses.
    const std::unordered_map<std::string, double>& found() const { return found_; }

    /// The most probable spelling of a word that was found.
    const Ids& best(const std::string& word) const { return best_.at(word).second; }

    /// Probability that what follows the context agrees with the gap and the letters typed.
    double agreeing() const {
        if (gap_.empty() && typed_.empty()) return 1;
        double agreeing = 0;
        for (const Spelling& each : all_) agreeing += each.left.empty() ? 0 : each.agreeing;
        return agreeing;
    }

    /// Keep only what agrees with `typed`, which goes on from the letters typed before.
    void narrow(const std::string& typed) {
        if (typed == typed_) return;
        typed_ = typed;
        const std::string text = gap_ + typed;
        for (auto each = all_.begin(); each != all_.end();) {
            each = keeps(*each, text) || each == all_.begin() ? std::next(each) : all_.erase(each);
        }
        for (auto each = found_.begin(); each != found_.end();) {
            each = agrees(each->first) ? std::next(each) : found_.erase(each);
        }
    }

    /// Expand the open pieces picked, with one call of the model, and credit the words that they end.
    void expand(const std::vector<Pick>& picks) {
        std::list<Spelling> begun;
        std::vector<const State*> states;
        Ids pieces;
        for (const auto& [before, id, mass] : picks) {
            const std::string& piece = lexicon_.pieces[static_cast<std::size_t>(id)];
            before->close(id, lexicon_);
            const std::string data = before->tail + piece, matched = ignore_case_ ? fold(piece) : piece;
            const Step step = read(before->stage, data);
            Spelling next;
            next.ids = before->ids;
            next.ids.push_back(id);
            next.word = before->word + std::string(step.word);
            if (matched.size() < before->left.size()) next.left = before->left.substr(matched.size());
            if (step.effect == Effect::closes) {
                if (next.left.empty()) credit(next.word, mass, next.ids);
                continue;
            }
            next.spelled = before->spelled + piece;
            next.matched = before->matched + matched;
            next.tail = step.tail;
            next.stage = step.stage;
            next.mass = mass;
            begun.push_back(std::move(next));
            states.push_back(&before->state);
            pieces.push_back(id);
        }
        if (begun.empty()) return;
        const auto expansions = expand_(states, pieces);
        auto expansion = expansions.begin();
        for (Spelling& each : begun) add(each, **expansion++);
        all_.splice(all_.end(), begun);
    }

   private:
    /// Narrow a spelling to `text`; whether anything of it is left.
    bool keeps(Spelling& spelling, const std::string& text) {
        if (starts_with(spelling.matched, text)) {
            spelling.left.clear();
            return true;
        }
        if (!starts_with(text, spelling.matched)) return false;
        spelling.narrow(text.substr(spelling.matched.size()), lexicon_, ignore_case_);
        return spelling.total != 0 || spelling.agreeing != 0;
    }

    /// Take in what the model says after a spelling, and credit its word with what ends it.
    void add(Spelling& spelling, const Expansion& expansion) {
        spelling.expand(expansion, lexicon_);
        if (!spelling.left.empty()) {
            spelling.narrow(std::string(spelling.left), lexicon_, ignore_case_);
        } else if (!spelling.word.empty()) {
            credit(spelling.word, spelling.mass - spelling.total, spelling.ids);
        }
    }

    void credit(const std::string& word, double mass, const Ids& ids) {
        if (!agrees(word)) return;  // it ended before the mark that was typed last
        found_[word] += mass;
        auto& [most, spelling] = best_[word];
        if (mass > most) most = mass, spelling = ids;
    }

    bool agrees(const std::string& word) const {
        const std::string begun = gap_.substr(starts_with(gap_, " ") ? 1 : 0) + typed_;
        return starts_with(ignore_case_ ? fold(word) : word, begun);
    }

    const Lexicon& lexicon_;
    Expander& expand_;
    const std::string gap_;
    const bool ignore_case_;
    std::string typed_;
    std::list<Spelling> all_;  // a list, so that pointers stay good; the root first
    std::unordered_map<std::string, double> found_;
    std::unordered_map<std::string, std::pair<double, Ids>> best_;
};

}  // namespace wordgru::detail
