import {
  cpuActionName,
  type Dentry,
  formatLogEntry,
  type NotifierCall,
  NOTIFY_BAD,
  NOTIFY_OK,
  type PageEvent,
  type RelayBuffer,
  type SlabEvent,
} from "../../mod.ts";
import { apply, type Change, differences } from "./changes.ts";
import { type LiveMachine, notifiers } from "./live_machine.ts";
import { inKernel, inPatch, NAME, placeOfKfree, placeOfLog, RCHAN, structureOf } from "./places.ts";
import type { MachineState } from "./state.ts";
import type { Step, StepKind } from "./steps.ts";
import { asJson, isAt } from "./told.ts";
import { tellChange } from "./told_changes.ts";
import { tellReferences } from "./told_references.ts";

/**
 * Sees what happens in the machine and makes steps of it. It hears of pages, small allocations,
 * notifier calls and log lines as they happen; what else has changed by then was done in between, and
 * becomes steps of its own where it has a story: CPUs, reference counts, remembered pages.
 */
export class Witness {
  readonly #live: LiveMachine;
  #state: MachineState;
  #steps: Step[] = [];
  /** Name of the command under way. */
  #command = "";
  /** A notifier that was called and has not answered, nor done anything yet. */
  #called: { readonly call: NotifierCall; readonly changes: readonly Change[] } | null = null;
  /** Whether a buffer's page was refused and its descriptor is not given back yet. */
  #refused = false;
  /** What the patch would do instead of what happens from now on. */
  #differs: string | null = null;

