// A bundle: the folder that an app ships. The only header that knows its file names, its version and its hashes.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "errors.hpp"
#include "known.hpp"
#include "sha256.hpp"
#include "words.hpp"

namespace wordgru {

/// Sizes of the model.
struct ModelConfig {
    int vocab_size = 0;
    int embedding_size = 0;
    int hidden_size = 0;
    int layers = 0;
};

/// A bundle on disk whose files were all found and whose hashes agree.
class Bundle {
   public:
    /// Throws BundleError if the bundle is missing, broken, foreign, or newer than this program.
    static Bundle open(const std::filesystem::path& folder) {
        Bundle bundle;
        bundle.folder_ = folder;
        const std::string where = (folder / kConfig).string();
        try {
            bundle.read_config(read_json(folder), where);
        } catch (const nlohmann::json::exception& error) {
            throw BundleError(where + ": a value is of the wrong kind (" + detail::reason(error) +
                              "); export the bundle again.");
        }
        return bundle;
    }

    const ModelConfig& model() const { return model_; }
    std::filesystem::path folder() const { return folder_; }
    std::filesystem::path tokenizer_path() const { return folder_ / kTokenizer; }
    std::filesystem::path model_path() const { return folder_ / kModel; }

    /// The words that are never offered, in lower case; none where the bundle holds no such list.
    const std::unordered_set<std::string>& blocked() const { return blocked_; }

    /// The words of its language, if it says.
    const std::optional<KnownWords>& known() const { return known_; }

    /// The hashes of its files, by which a saved session knows its model again.
    const std::string& identity() const { return identity_; }

   private:
    using Json = nlohmann::json;

    static constexpr int kFormatVersion = 2;
    static constexpr const char* kConfig = "config.json";
    static constexpr const char* kTokenizer = "tokenizer.json";
    static constexpr const char* kModel = "model.onnx";
    static constexpr const char* kBlocked = "blocked.txt";
    static constexpr const char* kKnown = "known.bin";

    static Json read_json(const std::filesystem::path& folder) {
        namespace fs = std::filesystem;
        const std::string name = folder.string();
        if (!fs::exists(folder)) {
            throw BundleError(name + ": no such folder; expected a bundle written by `wordgru export`.");
        }
        if (!fs::is_directory(folder)) throw BundleError(name + ": is a file; expected the folder of a bundle.");
        if (fs::is_directory(folder / "checkpoints") || fs::is_directory(folder / "best")) {
            throw BundleError(name + ": is a training run; write a bundle of it with `wordgru export " + name +
                              " -o BUNDLE`.");
        }
        if (!fs::exists(folder / kConfig)) {
            throw BundleError(name + ": has no config.json; expected a bundle written by `wordgru export`.");
        }
        try {
            return Json::parse(read_file(folder / kConfig));
        } catch (const Json::exception& error) {
            throw BundleError((folder / kConfig).string() + ": is not JSON in UTF-8 (" + detail::reason(error) +
                              "); copy or export the bundle again.");
        }
    }

    static std::string read_file(const std::filesystem::path& path) {
        if (!std::filesystem::is_regular_file(path)) {  // from a pipe or a device one could read for ever
            throw BundleError(path.string() + ": is no plain file; expected one. Copy or export the bundle again.");
        }
        std::ifstream file(path, std::ios::binary);
        std::string content{std::istreambuf_iterator<char>(file), {}};
        if (!file) throw BundleError(path.string() + ": cannot be read; check its permissions.");
        return content;
    }

    void read_config(const Json& config, const std::string& where) {
        if (!config.is_object()) {
            throw BundleError(where + ": holds no object; expected one. Export the bundle again.");
        }
        check_version(config, where);  // first, for all else depends on it
        if (!config.contains("model") || !config["model"].is_object()) {
            throw BundleError(where + ": has no object `model`; expected one with the model's sizes.");
        }
        const Json& sizes = config["model"];
        check_keys(sizes, {"vocab_size", "embedding_size", "hidden_size", "layers"}, {"layers"}, where);
        model_ = {size(sizes, "vocab_size", where), size(sizes, "embedding_size", where),
                  size(sizes, "hidden_size", where), sizes.contains("layers") ? size(sizes, "layers", where) : 1};
        check_keys(config, {"format_version", "model", "precision", "files", "training", "quality", "wordgru"},
                   {"training", "quality", "wordgru"}, where);
        if (config["precision"] != "fp32" && config["precision"] != "int8" && config["precision"] != "int4") {
            throw BundleError(where + ": precision is " + config["precision"].dump() + "; expected 'fp32', 'int8' or 'int4'.");
        }
        for (const char* name : {"files", "training", "quality"}) {
            if (config.contains(name) && !config[name].is_object()) {
                throw BundleError(where + ": " + name + " is " + config[name].dump() + "; expected an object.");
            }
        }
        check_files(config["files"], where);
    }

