/*
 * The texts that a page is made of, as they stand in their files. Only `picture_page.ts` imports this
 * module, and only when a page is made: nobody else needs uPlot.
 */
import library from "npm:uplot@^1.6/dist/uPlot.iife.min.js" with { type: "text" };
import libraryStyles from "npm:uplot@^1.6/dist/uPlot.min.css" with { type: "text" };
import libraryLicence from "npm:uplot@^1.6/LICENSE" with { type: "text" };
import traceEvent from "../../ctf/reader/trace_event.ts" with { type: "text" };
import glob from "../../trace/glob.ts" with { type: "text" };
import basedNumber from "../based_number.ts" with { type: "text" };
import clockText from "../clock_text.ts" with { type: "text" };
import comparisons from "../comparisons.ts" with { type: "text" };
import durationFigures from "../duration_figures.ts" with { type: "text" };
import expression from "../expression.ts" with { type: "text" };
import expressionTokens from "../expression_tokens.ts" with { type: "text" };
import histogram from "../histogram.ts" with { type: "text" };
import nearNames from "../near_names.ts" with { type: "text" };
import plainValues from "../plain_values.ts" with { type: "text" };
import slowest from "../slowest.ts" with { type: "text" };
import steps from "../steps.ts" with { type: "text" };
import textSearch from "../text_search.ts" with { type: "text" };
import threadNames from "../thread_names.ts" with { type: "text" };
import units from "../units.ts" with { type: "text" };
import valueSource from "../value_source.ts" with { type: "text" };
import valueText from "../value_text.ts" with { type: "text" };
import fieldText from "./field_text.ts" with { type: "text" };
import packedValues from "./packed_values.ts" with { type: "text" };
import bars from "./page/bars.ts" with { type: "text" };
import colors from "./page/colors.ts" with { type: "text" };
import columns from "./page/columns.ts" with { type: "text" };
import details from "./page/details.ts" with { type: "text" };
import dom from "./page/dom.ts" with { type: "text" };
import downs from "./page/downs.ts" with { type: "text" };
import durationsPanel from "./page/durations_panel.ts" with { type: "text" };
import gestures from "./page/gestures.ts" with { type: "text" };
import keyboard from "./page/keyboard.ts" with { type: "text" };
import kindValues from "./page/kind_values.ts" with { type: "text" };
import kindsPanel from "./page/kinds_panel.ts" with { type: "text" };
import lanes from "./page/lanes.ts" with { type: "text" };
import layout from "./page/layout.ts" with { type: "text" };
import main from "./page/main.ts" with { type: "text" };
import overview from "./page/overview.ts" with { type: "text" };
import pageStyles from "./page/page.css" with { type: "text" };
import template from "./page/page.html" with { type: "text" };
import paintBars from "./page/paint_bars.ts" with { type: "text" };
import paintLane from "./page/paint_lane.ts" with { type: "text" };
import paintLife from "./page/paint_life.ts" with { type: "text" };
import panelStyles from "./page/panels.css" with { type: "text" };
import scale from "./page/scale.ts" with { type: "text" };
import search from "./page/search.ts" with { type: "text" };
import searchPanel from "./page/search_panel.ts" with { type: "text" };
import slowestList from "./page/slowest_list.ts" with { type: "text" };
import state from "./page/state.ts" with { type: "text" };
import statistics from "./page/statistics.ts" with { type: "text" };
import themeStyles from "./page/theme.css" with { type: "text" };
import theme from "./page/theme.ts" with { type: "text" };
import timeline from "./page/timeline.ts" with { type: "text" };
import times from "./page/times.ts" with { type: "text" };
import tooltip from "./page/tooltip.ts" with { type: "text" };
import traceData from "./page/trace_data.ts" with { type: "text" };
import uplot from "./page/uplot.ts" with { type: "text" };

/** The texts of a page. */
export interface PageParts {
  /** The page, with `<!-- name -->` where the others go. */
  readonly template: string;
  /** Style sheets. */
  readonly styles: string;
  /** uPlot, with its licence. */
  readonly library: string;
  /** Modules of the page's program in TypeScript, some of which others use too: each stands behind those it imports. */
  readonly modules: readonly string[];
}

/** All of them. */
export const parts: PageParts = {
  template,
  styles: [libraryStyles, themeStyles, pageStyles, panelStyles].join("\n"),
  library: `/*\n${libraryLicence}*/\n${library}`,
  modules: [
    traceEvent,
    glob,
    units,
    threadNames,
    clockText,
    valueText,
    basedNumber,
    plainValues,
    valueSource,
    nearNames,
    expressionTokens,
    textSearch,
    comparisons,
    expression,
    steps,
    histogram,
    slowest,
    durationFigures,
    fieldText,
    packedValues,
    dom,
    uplot,
    times,
    columns,
    traceData,
    state,
    downs,
    lanes,
    bars,
    layout,
    scale,
    colors,
    paintLife,
    paintLane,
    paintBars,
    timeline,
    tooltip,
    gestures,
    kindValues,
    search,
    searchPanel,
    statistics,
    slowestList,
    durationsPanel,
    kindsPanel,
    details,
    overview,
    keyboard,
    theme,
    main,
  ],
};
