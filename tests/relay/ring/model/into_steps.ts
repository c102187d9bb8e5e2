/**
 * Turns source of the ring into code that stops before every access to a shared word. A function
 * that calls one of shared_words.ts, or one that does, becomes a generator; the call becomes a
 * `yield` of what is to be done, and whoever runs the generator does it and hands the result back.
 * Nothing else of the source is changed.
 *
 * ```text
 *  storeRelease(words, i, n)              (yield ["storeRelease", words, i, n])
 *  this.deliver(trunc, count)             (yield* this.deliver(trunc, count))
 *  const f = (i) => readOnce(words, i)    const f = function* (i) { return yield […]; }.bind(this)
 *  constructor(…) { readOnce(…) }         *construct(…) { …; return this; }
 *  new Subbuf(…)                          (yield* new Subbuf().construct(…))
 *  client.bufferEnd?.(…)                  (yield* (client.bufferEnd?.(…) ?? []))
 *  for (;;) { … }                         for (;;) { yield ["rest", "for"]; … }
 * ```
 *
 * Left out are getters that access shared words, and the bodies of shipped generators and of
 * methods called by a symbol. A callback that accesses shared words throws.
 *
 * @module
 */
import ts from "typescript";
import * as sharedWords from "../../../../relay/ring/shared_words.ts";

/** Names of the functions of shared_words.ts. */
export const SHARED: ReadonlySet<string> = new Set(Object.keys(sharedWords));
/** Methods of the client: programs of the test. */
const CALLBACKS = ["bufferBegin", "bufferEnd"];

/** What a function is called by: its own name, or that of the constant it is the value of. */
function functionName(node: ts.Node): string | null {
  if (ts.isConstructorDeclaration(node)) return `new ${node.parent.name!.text}`;
  if (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)) {
    return nameOf(node.name!);
  }
  if (ts.isArrowFunction(node) && ts.isVariableDeclaration(node.parent)) {
    return nameOf(node.parent.name);
  }
  return null;
}

function nameOf(node: ts.Node): string | null {
  if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) return node.text;
  return ts.isPropertyAccessExpression(node) ? node.name.text : null;
}

/** What a call calls. */
function calledName(node: ts.Node): string | null {
  if (ts.isNewExpression(node)) return `new ${nameOf(node.expression)}`;
  return ts.isCallExpression(node) ? nameOf(node.expression) : null;
}

/** Shipped generators and what is called by a symbol: loops over what can be stepped through. */
function isLeftOut(node: ts.Node): boolean {
  if (!ts.isMethodDeclaration(node)) return false;
  return node.asteriskToken !== undefined || ts.isComputedPropertyName(node.name);
}

/** Functions of shared_words.ts by the names they have in a file: `const store = writeOnce`. */
function accesses(file: ts.SourceFile): ReadonlyMap<string, string> {
  const names = new Map([...SHARED].map((name) => [name, name]));
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      const alias = nameOf(name);
      const op = initializer && nameOf(initializer);
      if (alias && op && SHARED.has(op)) names.set(alias, op);
    }
  }
  return names;
}

/** Names of all functions that access shared words, by themselves or by those they call. */
export function stepwiseNames(files: readonly ts.SourceFile[]): ReadonlySet<string> {
  const calls = new Map<string, Set<string>>();
  for (const file of files) {
    const ops = accesses(file);
    const visit = (node: ts.Node, enclosing: readonly string[]): void => {
      if (isLeftOut(node)) return;
      const name = functionName(node);
      const within = name === null ? enclosing : [...enclosing, name];
      const called = calledName(node);
      if (called !== null) {
        for (const caller of within) {
          if (!calls.has(caller)) calls.set(caller, new Set());
          calls.get(caller)!.add(ops.get(called) ?? called);
        }
      }
      ts.forEachChild(node, (child) => visit(child, within));
    };
    visit(file, []);
  }
  const stepwise = new Set([...SHARED, ...CALLBACKS]);
  for (let size = 0; size !== stepwise.size;) {
    size = stepwise.size;
    for (const [name, called] of calls) {
      if (!stepwise.isDisjointFrom(called)) stepwise.add(name);
    }
  }
  return stepwise.difference(SHARED);
}

