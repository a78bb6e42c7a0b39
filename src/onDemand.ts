// The entry of a third bundle: what most sessions do not need, loaded when it is first used (see loadOnDemand.ts).
export { findInProfile, findSetting, insertProfile, setInProfile } from './host/settingsLocation';
export { GitCheckouts, problemOfRef, problemOfRepository } from './machine/gitCheckouts';
export { ManagedEnvironment } from './machine/managedEnvironment';
export { DashboardProxyServer } from './scheduler/dashboardProxyServer';
