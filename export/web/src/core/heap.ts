/** What is taken out in order, the smallest first, of equals the one that came first; Python's `heapq`. */
export class Heap<Item> {
  #entries: { readonly key: number; readonly number: number; readonly item: Item }[] = [];
  #number = 0;

  get size(): number {
    return this.#entries.length;
  }

  /** All of them, in no order. */
  *[Symbol.iterator](): Iterator<Item> {
    for (const { item } of this.#entries) yield item;
  }

  push(key: number, item: Item): void {
    const entries = this.#entries;
    entries.push({ key, number: this.#number++, item });
    for (let at = entries.length - 1; at; ) {
      const above = (at - 1) >> 1;
      if (!this.#isBefore(at, above)) break;
      this.#swap(at, above);
      at = above;
    }
  }

  pop(): Item | undefined {
    const entries = this.#entries;
    const [first] = entries;
    const last = entries.pop();
    if (!first || !last || !entries.length) return first?.item;
    entries[0] = last;
    for (let at = 0; ; ) {
      let least = at;
      for (const below of [2 * at + 1, 2 * at + 2]) {
        if (below < entries.length && this.#isBefore(below, least)) least = below;
      }
      if (least === at) return first.item;
      this.#swap(at, least);
      at = least;
    }
  }

  /** Take out the first that fits, wherever it is. */
  take(fits: (item: Item) => boolean): Item | undefined {
    const found = this.#entries.find(({ item }) => fits(item));
    if (!found) return undefined;
    const others = this.#entries.filter((entry) => entry !== found);
    others.sort((one, other) => one.key - other.key || one.number - other.number);
    this.#entries = others; // what is sorted is a heap
    return found.item;
  }

  #isBefore(one: number, other: number): boolean {
    const [first, second] = [this.#entries[one], this.#entries[other]];
    if (!first || !second) return false;
    return first.key < second.key || (first.key === second.key && first.number < second.number);
  }

  #swap(one: number, other: number): void {
    const entries = this.#entries;
    const held = entries[one];
    const moved = entries[other];
    if (held && moved) [entries[one], entries[other]] = [moved, held];
  }
}
