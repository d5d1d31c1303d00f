import { envOf, sessionsOf } from '../session';
import type { Route } from './+types/signed_in';

export const loader = ({ request, context }: Route.LoaderArgs) => sessionsOf(envOf({ context })).signedIn(request);
