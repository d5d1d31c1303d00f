import { redirect } from 'react-router';
import { envOf, sessionsOf } from '../session';
import type { Route } from './+types/sign_out';

export const action = ({ request, context }: Route.ActionArgs) => sessionsOf(envOf({ context })).signOut(request);
export const loader = () => redirect('/');
