/** What the engine has to know of a device. */
export interface DeviceTraits {
  /** Whether kept outputs stay in memory of the device, owned by the session that made them. */
  readonly keepsOutputs: boolean;
  /** Whether tensors are copied when they are uploaded. */
  readonly copiesUploads: boolean;
  /** What the machine needs to have; undefined for nothing. */
  readonly requirement: string | undefined;
}

/** Devices that a session can run on, in the order in which `auto` measures them. */
export const DEVICES = {
  cpu: { keepsOutputs: false, copiesUploads: false, requirement: undefined },
  webgpu: { keepsOutputs: true, copiesUploads: true, requirement: "a Vulkan driver" },
  cuda: {
    keepsOutputs: false,
    copiesUploads: true,
    requirement: "the CUDA libraries of ONNX Runtime",
  },
} as const satisfies Record<string, DeviceTraits>;

/** Name of a device. */
export type DeviceName = keyof typeof DEVICES;

/** Names of all devices. */
export const DEVICE_NAMES = Object.keys(DEVICES) as [DeviceName, ...DeviceName[]];
