// Documents: texts that know their types.
import type { ResultOf, VariablesOf } from './typed.js';
import type { AnyDocument, Document } from './types.js';

/** A document whose answer and variables are typed by the printed schema. At run time it is the text. */
export const graphql = <const Text extends string>(text: Text) => text as string & Document<ResultOf<Text>, VariablesOf<Text>>;

/** The text of any document. */
export function textOf(document: AnyDocument): string {
  if (typeof document === 'object' && 'kind' in document) {
    const text = document.loc?.source.body;
    if (!text) throw new TypeError('this document has lost its text: make it with graphql(`…`), or set documentMode to string in your generator');
    return text;
  }
  return String(document);
}

/** Whether a document takes this variable. */
export const takes = (text: string, variable: string) => new RegExp(`\\$${variable}\\s*:`).test(text);

/** Fails at once, where a document lacks what it needs for what is asked: with a wrong document nothing would ever tell. */
export function demand(text: string, variables: readonly string[], fields: readonly string[] = []): string {
  for (const name of variables) if (!takes(text, name)) throw new TypeError(`the document has to take $${name}`);
  for (const name of fields) if (!new RegExp(`\\b${name}\\b(?!\\s*:)`).test(text)) throw new TypeError(`the document has to select ${name}`);
  return text;
}
