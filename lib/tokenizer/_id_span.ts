/** More than any id: packs two ids, or a rank and an id, into one number. */
export const ID_SPAN = 2 ** 24;
