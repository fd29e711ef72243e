// Corrections of a whole text: each word by what stands before it, then by what follows.
// `wordgru/typing/correct.py` in C++.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../prose.hpp"
#include "../session.hpp"
#include "../words.hpp"

namespace wordgru {

/// A word that may have been meant.
struct Candidate {
    std::string word;
    double probability = 0;  ///< given the text before and after it
};

/// A word of a text and what was probably meant by it.
struct Correction {
    std::size_t start = 0, end = 0;     ///< where the word begins in the text and ends, in bytes
    std::string typed, word;            ///< the word, and what stands in its place
    double probability = 0;             ///< that this was meant
    std::vector<Candidate> candidates;  ///< what may have been meant, most probable first; what was typed may be there
};

namespace detail {

inline constexpr int kCandidates = 8;          // words that are weighed by what follows
inline constexpr std::size_t kFollowing = 60;  // characters after a word that are read to judge it
inline constexpr double kSure = 0.9999;  // a word that is so probable by what stands before it is not judged by what
                                         // follows

/// What may have been meant by a word, or two, given the text before and after; most probable first.
inline std::vector<Candidate> meant(const std::string& before, const std::string& typed, std::u32string_view after,
                                    Session& session) {
    session.set(before + typed);
    Query query;
    query.k = kCandidates;
    const int count = typed.find(' ') == std::string::npos ? 1 : 2;
    const Suggestions found = session.corrections(query, count);
    std::vector<Candidate> candidates;
    std::vector<std::string> words;
    for (const Suggestion& item : found) {
        candidates.push_back({item.word, item.probability * (1 - found.unexplored)});
        words.push_back(item.word);
    }
    std::u32string_view following = after.substr(0, std::min(after.size(), kFollowing));
    following = following.substr(0, following.find(U'\n'));
    while (!following.empty() && is_space(following.back())) following.remove_suffix(1);
    const bool is_sure = !words.empty() && words[0] == typed && candidates[0].probability > kSure;
    if (!following.empty() && words.size() > 1 && !is_sure) {  // shares times P(what follows), with the same sum
        const std::vector<double> nats = session.nats_after(words, to_utf8(following), count);
        const double most = *std::max_element(nats.begin(), nats.end());
        double sum = 0, weighed = 0;
        for (std::size_t at = 0; at < words.size(); ++at) {
            sum += candidates[at].probability;
            weighed += candidates[at].probability *= std::exp(nats[at] - most);
        }
        for (Candidate& each : candidates) each.probability *= sum / weighed;
    }
    std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& one, const Candidate& other) {
        return one.probability > other.probability;
    });
    return candidates;
}

/// The word that stands after the one space with which `text` begins; nothing where there is none.
inline std::u32string_view after_space(std::u32string_view text) {
    text = text.substr(0, std::min(text.size(), kFollowing));
    const std::vector<Span> found = text.empty() || text[0] != U' ' ? std::vector<Span>() : spans(text);
    if (found.empty() || found[0].start != 1 || found[0].unspaced || !is_prose(text, 1, found[0].end)) return {};
    return text.substr(1, found[0].end - 1);
}

/// The correction of a word that begins at `start`, in bytes, given the text before and after it, if there is one. Where
/// it and the next one may be one that was typed as two, it may be that of both.
inline std::optional<Correction> correction_at(std::size_t start, const std::string& typed, const std::string& before,
                                               std::u32string_view after, Session& session, double threshold) {
    const std::u32string_view second = after_space(after);
    if (!second.empty() && session.may_be_one(before, typed, to_utf8(second))) {
        const std::string both = typed + ' ' + to_utf8(second);
        std::vector<Candidate> found = meant(before, both, after.substr(1 + second.size()), session);
        const bool is_one = !found.empty() && found[0].word.find(' ') == std::string::npos;
        if (is_one && found[0].probability >= threshold) {
            const Candidate best = found[0];
            return Correction{start, start + both.size(), both, best.word, best.probability, std::move(found)};
        }
    }
    std::vector<Candidate> found = meant(before, typed, after, session);
    if (found.empty() || lower(found[0].word) == lower(typed) || found[0].probability < threshold) return std::nullopt;
    const Candidate best = found[0];
    return Correction{start, start + typed.size(), typed, best.word, best.probability, std::move(found)};
}

}  // namespace detail

/// The words of `text` that were meant otherwise, in order.
///
/// Numbers, code between backticks, addresses, case, words in capitals and what stands beside marks of code are left
/// alone. A word that was corrected is read as corrected by those after it. `session` is an empty one with a typing model; it is used up.
/// Throws WordgruError if the text is not UTF-8, the session has no typing model, or the threshold is no probability.
inline std::vector<Correction> corrections(std::string_view text, Session session, double threshold = 0.9) {
    detail::Range{0, 1}.check("the threshold", threshold);
    session.need_typing();
    check_text(text);
    const Characters read = decode(text);
    const std::u32string_view all = read.text;
    std::vector<Correction> found;
    std::string before;
    std::size_t done = 0;  // in bytes
    const detail::Code code = detail::code_in(all);
    std::size_t next = 0;  // code that was not passed
    for (const Span& span : spans(all)) {
        while (next < code.size() && code[next].second <= span.start) ++next;
        const std::size_t start = read.starts[span.start], end = read.starts[span.end];
        if (start < done) continue;  // it was one with the word before
        before += text.substr(done, start - done);
        const std::string typed(text.substr(start, end - start));
        std::optional<Correction> correction;
        const bool in_code = next < code.size() && code[next].first <= span.start;
        if (!span.unspaced && !in_code && detail::is_prose(all, span.start, span.end)) {
            correction = detail::correction_at(start, typed, before, all.substr(span.end), session, threshold);
        }
        before += correction ? correction->word : typed;
        done = correction ? correction->end : end;
        if (correction) found.push_back(std::move(*correction));
    }
    return found;
}

}  // namespace wordgru
