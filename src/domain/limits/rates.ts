/** How much of a budget is used when its owner is told for the first time, in percent. */
export const BUDGET_WARNING_PERCENT = 80
/** Parts a rate's window is counted in: one row of 1 KiB, and at most 2 % held too long. */
export const RATE_SUB_WINDOWS = 60
