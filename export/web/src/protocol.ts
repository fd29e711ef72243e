import type {
  BundleConfig,
  Characters,
  FieldOptions,
  GenerateOptions,
  PersonalModel,
  Phrase,
  PhraseOptions,
  PrefixOptions,
  Score,
  SearchOptions,
  SessionOptions,
  Suggestions,
  SuggestOptions,
  WordList,
} from "./core/index.js";
import type { ResetOptions } from "./core/text_field.js";
import type { Correction, Touched } from "./core/typing/field.js";
import type { LoadOptions } from "./inline.js";
import type { BundleSource } from "./source.js";

/** One bundle, or several to mix. */
export type Sources = BundleSource | readonly BundleSource[];

/** How the worker loads a bundle; personal words are named, or kept in its memory alone. */
export interface WorkerOptions extends Omit<LoadOptions, "personal"> {
  readonly personal?: string | true | undefined;
}

/** What a page may call of the word list, and of the personal words. */
export interface Owners {
  readonly words: Pick<WordList, "add" | "block" | "allow" | "read" | "weights" | "blocked">;
  readonly personal: Pick<
    PersonalModel,
    "learn" | "unlearn" | "forget" | "grams" | "add" | "export" | "import" | "after" | "clock"
  >;
}

/** The same, where each answer comes from another thread. */
export type Remote<Owner> = {
  readonly [Name in keyof Owner]: Owner[Name] extends (...given: infer Given) => infer Answer
    ? (...given: Given) => Promise<Awaited<Answer>>
    : Promise<Awaited<Owner[Name]>>;
};

/** A call of a method, or the question for a value. */
export type Call = {
  [Of in keyof Owners]: { readonly of: Of; readonly name: keyof Owners[Of]; readonly given: readonly unknown[] };
}[keyof Owners];

/** A session, by its number, and what the page has of it. */
export interface Field {
  readonly session: number;
  readonly text: string;
  /** None where several models read it. */
  readonly touched?: Touched | undefined;
}

/** What a page asks of its worker. Sessions are numbered by the page. */
export type Request =
  | { readonly ask: "load"; readonly source: Sources; readonly options: WorkerOptions }
  | { readonly ask: "suggest"; readonly context: string; readonly options: PrefixOptions }
  | { readonly ask: "complete"; readonly text: string; readonly options: SuggestOptions }
  | { readonly ask: "phrases"; readonly context: string; readonly options: PhraseOptions }
  | { readonly ask: "score"; readonly text: string }
  | { readonly ask: "generate"; readonly context: string; readonly options: GenerateOptions }
  | { readonly ask: "open"; readonly session: number; readonly options: FieldOptions }
  | ({ readonly ask: "session"; readonly options: SessionOptions } & Field)
  | ({ readonly ask: "languages" } & Field)
  | ({ readonly ask: "corrections"; readonly options: SuggestOptions; readonly count: number } & Field)
  | ({ readonly ask: "mayBeOne"; readonly before: string; readonly first: string; readonly second: string } & Field)
  | ({ readonly ask: "correction"; readonly threshold: number } & Field)
  | ({ readonly ask: "characters"; readonly options: Partial<SearchOptions> } & Field)
  | ({ readonly ask: "nats"; readonly before: string; readonly following: string } & Field)
  | ({
      readonly ask: "natsAfter";
      readonly choices: readonly string[];
      readonly following: string;
      readonly count: number;
    } & Field)
  | ({ readonly ask: "commit" } & Field)
  | { readonly ask: "reset"; readonly session: number; readonly options: ResetOptions }
  | ({ readonly ask: "save" } & Field)
  | { readonly ask: "restore"; readonly session: number; readonly data: Uint8Array; readonly options: FieldOptions }
  | { readonly ask: "copy"; readonly session: number; readonly of: number }
  | { readonly ask: "forget"; readonly session: number }
  | ({ readonly ask: "call" } & Call);

/** What the worker answers to each. */
export interface Answers {
  /** What each bundle's `config.json` says, by its name. */
  readonly load: ReadonlyMap<string, BundleConfig>;
  readonly suggest: Suggestions;
  readonly complete: Suggestions;
  readonly phrases: Phrase[];
  readonly score: Score[];
  readonly generate: string;
  readonly open: undefined;
  readonly session: Suggestions;
  readonly languages: ReadonlyMap<string, number>;
  readonly corrections: Suggestions;
  readonly mayBeOne: boolean;
  readonly correction: Correction | undefined;
  readonly characters: Characters;
  readonly nats: number;
  readonly natsAfter: number[];
  /** How many words were learnt. */
  readonly commit: number;
  readonly reset: undefined;
  readonly save: Uint8Array;
  /** The session's text. */
  readonly restore: string;
  readonly copy: undefined;
  readonly forget: undefined;
  /** What the method returned, or the value. */
  readonly call: unknown;
}

export type Answer = Answers[keyof Answers];

/** A request or an answer on its way; an error is taken apart, for classes do not survive the journey. */
export type Message =
  | { readonly id: number; readonly request: Request }
  | { readonly id: number; readonly answer: Answer }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } };
