/**
 * Flags of an allocation ("get free page"), with the kernel's names and values: those that mean
 * something to this machine. Linux 2.6.29, include/linux/gfp.h.
 */
export type Gfp = number;

/** May sleep. */
export const __GFP_WAIT: Gfp = 0x10;
/** Fault injection spares this allocation. */
export const __GFP_NOFAIL: Gfp = 0x800;
/** Fill what is handed out with zeros. */
export const __GFP_ZERO: Gfp = 0x8000;
/** Only from the node asked for. */
export const __GFP_THISNODE: Gfp = 0x40000;
/** Not allowed to sleep. */
export const GFP_ATOMIC: Gfp = 0x20;
/** An ordinary allocation of the kernel. */
export const GFP_KERNEL: Gfp = 0xd0;
/** Only from the node asked for, without message or retry. */
export const GFP_THISNODE: Gfp = 0x41200;
