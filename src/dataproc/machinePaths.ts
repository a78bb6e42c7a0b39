/** Where initialize.sh puts what is ours on every machine. */
export const machineHome = '/opt/dask-runner';
/** The cluster process's HTTP side on the master. */
export const masterHttpPort = 8787;
/** Python of drivers, scheduler and workers. */
export const machinePython = `${machineHome}/env/bin/python`;
