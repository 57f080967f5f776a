/**
 * Properties try the same cases in every run, or the figures would be others each time, and few of them, because they do
 * so for every mutant; nobody reads a shrunk case.
 */
import fc from "fast-check";

process.env["BURSTLET_PROPERTY_RUNS"] ??= "50";
fc.configureGlobal({ seed: 20_261_125, endOnFailure: true });
