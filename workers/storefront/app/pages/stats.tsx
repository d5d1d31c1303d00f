import { signedIn } from '../session';
import type { Route } from './+types/stats';

export const loader = async (asked: Route.LoaderArgs) => (await signedIn(asked)).cache.stats();

export default function Stats({ loaderData: stats }: Route.ComponentProps) {
  const facts = {
    Hits: stats.hits, Misses: stats.misses, 'Kept from others': stats.refused,
    Entries: stats.entries, Live: stats.live, 'Age of the oldest': `${stats.oldest} ms`,
  };
  return (
    <>
      <h1>The cache</h1>
      <p>Reservations and rooms are rendered from an object that the core keeps up to date. An entry that is live has the age 0.</p>
      <dl className="facts">{Object.entries(facts).map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
    </>
  );
}
