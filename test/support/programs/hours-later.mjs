/** `node --import` of this file, with HOURS_LATER=2: a process whose wall clock is two hours ahead. It runs on as fast. */
const ahead = Number(process.env["HOURS_LATER"]) * 3_600_000;
const { now } = Date;
Date.now = () => now() + ahead;
