// The entry of a second bundle: what activation does not need, loaded when it is first used (see loadOnDemand.ts).
export { findSetting } from './host/settingsLocation';
export { ManagedEnvironment } from './machine/managedEnvironment';
export { DashboardProxyServer } from './scheduler/dashboardProxyServer';
