/** Personal words in IndexedDB: one record for each word after each history and each day, and one with the clock. */
import { type Counts, type Entry, EVEN, type Weights } from "./counts.js";
import { FIRST, isDay } from "./days.js";
import { WordgruError } from "./errors.js";

const SCHEMA = 2; // edition of the store; an older program refuses a newer one
const [GRAMS, CLOCK] = ["grams", "clock"] as const;

/** How many words were learnt, which change was the last one, and how much each strength is believed. */
interface Clock {
  readonly words: number;
  readonly edition: number;
  /** Stores that were made before have none until they learn. */
  readonly weights?: Weights;
}

/** Keeps counts in a database, which other pages may change too. */
export class Database {
  #opened: Promise<IDBDatabase> | undefined;

  constructor(
    private readonly name: string,
    private readonly factory: IDBFactory,
  ) {}

  /** Close it; what is asked next opens it again. */
  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    (await opened?.catch(() => undefined))?.close();
  }

  /** Read what is kept into `counts`, if another has changed it. */
  async refresh(counts: Counts): Promise<void> {
    await this.#failures("read", async () => {
      const transaction = await this.#begin("readonly");
      await read(transaction, counts);
    });
  }

  /** Change what is kept as `work` changes `counts`: all of it or nothing. */
  async write<T>(counts: Counts, work: (counts: Counts) => T): Promise<T> {
    return this.#failures("written", async () => {
      const transaction = await this.#begin("readwrite");
      const ended = end(transaction);
      try {
        await read(transaction, counts);
        const result = work(counts);
        keep(transaction, counts);
        await ended;
        return result;
      } catch (error) {
        counts.edition = -1; // what is kept is another
        throw error;
      }
    });
  }

  async #begin(mode: IDBTransactionMode): Promise<IDBTransaction> {
    try {
      return (await this.#open()).transaction([GRAMS, CLOCK], mode);
    } catch (error) {
      if ((error as Error).name !== "InvalidStateError") throw error;
      this.#opened = undefined; // the browser closed it, when its data were cleared for instance
      return (await this.#open()).transaction([GRAMS, CLOCK], mode);
    }
  }

  #open(): Promise<IDBDatabase> {
    this.#opened ??= this.#connect().catch((error) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #connect(): Promise<IDBDatabase> {
    const request = this.factory.open(this.name, SCHEMA);
    request.onupgradeneeded = ({ oldVersion }) => {
      if (oldVersion) {
        giveDays(request.transaction as IDBTransaction);
        return;
      }
      request.result.createObjectStore(GRAMS);
      request.result.createObjectStore(CLOCK);
    };
    const database = await answered(request);
    database.onversionchange = () => database.close(); // it is to be deleted
    return database;
  }

  async #failures<T>(done: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new WordgruError(
        `the personal words '${this.name}' cannot be ${done} (${error.message || error.name}); expected a database of ` +
          "wordgru in which this page may write. Nothing in it was changed.",
      );
    }
  }
}

/** Make the grams of edition 1 those of edition 2: what was learnt without a day was learnt before every other. */
function giveDays(transaction: IDBTransaction): void {
  if (!transaction.objectStoreNames.contains(GRAMS)) {
    transaction.abort(); // it is of another program
    return;
  }
  const grams = transaction.objectStore(GRAMS);
  const cursor = grams.openCursor();
  cursor.onsuccess = () => {
    const { result } = cursor;
    if (!result) return;
    const { key, value } = result;
    if (Array.isArray(key) && key.length === 2) {
      result.delete();
      grams.put(value, [...key, FIRST]);
    }
    result.continue();
  };
}

/** Read all into `counts`, unless it is there already. */
async function read(transaction: IDBTransaction, counts: Counts): Promise<void> {
  const [clocks, grams] = [transaction.objectStore(CLOCK), transaction.objectStore(GRAMS)];
  const kept = ((await answered(clocks.get(0))) as Clock | undefined) ?? { words: 0, edition: 0 };
  const { words, edition, weights = EVEN } = kept;
  if (counts.edition === edition) return;
  if (!Number.isFinite(words)) throw new Error("its clock is no finite number");
  if (!areWeights(weights)) throw new Error("its weights are no numbers that sum to 1");
  const [keys, scores] = await Promise.all([answered(grams.getAllKeys()), answered(grams.getAll())]);
  counts.replace(
    words,
    keys.map((key, at) => entry(key, scores[at])),
    weights,
  );
  counts.edition = edition;
}

function areWeights(weights: unknown): weights is Weights {
  const isRight = (row: unknown, size: number) =>
    Array.isArray(row) &&
    row.length === EVEN[size]?.length &&
    row.every((weight) => weight >= 0) &&
    Math.abs(row.reduce((total, weight) => total + weight, 0) - 1) < 1e-6;
  return Array.isArray(weights) && weights.length === EVEN.length && weights.every(isRight);
}

/** A record, checked: another program may have written there. */
function entry(key: IDBValidKey, score: unknown): Entry {
  const [history, word, day] = Array.isArray(key) ? key : [];
  if (typeof history === "string" && typeof word === "string" && word && isDay(day) && Number.isFinite(score)) {
    return { history, word, day, score: score as number };
  }
  throw new Error(`the entry ${JSON.stringify([key, score])} is no word with a day and a finite score`);
}

/** Write what has changed in `counts`. */
function keep(transaction: IDBTransaction, counts: Counts): void {
  const grams = transaction.objectStore(GRAMS);
  const { isCleared, entries } = counts.changes();
  if (isCleared) grams.clear();
  for (const { history, word, day, score } of entries) {
    if (score === undefined) grams.delete([history, word, day]);
    else grams.put(score, [history, word, day]);
  }
  counts.edition = Math.random(); // a store made anew begins with none that was known
  transaction
    .objectStore(CLOCK)
    .put({ words: counts.clock, edition: counts.edition, weights: counts.weights } satisfies Clock, 0);
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

function end(transaction: IDBTransaction): Promise<void> {
  const ended = new Promise<void>((done, failed) => {
    transaction.oncomplete = () => done();
    transaction.onabort = () => failed(transaction.error ?? new Error("the browser ended it"));
  });
  ended.catch(() => undefined); // whoever waits is told
  return ended;
}
