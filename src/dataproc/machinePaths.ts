/** Where initialize.sh puts what is ours on every machine. */
export const machineHome = '/opt/dask-runner';
/** Python of drivers, scheduler and workers. */
export const machinePython = `${machineHome}/env/bin/python`;
