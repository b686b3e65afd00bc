/** Settings that a model may not allow. */
export type ModelSetting = "tokenizer" | "lengthMax" | "bos" | "chatTemplate";

/** A setting that does not fit the model it is for. */
export class ModelSettingError extends RangeError {
  override readonly name = "ModelSettingError";

  constructor(readonly setting: ModelSetting, message: string) {
    super(message);
  }
}
