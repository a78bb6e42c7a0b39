// The entry of a fourth bundle: what only users of Dataproc need, with Google's clients. Loaded when it is first used.
export { RestGoogleApi } from './dataproc/google/restGoogleApi';
