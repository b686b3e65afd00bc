/** Maximum side of a tile, and maximum chunk length of a vector. */
const SIDE_MAX = 64;

/** Division of a tensor into chunks: roughly square tiles of a matrix, runs of a vector. */
export interface Tiling {
  /** Rows of the tensor; 1 for a vector. */
  readonly rows: number;
  /** Columns of the tensor. */
  readonly columns: number;
  /** Rows of a tile. */
  readonly tileRows: number;
  /** Columns of a tile. */
  readonly tileColumns: number;
  /** Number of chunks: tiles in row-major order. */
  readonly chunks: number;
  /** Elements per chunk, at most 4096; index inside is row in tile x tileColumns + column in tile. */
  readonly chunkLength: number;
}

/**
 * Divides a tensor into chunks as the reference does (its section on chunking): each side by its
 * largest divisor of at most 64.
 *
 * @param dims One or two axes.
 * @throws RangeError for other ranks.
 */
export function tilingOf(dims: readonly number[]): Tiling {
  if (dims.length < 1 || dims.length > 2) {
    throw new RangeError(`Cannot cut tensor into chunks: shape is [${dims}], want one or two axes`);
  }
  const [rows, columns] = dims.length === 1 ? [1, dims[0]] : dims;
  const [tileRows, tileColumns] = [divisorUpTo(rows), divisorUpTo(columns)];
  return {
    rows,
    columns,
    tileRows,
    tileColumns,
    chunks: (rows / tileRows) * (columns / tileColumns),
    chunkLength: tileRows * tileColumns,
  };
}

/** Returns the number of entries kept per chunk: `topk`, made even, at most the chunk length. */
export function keptPerChunk(topk: number, chunkLength: number): number {
  const clamped = Math.min(Math.max(topk, 2), chunkLength);
  return clamped > 1 ? clamped & ~1 : clamped;
}

/** Returns the position of a chunk's first element in the row-major tensor. */
export function chunkOrigin(tiling: Tiling, chunk: number): number {
  const across = tiling.columns / tiling.tileColumns;
  const down = Math.floor(chunk / across);
  return down * tiling.tileRows * tiling.columns + (chunk - down * across) * tiling.tileColumns;
}

/** Returns the largest divisor of n that is at most 64. */
function divisorUpTo(n: number): number {
  let divisor = Math.min(n, SIDE_MAX);
  while (n % divisor !== 0) divisor--;
  return divisor;
}
