#!/bin/sh
# installed.sh BUILD COMPILER ENGLISH: install what was built, compile README.md's example as README.md says, run it,
# and compare what it prints with what README.md says that it prints, numbers aside.
set -eu
build=$1 compiler=$2 english=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
block() { awk -v begin="\`\`\`$1" '$0 == "```" { on = 0 } on { print } $0 == begin { on = 1 }' README.md; }

cmake --install "$build" --prefix "$work/installed" >/dev/null
export PKG_CONFIG_PATH="$work/installed/lib/pkgconfig"
block c >"$work/app.c"
cat >"$work/header.c" <<'END'
#include <wordgru.h>
int main(void) { return wordgru_abi() != WORDGRU_ABI; }
END
for program in app header; do # words, not one string
    # shellcheck disable=SC2046
    "$compiler" -std=c99 -pedantic -Wall -Wextra -Werror "$work/$program.c" -o "$work/$program" \
        $(pkg-config --cflags --libs wordgru) "-Wl,-rpath,$(pkg-config --variable=libdir wordgru)"
done
"$work/header"
"$work/app" "$english" >"$work/printed"
words() { sed -E 's/^ *[0-9.]+% +//'; }
block text | words >"$work/expected"
words <"$work/printed" | diff "$work/expected" - || { echo "README.md's example prints other words" >&2; exit 1; }
[ -s "$work/printed" ] || { echo "README.md's example prints nothing" >&2; exit 1; }
if "$work/app" nowhere 2>"$work/said"; then exit 1; fi
grep -q '^error: nowhere: no such folder' "$work/said"
[ "$(pkg-config --modversion wordgru)" != "" ]
