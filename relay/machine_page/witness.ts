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
import { apply, type Change, differences, type Json } from "./changes.ts";
import { type LiveMachine, notifiers } from "./live_machine.ts";
import { inKernel, inPatch, placeOfKfree, placeOfLog, structureOf } from "./places.ts";
import type { MachineState } from "./state.ts";
import type { Step, StepKind } from "./steps.ts";
import { tellChange } from "./told_changes.ts";

/**
 * Sees what happens in the machine and makes steps of it. It hears of pages, small allocations,
 * notifier calls and log lines as they happen; what else has changed by then was done in between, and
 * becomes steps of its own where it has a story: CPUs, reference counts, cached pages.
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
  fileRemoved(name: string, cpu: number): void {
    if (this.#command === "open") this.#differs ??= leakOf(cpu, this.#state);
    const text = `The file ${name} is removed: nobody can open it any more`;
    this.step("file", text, `${inPatch("relay_remove_buf")}: remove_buf_file`);
  }

  #page(event: PageEvent): void {
    const { owners } = this.#live;
    if (event.type === "alloc") {
      if (event.page === null) return this.#pageRefused(event.nid, event.order);
      const { pfn, nid } = event.page;
      const owner = owners.take(pfn, event.order);
      const place = placeOfPage(owner, "alloc");
      const fallback = nid === event.nid ? "" : `, because node ${event.nid} has none left`;
      const text = `${frames(pfn, event.order)} of node ${nid} ${becomes(owner)}${fallback}`;
      return this.step("page", text, place);
    }
    const { pfn, nid } = event.page;
    const unfinished = owners.building !== null;
    const owner = owners.give(pfn, event.order);
    const text = `${frames(pfn, event.order)} of node ${nid}: free again`;
    this.step("page", text, placeOfPage(owner, unfinished ? "undo" : "free"));
  }

  #pageRefused(nid: number, order: number): void {
    this.#refused = this.#live.owners.building !== null;
    const injected = this.#state.faults.page === 1;
    const what = order === 0 ? `The page for node ${nid}` : `The block for node ${nid}`;
    const text = injected
      ? `${what} is refused: this is the allocation that was to fail`
      : `${what} is refused: no node has a free frame left`;
    const name = injected ? "should_fail_alloc_page" : "get_page_from_freelist";
    this.step("fault", text, inKernel("mm/page_alloc.c", name));
  }

  #slab(event: SlabEvent): void {
    const { owners } = this.#live;
    if (event.type === "kfree") {
      const { size, nid } = event.object;
      const unfinished = owners.building !== null;
      const { what } = structureOf(size);
      const text = `${size} bytes on node ${nid} are given back: ${what}`;
      this.step("slab", text, placeOfKfree(size, unfinished, this.#refused));
      this.#refused = false;
      // The name goes last, whether the buffer is there or not.
      if (size === 256) owners.end();
      return;
    }
    const { what, takes, made: place } = structureOf(event.object?.size ?? event.size);
    if (event.object === null) {
      const text =
        `${event.size} bytes for ${what} are refused: this is the allocation that was to fail`;
      return this.step("fault", text, place);
    }
    if (takes === 256) owners.begin();
    this.step("slab", `${takes} bytes on node ${event.object.nid} are ${what}`, place);
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
    const rest: Change[] = [];
    const tellings: {
      step: Omit<Step, "changes">;
      changes: Change[];
      others: readonly string[];
    }[] = [];
    for (const change of differences(asJson(this.#state), asJson(now))) {
      const told = tellChange(change, this.#state, now, this.#command);
      if (told === null) rest.push(change);
      else {
        const { with: others = [], ...step } = told;
        tellings.push({ step, changes: [change], others });
      }
    }
    const left = rest.filter((change) => {
      const path = `${change.path.join(".")}.`;
      const owner = tellings.find(({ others }) => others.some((one) => path.startsWith(`${one}.`)));
      owner?.changes.push(change);
      return owner === undefined;
    });
    for (const { step, changes } of tellings) this.#push({ ...step, changes });
    return left;
  }

  #push(step: Step): void {
    this.#state = apply(asJson(this.#state), step.changes) as unknown as MachineState;
    this.#steps.push(this.#differs === null ? step : { ...step, differs: this.#differs });
  }
}

/** What the patch does when a failed open has come to the buffer of a CPU behind a gap; `null` before. */
function leakOf(cpu: number, { cpus }: MachineState): string | null {
  const gap = cpus.findIndex(({ online }) => !online);
  if (gap < 0 || gap > cpu) return null;
  return `The patch stops at CPU ${gap}, which has no buffer: the buffers behind it and the channel leak`;
}

function asJson(state: MachineState): Json {
  return state as unknown as Json;
}

/** A block of frames. */
function frames(pfn: number, order: number): string {
  return order === 0 ? `Frame ${pfn}` : `Frames ${pfn} to ${pfn + (1 << order) - 1}`;
}

/** What a frame was taken for. */
function becomes(owner: string): string {
  const [use, channel, cpu, page] = owner.split(":");
  switch (use) {
    case "data":
      return `becomes page ${page} of ${channel}'s buffer of CPU ${cpu}`;
    case "spare":
      return `becomes the reader's spare page of ${channel}'s ring of CPU ${cpu}`;
    case "control":
      return `becomes the control page of ${channel}'s ring of CPU ${cpu}`;
    default:
      return "go to you, who fill the node";
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
