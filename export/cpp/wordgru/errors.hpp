// The errors a user can cause. Each carries one line: what was wrong, what was expected, what to do.
#pragma once

#include <stdexcept>

namespace wordgru {

/// Base of every error that wordgru raises on purpose.
class WordgruError : public std::runtime_error {
   public:
    using std::runtime_error::runtime_error;
};

/// A bundle is missing, broken, foreign, or newer than this program.
class BundleError : public WordgruError {
   public:
    using WordgruError::WordgruError;
};

}  // namespace wordgru
