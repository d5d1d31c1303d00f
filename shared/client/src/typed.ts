// Reads the types of a document off its text, by the printed schema. Types only: nothing of this is in the built script.
//
// What it does not read: lists in lists, and defaults of variables that are lists or objects.
import type { EventData, Objects, Scalars } from '../generated/schema.js';

// ── from characters to words ──

type Blank = ' ' | '\n' | '\t' | '\r' | ',';
type Sign = '{' | '}' | '(' | ')' | ':' | '!' | '[' | ']' | '$' | '@' | '=';
type Ends = Blank | Sign | '#' | '.' | '"';

/** The words of a text. Blanks go in large steps: TypeScript counts each step, and ends at a thousand. */
type Words<Text, Out extends string[] = []> =
  Text extends `        ${infer Rest}` ? Words<Rest, Out>
  : Text extends `  ${infer Rest}` ? Words<Rest, Out>
  : Text extends `${infer First}${infer Rest}` ?
    First extends Blank ? Words<Rest, Out>
    : First extends Sign ? Words<Rest, [...Out, First]>
    : First extends '#' ? Words<Rest extends `${string}\n${infer After}` ? After : '', Out>
    : First extends '.' ? Words<Rest extends `..${infer After}` ? After : '', [...Out, '...']>
    : First extends '"' ? Words<Rest extends `${string}"${infer After}` ? After : '', [...Out, '""']>
    : Word<Text> extends [infer Found extends string, infer After] ? Words<After, [...Out, Found]> : Out
  : Out;
type Word<Text, Out extends string = ''> =
  Text extends `${infer First}${infer Rest}` ? First extends Ends ? [Out, Text] : Word<Rest, `${Out}${First}`> : [Out, ''];

// ── variables ──

type Reference<Found> =
  Found extends ['[', infer Name extends string, '!', ']', '!', ...infer Rest] ? [`[${Name}!]!`, Rest]
  : Found extends ['[', infer Name extends string, '!', ']', ...infer Rest] ? [`[${Name}!]`, Rest]
  : Found extends ['[', infer Name extends string, ']', '!', ...infer Rest] ? [`[${Name}]!`, Rest]
  : Found extends ['[', infer Name extends string, ']', ...infer Rest] ? [`[${Name}]`, Rest]
  : Found extends [infer Name extends string, '!', ...infer Rest] ? [`${Name}!`, Rest]
  : Found extends [infer Name extends string, ...infer Rest] ? [Name, Rest]
  : never;
type Declared<Found, Out = {}> =
  Found extends ['$', infer Name extends string, ':', ...infer Rest] ?
    Reference<Rest> extends [infer Type extends string, infer After] ?
      After extends ['=', string, ...infer Further] ? Declared<Further, Out & { [K in Name]: Type extends `${infer Bare}!` ? Bare : Type }>
      : Declared<After, Out & { [K in Name]: Type }>
    : never
  : Found extends [')', ...infer Rest] ? [Out, Rest]
  : never;

// ── what is selected ──

type PastBracket<Found> = Found extends [')', ...infer Rest] ? Rest : Found extends [string, ...infer Rest] ? PastBracket<Rest> : [];
/** Past arguments and directives, which do not change a type. */
type PastArguments<Found> =
  Found extends ['(', ...infer Rest] ? PastArguments<PastBracket<Rest>>
  : Found extends ['@', string, ...infer Rest] ? PastArguments<Rest>
  : Found;

type FieldsOf<Type> = Type extends keyof Objects ? Objects[Type] extends { fields: infer Fields } ? Fields : {} : {};
type NameOf<Type> = Type extends `${infer Inner}!` ? NameOf<Inner> : Type extends `[${infer Inner}]` ? NameOf<Inner> : Type;
type Wrapped<Type, Value> =
  Type extends `[${infer Inner}]!` ? Wrapped<Inner, Value>[]
  : Type extends `[${infer Inner}]` ? Wrapped<Inner, Value>[] | null
  : Type extends `${string}!` ? Value
  : Value | null;
type TypeOfField<Type, Name> =
  Name extends '__typename' ? '__typename'
  : Name extends keyof FieldsOf<Type> ? FieldsOf<Type>[Name] : never;
type Leaf<Parent, Type> = Type extends '__typename' ? Parent : NameOf<Type> extends keyof Scalars ? Wrapped<Type, Scalars[NameOf<Type>]> : never;

/** What a fragment of this name is on, and what follows its first brace. */
type Fragment<Doc, Name> =
  Doc extends ['fragment', Name, 'on', infer On extends string, ...infer Rest] ?
    PastArguments<Rest> extends ['{', ...infer Inside] ? [On, Inside] : never
  : Doc extends [string, ...infer Rest] ? Fragment<Rest, Name>
  : never;