    static void check_version(const Json& config, const std::string& where) {
        if (!config.contains("format_version")) {
            throw BundleError(where +
                              ": has no format_version, so wordgru did not write it; expected a wordgru bundle.");
        }
        const Json& version = config["format_version"];
        if (!version.is_number_integer() || version < 1) {
            throw BundleError(where + ": format_version is " + version.dump() +
                              "; expected a whole number of at least 1.");
        }
        if (version < kFormatVersion) {
            throw BundleError(where + ": format_version is " + version.dump() +
                              ", which no release ever wrote; expected " + std::to_string(kFormatVersion) +
                              ". Train and export the model again.");
        }
        if (version > kFormatVersion) {
            throw BundleError(where + ": format_version is " + version.dump() + "; this wordgru reads up to " +
                              std::to_string(kFormatVersion) + ". Upgrade wordgru.");
        }
    }

    static void check_keys(const Json& values, const std::vector<std::string>& known,
                           const std::set<std::string>& optional, const std::string& where) {
        std::string names;
        for (const std::string& key : known) names += (names.empty() ? "" : ", ") + key;
        for (const auto& [key, value] : values.items()) {
            if (std::find(known.begin(), known.end(), key) == known.end()) {
                throw BundleError(where + ": unknown key '" + key + "'; known are " + names +
                                  ". Was it written by a newer wordgru? Then upgrade wordgru.");
            }
        }
        for (const std::string& key : known) {
            if (!values.contains(key) && !optional.count(key)) {
                throw BundleError(where + ": has no '" + key + "'; expected the keys " + names + ".");
            }
        }
    }

    static int size(const Json& sizes, const char* name, const std::string& where) {
        const Json& value = sizes[name];
        if (!value.is_number_integer() || value < 1 || value > 1 << 24) {
            throw BundleError(where + ": " + name + " is " + value.dump() + "; expected a whole number of at least 1.");
        }
        return value.get<int>();
    }

    void check_files(const Json& files, const std::string& where) {
        const std::size_t named = files.size() - files.count(kBlocked) - files.count(kKnown);
        if (named != 2 || !files.contains(kTokenizer) || !files.contains(kModel)) {
            throw BundleError(where + ": files names " + files.dump() +
                              "; expected the hashes of tokenizer.json and model.onnx.");
        }
        for (const auto& [name, expected] : files.items()) {
            const std::string content = check_file(folder_ / name, expected);
            identity_ += expected.get<std::string>() + " ";
            if (name == kBlocked) read_blocked(content);
            if (name == kKnown) known_.emplace(content, (folder_ / name).string());
        }
    }

    /// The content of a file; one that is missing or is not the one that was exported is refused.
    static std::string check_file(const std::filesystem::path& path, const Json& expected) {
        const std::string name = path.string();
        if (!std::filesystem::exists(path)) {
            throw BundleError(name + ": is missing from the bundle; copy or export the bundle again.");
        }
        std::string content = read_file(path);
        const std::string found = sha256(content);
        if (expected == found) return content;
        if (content.rfind("version https://git-lfs", 0) == 0) {
            throw BundleError(name + ": is a Git LFS pointer, not the file; fetch it with `git lfs pull`.");
        }
        const std::string wanted = expected.is_string() ? expected.get<std::string>() : expected.dump();
        throw BundleError(name + ": its sha256 is " + found.substr(0, 12) + "…, expected " + wanted.substr(0, 12) +
                          "…; the file was changed or cut short. Copy or export the bundle again.");
    }

    /// One word a line, or several with commas or semicolons between them; `#` begins a comment.
    void read_blocked(const std::string& content) {
        const std::string name = (folder_ / kBlocked).string();
        const Characters found = decode(content);
        if (!found.valid || found.starts.back() != content.size()) {
            throw BundleError(name + ": cannot be read (it is not UTF-8); expected words in UTF-8, one a line.");
        }
        std::u32string_view text = found.text;
        if (!text.empty() && text[0] == 0xFEFF) text.remove_prefix(1);  // a mark of the byte order
        std::size_t number = 0;
        for (std::u32string_view line : lines(text)) {
            const std::string where = name + ": line " + std::to_string(++number);
            line = line.substr(0, line.find(U'#'));
            for (std::size_t start = 0; start <= line.size();) {
                const std::size_t end = std::min(line.find_first_of(U",;、，", start), line.size());
                const std::u32string_view entry = line.substr(start, end - start);
                if (!trimmed(entry).empty()) block(entry, where);
                start = end + 1;
            }
        }
    }

    /// Block the one word of an entry, with each apostrophe, if it has one.
    void block(std::u32string_view entry, const std::string& where) {
        const std::string written = to_utf8(entry);
        const Characters text = decode(lower(nfc(written)));
        const std::vector<Span> words = spans(text.text);
        if (words.size() != 1) {
            throw BundleError(where + ": '" + written + "' " +
                              (words.empty() ? "holds no letter or digit" : "holds several words") +
                              "; expected one word a line, or commas between the words.");
        }
        std::string word;
        for (std::size_t at = words[0].start; at < words[0].end; ++at) append_utf8(word, text.text[at]);
        blocked_.insert(word);
        replace_all(word, kApostrophes[1], kApostrophes[0]);
        blocked_.insert(word);
        replace_all(word, kApostrophes[0], kApostrophes[1]);
        blocked_.insert(word);
    }

    std::filesystem::path folder_;
    ModelConfig model_;
    std::string identity_;
    std::unordered_set<std::string> blocked_;
    std::optional<KnownWords> known_;
};

}  // namespace wordgru