  /** Watches a machine from now on. */
  constructor(live: LiveMachine) {
    this.#live = live;
    this.#state = live.state();
    const { log, pages, slab, hotplug } = live.machine;
    log.subscribe((entry) => {
      const line = formatLogEntry(entry);
      this.step("log", line, placeOfLog(line));
    });
    pages.subscribe((event) => this.#page(event));
    slab.subscribe((event) => this.#slab(event));
    hotplug.subscribe((call) => this.#notifier(call));
  }

  /** The state after the last step. */
  get state(): MachineState {
    return this.#state;
  }

  /** A command begins. */
  begin(command: string, text: string, place: string): void {
    this.#steps = [];
    this.#differs = null;
    this.#command = command;
    this.step("command", text, place);
  }

  /** It is over, as `text` says: answers its steps. `differs` is what the patch does instead. */
  end(kind: "done" | "lost" | "error", text: string, place: string, differs?: string): Step[] {
    this.#live.action = null;
    if (differs !== undefined) this.#differs = differs;
    this.step(kind, text, place);
    return this.#steps;
  }

  /** Something happened: a step with all that has changed. */
  step(kind: StepKind, text: string, place: string): void {
    this.#flushCall();
    const rest = this.catchUp();
    this.#push({ kind, text, place, changes: rest });
  }

  /** A buffer's file was made, and the buffer before it. */
  fileMade(dentry: Dentry, buffer: RelayBuffer): void {
    const text = `The file ${dentry.name} is made: CPU ${buffer.cpu} has its buffer`;
    this.step("file", text, `${inPatch("relay_open_buf")}: create_buf_file`);
  }

  /** The file of a CPU's buffer was removed. */
  fileRemoved(name: string): void {
    const text = `The file ${name} is removed: nobody can open it any more`;
    this.step("file", text, `${inPatch("relay_remove_buf")}: remove_buf_file`);
  }

  #page(event: PageEvent): void {
    const { owners } = this.#live;
    if (event.type === "alloc") {
      if (event.page === null) return this.#pageRefused(event.nid);
      const { pfn, nid } = event.page;
      const owner = owners.take(pfn, event.order);
      const place = placeOfPage(owner, "alloc");
      const fallback = nid === event.nid ? "" : `, because node ${event.nid} has none left`;
      const words = wordsOf(owner);
      const taken = event.order === 0 ? "is taken" : "are taken";
      const becomes = words === null ? `${taken}, to fill the node` : `becomes ${words}`;
      const text = `${frames(pfn, event.order)} of node ${nid} ${becomes}${fallback}`;
      return this.step("page", text, place);
    }
    const { pfn, nid } = event.page;
    const unfinished = owners.building !== null;
    const owner = owners.give(pfn, event.order);
    const text = `${frames(pfn, event.order)} of node ${nid}: free again`;
    this.step("page", text, placeOfPage(owner, unfinished ? "undo" : "free"));
  }

  #pageRefused(nid: number): void {
    const { owners } = this.#live;
    this.#refused = owners.building !== null;
    const what = `${wordsOf(owners.next) ?? "A block"}, wanted on node ${nid}, is refused`;
    const injected = this.#state.faults.page === 1;
    const why = injected
      ? "this is the allocation that was to fail"
      : "no node has a free frame left";
    const name = injected ? "should_fail_alloc_page" : "get_page_from_freelist";
    const text = `${what[0].toUpperCase()}${what.slice(1)}: ${why}`;
    this.step("fault", text, inKernel("mm/page_alloc.c", name));
  }

  #slab(event: SlabEvent): void {
    const { owners } = this.#live;
    if (event.type === "kfree") {
      const { size, nid } = event.object;
      if (size === RCHAN) this.#live.begun = null;
      const unfinished = owners.building !== null;
      const { what } = structureOf(size);
      const text = `${size} bytes on node ${nid} are given back: ${what}`;
      this.step("slab", text, placeOfKfree(size, unfinished, this.#refused));
      this.#refused = false;
      // The name goes last, whether the buffer is there or not.
      if (size === NAME) owners.end();
      return;
    }
    const { what, takes, made: place } = structureOf(event.object?.size ?? event.size);
    if (event.object === null) {
      const text =
        `${event.size} bytes for ${what} are refused: this is the allocation that was to fail`;
      return this.step("fault", text, place);
    }
    if (takes === NAME) owners.begin();
    this.step("slab", `${takes} bytes on node ${event.object.nid} are ${what}`, place);
    // From here on it has a reference, though no buffer yet.
    if (takes === RCHAN) this.#live.begun = this.#live.wanted;
  }

  #notifier(call: NotifierCall): void {
    const { block, action, cpu, answer } = call;
    const live = this.#live;
    if (answer === null) {
      // What has changed since the last call happened before this one.
      this.#flushCall();
      this.catchUp();
      live.tell(cpu, action);
      this.#called = { call, changes: this.catchUp() };
      return;
    }
    const { name, place } = notifiers[block.priority];
    const told = cpuActionName(action);
    const words = answerWords(answer);
    const text = this.#called === null
      ? `${name} answers ${words}`
      : `${name} is told ${told} of CPU ${cpu}, and answers ${words}`;
    this.#called = null;
    const changes = this.catchUp();
    const notifier = { name, action: told, answer: words };
    this.#push({ kind: "notifier", text, place, notifier, changes });
  }

  /** A notifier that does something has a step of its own before that. */
  #flushCall(): void {
    if (this.#called === null) return;
    const { call, changes } = this.#called;
    this.#called = null;
    const { name, place } = notifiers[call.block.priority];
    const action = cpuActionName(call.action);
    const text = `${name} is told ${action} of CPU ${call.cpu}`;
    const notifier = { name, action, answer: null };
    this.#push({ kind: "notifier", text, place, notifier, changes });
  }

  /** Makes steps of what has changed and has a story; answers the other changes, to be told with what is next. */
  catchUp(): Change[] {
    const now = this.#live.state();
    const changes = differences(asJson(this.#state), asJson(now));
    const told = [
      ...changes.flatMap((change) => tellChange(change, this.#state, this.#command) ?? []),
      ...tellReferences(this.#state, now, this.#command),
    ];
    const others = changes.filter((change) => !told.some(({ tells }) => isAt(change, tells)));
    const taken = told.map((one) => others.filter((change) => isAt(change, one.with)));
    for (const [i, { tells: _, with: __, ...step }] of told.entries()) {
      if (step.differs !== undefined) this.#differs ??= step.differs;
      this.#push({ ...step, changes: [...step.changes, ...taken[i]] });
    }
    return others.filter((change) => !taken.some((some) => some.includes(change)));
  }

  #push(step: Step): void {
    this.#state = apply(asJson(this.#state), step.changes) as unknown as MachineState;
    this.#steps.push(this.#differs === null ? step : { ...step, differs: this.#differs });
  }
}

/** A block of frames. */
function frames(pfn: number, order: number): string {
  return order === 0 ? `Frame ${pfn}` : `Frames ${pfn} to ${pfn + (1 << order) - 1}`;
}

/** What a page is for, by its frame's owner; `null` for frames that fill a node. */
function wordsOf(owner: string): string | null {
  const [use, channel, cpu, page] = owner.split(":");
  switch (use) {
    case "data":
      return `page ${page} of ${channel}'s buffer of CPU ${cpu}`;
    case "spare":
      return `the reader's spare page of ${channel}'s ring of CPU ${cpu}`;
    case "control":
      return `the control page of ${channel}'s ring of CPU ${cpu}`;
    default:
      return null;
  }
}

function placeOfPage(owner: string, how: "alloc" | "undo" | "free"): string {
  const use = owner.split(":")[0];
  if (use !== "data") {
    const name = how === "alloc" ? "__alloc_pages_internal" : "__free_pages";
    const forRing = use === "fill"
      ? ""
      : ", for the ring above the patch (relay/ring/ring_pages.ts)";
    return inKernel("mm/page_alloc.c", name) + forRing;
  }
  if (how === "alloc") return `${inPatch("relay_alloc_buf")}: alloc_pages_node`;
  if (how === "undo") return `${inPatch("relay_alloc_buf", "depopulate")}: __free_page`;
  return `${inPatch("relay_destroy_buf")}: __free_page`;
}

function answerWords(answer: number): string {
  if (answer === NOTIFY_OK) return "NOTIFY_OK";
  return answer === NOTIFY_BAD ? "NOTIFY_BAD: a veto" : `0x${answer.toString(16)}`;
}
