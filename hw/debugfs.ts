import { Dentry, type FileOperations, regularInode, S_IFDIR } from "./dentry.ts";
import { KernelError } from "./errno.ts";

/** The file system drivers show their state in. Linux 2.6.29, fs/debugfs/inode.c. */
export class Debugfs {
  /** Its root directory, named `/`. */
  readonly root: Dentry = directory("/", null);

  /**
   * Makes a file in `parent`, `null` for the root. `EEXIST` when the name is taken, `EACCES` when it
   * is empty or has a slash, `ENAMETOOLONG` above 255 bytes. Without `fops` it reads as empty.
   */
  createFile(
    name: string,
    mode: number,
    parent: Dentry | null,
    data: unknown = null,
    fops?: FileOperations,
  ): Dentry {
    assertName(name);
    return new Dentry(name, regularInode(mode, data, fops), parent ?? this.root);
  }

  /** Makes a directory. Errors as `createFile`. */
  createDir(name: string, parent: Dentry | null = null): Dentry {
    assertName(name);
    return directory(name, parent ?? this.root);
  }

  /** Removes a file or an empty directory (`Dentry.remove`); nothing for `null` or without parent. */
  remove(dentry: Dentry | null): void {
    if (dentry?.parent) dentry.remove();
  }

  /** Finds what a path names, as `dir/file`. `ENOENT` when there is nothing. */
  lookup(path: string): Dentry {
    let found = this.root;
    for (const name of path.split("/").filter((part) => part !== "")) {
      const child = found.child(name);
      if (!child) throw new KernelError("ENOENT", `Cannot look up ${path}: there is no ${name}`);
      found = child;
    }
    return found;
  }
}

function directory(name: string, parent: Dentry | null): Dentry {
  const inode = { mode: S_IFDIR | 0o755, private: null, fops: {} };
  return new Dentry(name, inode, parent);
}

function assertName(name: string): void {
  if (name === "" || name.includes("/")) {
    throw new KernelError("EACCES", `Cannot make a file named "${name}"`);
  }
  if (new TextEncoder().encode(name).length > 255) {
    throw new KernelError("ENAMETOOLONG", `Cannot make a file named "${name}": above 255 bytes`);
  }
}
