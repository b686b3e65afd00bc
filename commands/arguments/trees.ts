import { basename, dirname, resolve } from "node:path";
import type { Tree } from "../command.ts";

/** Depth limit of walks that are otherwise unbounded. */
const DEPTH_MAX = 64;
/** Names of files that a model or a task may consist of. */
const MODEL_FILES = /\.(json|safetensors|jinja|npy|yaml)$/;
const TASK_FILES = /\.(ya?ml|json|jsonl|ndjson|parquet|csv|tsv|txt)$/i;

/** Returns the whole tree of a directory that the program writes. */
export function outputTree(directory: string): Tree {
  return { directory, depth: DEPTH_MAX };
}

/** Returns the result files of a directory and, at depth 1, of its subdirectories. */
export function resultTree(directory: string, depth: 0 | 1): Tree {
  return { directory, depth, files: /\.jsonl?(\.tmp)?$/ };
}

/** Returns the tree of a checkpoint, or of a run that contains one. */
export function modelTree(directory: string): Tree {
  return { directory, depth: 1, files: MODEL_FILES };
}

/** Returns the tree of a directory of task files or documents. */
export function taskTree(directory: string): Tree {
  return { directory, depth: 8, files: TASK_FILES };
}

/**
 * Returns the repository directory in the Hugging Face hub cache that a model directory belongs to: the files
 * of a snapshot are links into `blobs`, beside `snapshots`. Returns the directory itself if it is no snapshot.
 */
export function repositoryOf(directory: string): string {
  const path = resolve(directory);
  const [snapshots, repository] = [dirname(path), dirname(dirname(path))];
  const isSnapshot = basename(snapshots) === "snapshots" && /^models--/.test(basename(repository));
  return isSnapshot ? repository : path;
}
