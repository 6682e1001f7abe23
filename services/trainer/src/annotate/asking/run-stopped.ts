/** Nothing more is asked in this run: the spend limit, or a model that is down. What is done is kept. */
export class RunStopped extends Error {}