/** `Fields` of the type itself, and those `On` others that a fragment names. `Doc`: the whole document, in which the fragments are. */
type Selection<Found, Type, Doc, Fields = {}, On = {}> =
  Found extends ['}', ...infer Rest] ? [Shape<Type, Fields, On>, Rest]
  : Found extends ['...', 'on', infer Name extends string, ...infer Rest] ?
    PastArguments<Rest> extends ['{', ...infer Inside] ?
      Selection<Inside, Name, Doc> extends [infer Part, infer After] ? Selection<After, Type, Doc, Fields, On & { [K in Name]: Part }> : never
    : never
  : Found extends ['...', infer Name extends string, ...infer Rest] ?
    Fragment<Doc, Name> extends [infer Of extends string, infer Inside] ?
      Selection<Inside, Of, Doc> extends [infer Part, any] ? Selection<PastArguments<Rest>, Type, Doc, Fields, On & { [K in Of]: Part }> : never
    : never
  : Found extends [infer Alias extends string, ':', infer Name extends string, ...infer Rest] ? Field<PastArguments<Rest>, Type, Doc, Alias, Name, Fields, On>
  : Found extends [infer Name extends string, ...infer Rest] ? Field<PastArguments<Rest>, Type, Doc, Name, Name, Fields, On>
  : never;
type Field<Found, Type, Doc, Alias extends string, Name, Fields, On> =
  Found extends ['{', ...infer Inside] ?
    Selection<Inside, NameOf<TypeOfField<Type, Name>>, Doc> extends [infer Value, infer After] ?
      Selection<After, Type, Doc, Fields & { [K in Alias]: Wrapped<TypeOfField<Type, Name>, Value> }, On>
    : never
  : Selection<Found, Type, Doc, Fields & { [K in Alias]: Leaf<Type, TypeOfField<Type, Name>> }, On>;

type Flat<T> = { [K in keyof T]: T[K] };
type Shape<Type, Fields, On> =
  Type extends keyof Objects ?
    Objects[Type] extends { of: infer Member extends string } ? Member extends unknown ? Flat<Fields & (Member extends keyof On ? On[Member] : {})> : never
    : Type extends 'Event' ? Told<Flat<Fields>>
    : Flat<Fields & (Type extends keyof On ? On[Type] : {})>
  : never;
/** An event that says its type and has its data is one of those that there are, each with the data of its own. */
type Told<Fields> =
  Fields extends { type: any; data: any } ? { [Type in keyof EventData]: Flat<Omit<Fields, 'type' | 'data'> & { type: Type; data: EventData[Type] }> }[keyof EventData] : Fields;

// ── a document ──

type Roots = { query: 'Query'; mutation: 'Mutation'; subscription: 'Subscription' };
type Body<Found, Root, Doc, Variables = {}> =
  Found extends ['{', ...infer Inside] ? { variables: Variables; result: Selection<Inside, Root, Doc> extends [infer Result, any] ? Result : never }
  : Found extends ['(', ...infer Rest] ? Declared<Rest> extends [infer Read, infer After] ? Body<After, Root, Doc, Read> : never
  : Found extends [string, ...infer Rest] ? Body<Rest, Root, Doc, Variables>
  : never;
/** Past the selections of a fragment. `Depth` has an item for each brace around. */
type PastBraces<Found, Depth extends 1[] = []> =
  Found extends ['{', ...infer Rest] ? PastBraces<Rest, [...Depth, 1]>
  : Found extends ['}', ...infer Rest] ? Depth extends [1, ...infer Left extends 1[]] ? Left extends [] ? Rest : PastBraces<Rest, Left> : never
  : Found extends [string, ...infer Rest] ? PastBraces<Rest, Depth>
  : [];
/** The operation may stand before its fragments or after them. */
type Operation<Found, Doc = Found> =
  Found extends ['fragment', string, 'on', ...infer Rest] ? Operation<PastBraces<Rest>, Doc>
  : Found extends [infer Kind extends keyof Roots, ...infer Rest] ? Body<Rest, Roots[Kind], Doc>
  : Body<Found, 'Query', Doc>;
type Read<Text> = Operation<Words<Text>>;

type Given<Declared> = Flat<
  { [K in keyof Declared as Declared[K] extends `${string}!` ? K : never]: Value<Declared[K]> } &
  { [K in keyof Declared as Declared[K] extends `${string}!` ? never : K]?: Value<Declared[K]> | undefined }
>;
type Value<Type> = NameOf<Type> extends keyof Scalars ? Wrapped<Type, Scalars[NameOf<Type>]> : never;

/** What a document answers. A text whose letters TypeScript does not know may answer anything. */
export type ResultOf<Text extends string> = string extends Text ? any : Read<Text> extends { result: infer Result } ? Result : never;
/** What a document takes. */
export type VariablesOf<Text extends string> = string extends Text ? any : Read<Text> extends { variables: infer Variables } ? Given<Variables> : never;
