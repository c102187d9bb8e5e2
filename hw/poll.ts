/** There is something to get. Linux, include/asm-generic/poll.h, as the five below. */
export const POLLIN: number = 0x0001;
/** All sub-buffers are there to be got: the writer will lose events, in overwrite mode the oldest. */
export const POLLPRI: number = 0x0002;
/** Everything is consumed and nothing more will come. */
export const POLLHUP: number = 0x0010;
/** Goes with {@linkcode POLLIN}. */
export const POLLRDNORM: number = 0x0040;
/** Goes with {@linkcode POLLPRI}. */
export const POLLRDBAND: number = 0x0080;
/** Nothing more will come than what is there. */
export const POLLRDHUP: number = 0x2000;
