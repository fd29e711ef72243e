/** The spellings that are near one. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { near, SOUNDS } from "../../web/src/core/alike.js";

const ALPHABET = [..."abcdefghijklmnopqrstuvwxyz'ïü"];

describe("near spellings", () => {
  for (const typed of ["cat", "ca", "at", "cta", "caat", "cut", "naive", "zurcih", "dog", "dont", "a😀b"]) {
    it(`has all that is one letter from ${typed}, each once`, () => {
      const chars = [...typed];
      const edited = new Set<string>();
      for (let at = 0; at <= chars.length; at++) {
        const [begin, rest] = [chars.slice(0, at), chars.slice(at)];
        edited.add([...begin, ...rest.slice(1)].join(""));
        edited.add([...begin, ...rest.slice(0, 2).reverse(), ...rest.slice(2)].join(""));
        for (const char of ALPHABET) {
          edited.add([...begin, char, ...rest].join(""));
          edited.add([...begin, char, ...rest.slice(1)].join(""));
        }
      }
      const found = near(typed, ALPHABET);
      assert.deepEqual(
        [...edited].filter((each) => !found.has(each)),
        [],
      );
      assert.ok(found.size < 3000);
    });
  }

  for (const [typed, meant] of [
    ["seperete", "separate"],
    ["definately", "definitely"],
    ["mischevious", "mischievous"],
    ["batallion", "battalion"],
    ["acomodate", "accommodate"],
    ["thier", "their"],
    ["hte", "the"],
    ["recieve", "receive"],
  ] as const) {
    it(`has ${meant} for ${typed}`, () => assert.ok(near(typed, ALPHABET).has(meant)));
  }

  it("are those of Python, in its order", () => {
    const [short, long] = ["aeiouaeiouaeioua", "aeiouaeiouaeiouae"]; // 16 letters, and 17, which have one slip alone
    assert.deepEqual([near(short, ALPHABET).size > 4000, near(long, ALPHABET).size < 1200], [true, true]);
    const found = [...near("ab", ["b", "a"])];
    const nearest = ["b", "ba", "aab", "ab", "bab", "bb", "a", "aa", "abb", "aba", "", "p", "aaab", "eab"];
    assert.deepEqual([found.slice(0, 14), found.at(-1), found.length], [nearest, "abhh", 213]);
    assert.deepEqual([SOUNDS.get("c"), SOUNDS.get("k"), SOUNDS.get("a")], ["sk", "cq", undefined]);
  });
});
