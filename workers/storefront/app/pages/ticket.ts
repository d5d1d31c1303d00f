import { envOf, sessionsOf } from '../session';
import type { Route } from './+types/ticket';

export const action = ({ request, context }: Route.ActionArgs) => sessionsOf(envOf({ context })).ticket(request, envOf({ context }).CORE);
