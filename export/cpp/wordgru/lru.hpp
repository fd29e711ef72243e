// A memo of bounded size that threads may share.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace wordgru {

/// Remembers the values asked for latest, by a key of bytes. A value is cheap to copy: a shared pointer.
template <typename Value>
class Lru {
   public:
    explicit Lru(std::size_t capacity) : capacity_(capacity) {}

    /// The value of `key`, or an empty one.
    Value find(const std::string& key) {
        const std::lock_guard lock(mutex_);
        const auto found = places_.find(key);
        if (found == places_.end()) return {};
        values_.splice(values_.begin(), values_, found->second);
        return found->second->second;
    }

    void put(const std::string& key, Value value) {
        const std::lock_guard lock(mutex_);
        if (places_.count(key)) return;  // another thread was faster, with the same value
        values_.emplace_front(key, std::move(value));
        places_[key] = values_.begin();
        if (values_.size() > capacity_) {
            places_.erase(values_.back().first);
            values_.pop_back();
        }
    }

   private:
    std::size_t capacity_;
    std::mutex mutex_;
    std::list<std::pair<std::string, Value>> values_;  // the latest first
    std::unordered_map<std::string, typename std::list<std::pair<std::string, Value>>::iterator> places_;
};

}  // namespace wordgru