/** The file with its stepwise functions turned into generators, for a transpilation. */
export function intoSteps(
  file: ts.SourceFile,
  stepwise: ReadonlySet<string>,
  context: ts.TransformationContext,
): ts.SourceFile {
  const { factory } = context;
  const asterisk = factory.createToken(ts.SyntaxKind.AsteriskToken);
  const ops = accesses(file);

  const visitCall = (node: ts.CallExpression | ts.NewExpression): ts.Expression | null => {
    const name = calledName(node);
    if (name === null) return null;
    const op = ops.get(name);
    const args = (node.arguments ?? []).map(visitExpression);
    if (op !== undefined) {
      const step = factory.createArrayLiteralExpression([factory.createStringLiteral(op), ...args]);
      return factory.createParenthesizedExpression(factory.createYieldExpression(undefined, step));
    }
    if (!stepwise.has(name)) return null;
    return factory.createParenthesizedExpression(
      factory.createYieldExpression(asterisk, calledGenerator(node, args)),
    );
  };

  /** The expression that gives the generator in the place of a call. */
  const calledGenerator = (
    node: ts.CallExpression | ts.NewExpression,
    args: ts.Expression[],
  ): ts.Expression => {
    if (ts.isNewExpression(node)) {
      const made = factory.createNewExpression(node.expression, undefined, []);
      const construct = factory.createPropertyAccessExpression(made, "construct");
      return factory.createCallExpression(construct, undefined, args);
    }
    const called = visitExpression(node.expression);
    if (!ts.isCallChain(node)) return factory.createCallExpression(called, undefined, args);
    const call = factory.createCallChain(called, node.questionDotToken, undefined, args);
    const nothing = factory.createArrayLiteralExpression();
    return factory.createParenthesizedExpression(
      factory.createBinaryExpression(call, ts.SyntaxKind.QuestionQuestionToken, nothing),
    );
  };

  const visitFunction = (node: ts.Node): ts.Node | null => {
    if (ts.isMethodDeclaration(node)) {
      const { modifiers, name, parameters, body } = node;
      return factory.createMethodDeclaration(
        modifiers,
        asterisk,
        name,
        undefined,
        undefined,
        parameters,
        undefined,
        isLeftOut(node) ? factory.createBlock([]) : visitBlock(body!),
      );
    }
    if (ts.isFunctionDeclaration(node)) {
      const { modifiers, name, parameters, body } = node;
      return factory.createFunctionDeclaration(
        modifiers,
        asterisk,
        name,
        undefined,
        parameters,
        undefined,
        visitBlock(body!),
      );
    }
    if (ts.isConstructorDeclaration(node)) {
      const result = factory.createReturnStatement(factory.createThis());
      const body = [...visitBlock(node.body!).statements, result];
      return factory.createMethodDeclaration(
        undefined,
        asterisk,
        "construct",
        undefined,
        undefined,
        node.parameters,
        undefined,
        factory.createBlock(body),
      );
    }
    if (ts.isArrowFunction(node)) {
      const body = ts.isBlock(node.body)
        ? visitBlock(node.body)
        : factory.createBlock([factory.createReturnStatement(visitExpression(node.body))]);
      const { parameters } = node;
      const generator = factory.createFunctionExpression(
        undefined,
        asterisk,
        undefined,
        undefined,
        parameters,
        undefined,
        body,
      );
      const bind = factory.createPropertyAccessExpression(
        factory.createParenthesizedExpression(generator),
        "bind",
      );
      return factory.createCallExpression(bind, undefined, [factory.createThis()]);
    }
    return null;
  };

  /** In the place of a function whose caller is not known: fails where it is called. */
  const unsteppable = (node: ts.ArrowFunction): ts.Node => {
    const message = `Cannot step into a function without a name: ${node.getText()}`;
    const made = factory.createNewExpression(factory.createIdentifier("Error"), undefined, [
      factory.createStringLiteral(message),
    ]);
    const body = factory.createBlock([factory.createThrowStatement(made)]);
    const arrow = factory.createToken(ts.SyntaxKind.EqualsGreaterThanToken);
    return factory.createArrowFunction(undefined, undefined, [], undefined, arrow, body);
  };

  /** A round of a loop that keeps nothing from the round before begins with a rest. */
  const restful = (loop: ts.ForStatement): ts.Node => {
    const before = loop.parent as ts.Block;
    const statements = before.statements.slice(0, before.statements.indexOf(loop));
    const keeps = (node: ts.Node): boolean =>
      isStepwise(node) ||
      (ts.isVariableDeclarationList(node) && !(node.flags & ts.NodeFlags.Const));
    if (!functionName(before.parent) || statements.some(keeps)) return loop;
    const rest = factory.createYieldExpression(
      undefined,
      factory.createArrayLiteralExpression([
        factory.createStringLiteral("rest"),
        factory.createStringLiteral("for"),
      ]),
    );
    const round = visitBlock(loop.statement as ts.Block);
    const body = [factory.createExpressionStatement(rest), ...round.statements];
    return factory.createForStatement(undefined, undefined, undefined, factory.createBlock(body));
  };

  const visit = (node: ts.Node): ts.Node | undefined => {
    if (ts.isForStatement(node) && !node.condition && !node.initializer && isStepwise(node)) {
      return restful(node);
    }
    if (ts.isGetAccessorDeclaration(node) && isStepwise(node)) return undefined;
    const name = functionName(node);
    if (isLeftOut(node) || (name !== null && stepwise.has(name))) {
      return visitFunction(node)!;
    }
    if (ts.isArrowFunction(node) && isStepwise(node)) {
      return unsteppable(node);
    }
    const call = ts.isCallExpression(node) || ts.isNewExpression(node) ? visitCall(node) : null;
    return call ?? ts.visitEachChild(node, visit, context);
  };
  const visitExpression = (node: ts.Expression): ts.Expression => visit(node) as ts.Expression;
  const visitBlock = (node: ts.Block): ts.Block => ts.visitEachChild(node, visit, context);
  const isStepwise = (node: ts.Node): boolean => {
    const called = calledName(node);
    if (called !== null && (ops.has(called) || stepwise.has(called))) return true;
    return ts.forEachChild(node, isStepwise) ?? false;
  };
  return ts.visitEachChild(file, visit, context);
}
