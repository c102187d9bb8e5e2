import type { FileOperations, Inode } from "../hw/dentry.ts";
import { KernelError } from "../hw/errno.ts";
import { nonseekableOpen, type OpenFile } from "../hw/open_file.ts";
import type { RelayBuffer } from "./buffer.ts";

/**
 * Operations of a file that stands for a buffer; its inode's private value is the buffer. An open
 * file holds a reference to the buffer, has no position and cannot be read: what of a buffer can be
 * read only the layer above knows (`ltt_relay_file_operations`). Opening a file that outlived its
 * buffer is `ENOENT`.
 */
export const relayFileOperations: FileOperations = {
  open(inode: Inode, file: OpenFile): void {
    const buffer = inode.private as RelayBuffer;
    if (buffer.kref === 0) {
      throw new KernelError("ENOENT", `Cannot open ${file.dentry.name}: its buffer is freed`);
    }
    buffer.references.get("file");
    file.privateData = buffer;
    nonseekableOpen(file);
  },
  release(_inode: Inode, file: OpenFile): void {
    (file.privateData as RelayBuffer).references.put("file");
  },
};
