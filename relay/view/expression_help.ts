/** What people are told of expressions, wherever these are typed: paragraphs, in which backticks mark examples. */
export const EXPRESSION_HELP: readonly string[] = [
  `An expression compares by == != < <= > >=, by =~ with a pattern, in which * stands for any text, and by
contains; && || ! and parentheses join comparisons: \`status >= 500 && url contains "/api"\`. Text stands
in quotes. Numbers may have a unit: \`5ms\`, \`20us\`, \`1.5s\` are nanoseconds, \`10k\` is 10,000. A text
alone, \`"slow"\`, is looked for in the name and in all fields, in upper and lower case.`,
  `name, cpu and time are the event's, and so is duration: how long what ended with it had lasted. Any
other name is a field's: at.x is in a structure, args[0] in a list, context.x in a context, fields.name
is a field of that name. An event that does not have a field does not fit.`,
];
