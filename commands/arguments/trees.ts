import { basename, dirname, resolve } from "node:path";
import type { Tree } from "../command.ts";

/** Levels of directories that are walked where nothing bounds them. */
const DEPTH_MAX = 64;
/** Names of files that a model or a task may consist of. */
const MODEL_FILES = /\.(json|safetensors|jinja|npy|yaml)$/;
const TASK_FILES = /\.(ya?ml|json|jsonl|ndjson|parquet|csv|tsv|txt)$/i;

/** A directory that the program writes: all of it. */
export function outputTree(directory: string): Tree {
  return { directory, depth: DEPTH_MAX };
}

/** Files of results in a directory, and in those right below it. */
export function resultTree(directory: string, depth: 0 | 1): Tree {
  return { directory, depth, files: /\.jsonl?(\.tmp)?$/ };
}

/** A checkpoint, or a run with one in it. */
export function modelTree(directory: string): Tree {
  return { directory, depth: 1, files: MODEL_FILES };
}

/** A directory of task files or documents. */
export function taskTree(directory: string): Tree {
  return { directory, depth: 8, files: TASK_FILES };
}

/**
 * The part of the Hugging Face hub's cache that a model's directory belongs to: its files there are links to
 * `blobs` beside `snapshots`. The directory itself where it is no snapshot.
 */
export function repositoryOf(directory: string): string {
  const path = resolve(directory);
  const [snapshots, repository] = [dirname(path), dirname(dirname(path))];
  const isSnapshot = basename(snapshots) === "snapshots" && /^models--/.test(basename(repository));
  return isSnapshot ? repository : path;
}
