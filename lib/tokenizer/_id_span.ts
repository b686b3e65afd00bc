/** Exclusive upper bound of ids, to pack two ids, or a rank and an id, into one number. */
export const ID_SPAN = 2 ** 24;
