import type { EnumerationType, FieldType, FloatType, IntegerType } from "../ctf/field_types.ts";

/** An enumeration that a writer looks labels up in. */
export interface NamedEnumeration {
  /** Name of its field, with those it is in. */
  readonly name: string;
  /** Its type. */
  readonly type: EnumerationType;
}

/** How a value of a fixed length is written. */
export interface Scalar {
  /** Lines that convert it. */
  readonly convert: string[];
  /** Its bytes. */
  readonly size: number;
  /** Lines that store it at an address. */
  readonly store: (at: string) => string[];
}

/** Writes the lines of one tracepoint's writer that convert values and store them. */
export class ValueSource {
  /** What has to be known to the lines as `enumerations`. */
  readonly enumerations: NamedEnumeration[] = [];
  #variables = 0;

  /** A name that no other variable of the writer has. */
  variable(): string {
    return `v${this.#variables++}`;
  }

  /** How a value of a fixed length is converted, and stored at an address. */
  scalar(
    name: string,
    type: IntegerType | FloatType | EnumerationType,
    value: string,
  ): Scalar {
    if (type.kind === "float") {
      const number = this.variable();
      const store = (
        at: string,
      ): string[] => [`view.setFloat${type.size}(${at}, ${number}, true);`];
      return { convert: [`const ${number} = +${value};`], size: type.size / 8, store };
    }
    if (type.kind === "integer") return this.#integer(type, value);
    if (type.boolean) return this.#integer(type.container, `(${value} ? 1 : 0)`);
    const number = this.variable();
    const k = this.enumerations.push({ name, type }) - 1;
    const given = this.variable();
    const label = `labelValue(enumerations[${k}], ${given})`;
    const { convert, ...integer } = this.#integer(type.container, number);
    const first = [
      `const ${given} = ${value};`,
      `const ${number} = typeof ${given} === "string" ? ${label} : ${given};`,
    ];
    return { convert: [...first, ...convert], ...integer };
  }

  #integer({ size }: IntegerType, value: string): Scalar {
    if (size === 64) return this.#integer64(value);
    const number = this.variable();
    const store = (at: string): string[] => {
      const arguments_ = size === 8 ? `${at}, ${number}` : `${at}, ${number}, true`;
      return [`view.setInt${size}(${arguments_});`];
    };
    return { convert: [`const ${number} = ${value} | 0;`], size: size / 8, store };
  }

  /** A number is stored as its halves, which is cheaper than making a bigint of it. */
  #integer64(value: string): Scalar {
    const [given, number] = [this.variable(), this.variable()];
    const convert = [
      `const ${given} = ${value};`,
      `const ${number} = typeof ${given} === "bigint" ? ${given} : +${given};`,
    ];
    const store = (at: string): string[] => [
      `if (typeof ${number} === "number") {`,
      `  const low = ${number} | 0;`,
      `  view.setInt32(${at}, low, true);`,
      `  view.setInt32(${at} + 4, low === ${number} ? low >> 31 : highHalf(${number}), true);`,
      `} else view.setBigInt64(${at}, ${number}, true);`,
    ];
    return { convert, size: 8, store };
  }

  /** Assembles a value at the top of the scratch, as part of what begins at `from`. */
  assemble(name: string, type: FieldType, value: string, from: string): string[] {
    const given = this.variable();
    switch (type.kind) {
      case "string":
        return [
          `  const ${given} = ${value};`,
          `  const ${given}t = typeof ${given} === "string" ? ${given} : String(${given});`,
          `  scratch.top = scratch.encode(${given}t, scratch.top);`,
        ];
      case "struct": {
        const fields = type.fields.map((field) =>
          this.assemble(`${name}.${field.name}`, field.type, `${given}.${field.name}`, from)
        );
        return [`  const ${given} = ${value};`, ...fields.flat()];
      }
      case "array":
      case "sequence": {
        const [length, i] = [this.variable(), this.variable()];
        const isArray = type.kind === "array";
        const fits = `scratch.top - ${from} <= scratch.limit`;
        return [
          `  const ${given} = ${value};`,
          `  const ${length} = ${isArray ? type.length : `${given}.length >>> 0`};`,
          ...(isArray
            ? []
            : assembleScalar(4, (at) => [`view.setUint32(${at}, ${length}, true);`])),
          `  for (let ${i} = 0; ${i} < ${length} && ${fits}; ${i}++) {`,
          ...this.assemble(`${name}[]`, type.element, `${given}[${i}]`, from),
          `  }`,
        ];
      }
      default: {
        const { convert, size, store } = this.scalar(name, type, value);
        return [...convert, ...assembleScalar(size, store)];
      }
    }
  }
}

/** Stores a value at the top of the scratch, where its view may have become another one. */
function assembleScalar(size: number, store: Scalar["store"]): string[] {
  return [
    `  scratch.room(scratch.top, ${size});`,
    `  {`,
    `    const { view, top } = scratch;`,
    ...store("top"),
    `    scratch.top = top + ${size};`,
    `  }`,
  ];
}
