// Made by build.mjs from app/board/schema/board.schema.json.

/** RFC 3339, UTC; null: not known */
export type Instant = string | null;

export type LaneName = "planned" | "doing" | "for_review" | "done";

export type WorkPackage = {
  id: string;
  title: string;
  /** one of the four, or as another program names it */
  lane: string;
  counts_as: LaneName;
  agent: string | null;
  assignee: string | null;
  since: Instant;
  last_sign: Instant;
  dependencies: (string)[];
  /** dependencies that are not done */
  waits_for: (string)[];
  /** done and all; null: not known, as in the past */
  subtasks: [number, number] | null;
  /** the latest note or error */
  note: string | null;
  /** lane after its latest event, where the files have another */
  event_lane: string | null;
  last_event: string | null;
  errors: number;
  sent_back: number;
  /** events that name another lane before than the one seen before */
  steps_unseen: number;
  failed: boolean;
  /** two homes disagree on its latest move */
  conflict: boolean;
};

export type Feature = {
  slug: string;
  number: string | null;
  title: string | null;
  accepted_at: Instant;
  /** another program writes its lanes */
  read_only: boolean;
  on_disk: boolean;
  work_packages: (WorkPackage)[];
};

export type Point = {
  /** so many events of the total order */
  position: number;
  seq: number;
  /** the last of them */
  event_id: string | null;
  at: Instant;
};

export type Source = {
  kind: "event" | "git" | "activity_log" | "status_log";
  from: Instant;
  to: Instant;
  count: number;
};

export type History = {
  from: Instant;
  complete: boolean;
  sources: (Source)[];
};

export type Agent = {
  name: string;
  feature: string;
  wp_id: string;
  since: Instant;
  last_sign: Instant;
  state: "working" | "silent" | "failed";
};

export type Wait = {
  kind: "review" | "failed" | "silent" | "dependency";
  feature: string;
  wp_id: string;
  waiter: string | null;
  waits_for: string;
  since: Instant;
  command: string | null;
  /** a person must act */
  urgent: boolean;
};

export type Problem = {
  code: string;
  count: number;
  text: string;
  command: string | null;
};

export type DeadLetter = {
  event_id: string;
  event_type: string;
  wp_id: string | null;
  reason: string;
  last_try_at: Instant;
};

export type Sync = {
  session: "logged_out" | "expired" | "authenticated";
  team: string | null;
  server: string | null;
  queued: number;
  leased: number;
  held: number;
  dead: number;
  last_acknowledged_at: Instant;
  problems: (Problem)[];
  /** the oldest hundred */
  dead_letters: (DeadLetter)[];
};

/** a home of a team, as its server hears of it */
export type Node = {
  node_id: string;
  /** the account that sent its latest event */
  by: string | null;
  events: number;
  heard_at: Instant;
};

export type Team = {
  slug: string;
  name: string;
  role: string;
};

/** GET /board/home: where the page is */
export type Home = {
  v: 1;
  home: "local" | "team";
  /** who has signed in; of a team's server */
  username?: string;
  /** whose boards this person may see; of a team's server */
  teams?: (Team)[];
};

/** a state without its features */
export type Surroundings = {
  v: 1;
  home: "local" | "team";
  project: string;
  head: Point;
  at: Point | null;
  history: History;
  unplaced: number;
  unreadable: (string)[];
  agents: (Agent)[];
  waits: (Wait)[];
  sync: Sync | null;
  nodes: (Node)[];
};

/** GET /board/state */
export type State = {
  v: 1;
  home: "local" | "team";
  project: string;
  head: Point;
  at: Point | null;
  history: History;
  unplaced: number;
  unreadable: (string)[];
  agents: (Agent)[];
  waits: (Wait)[];
  sync: Sync | null;
  nodes: (Node)[];
  server_time: string;
  features: (Feature)[];
};

export type EventRow = {
  seq: number;
  position: number;
  event_id: string;
  event_type: string;
  origin: "event" | "git" | "activity_log" | "status_log";
  lamport_clock: number;
  node_id: string | null;
  at: Instant;
  feature: string | null;
  wp_id: string | null;
  from: string | null;
  to: string | null;
  /** the lane that `to` counts as */
  counts_as: LaneName | null;
  /** the agent or person that the event names */
  names: string | null;
  /** the account that sent it, where a server knows */
  by: string | null;
  text: string | null;
  /** id of the event that caused it */
  cause: string | null;
};

/** GET /board/events */
export type Events = {
  v: 1;
  events: (EventRow)[];
  more: boolean;
};

export type Day = {
  /** 2026-02-03 */
  day: string;
  finished: number;
  /** in planned, doing, for_review, done at its end */
  lanes: (number)[];
};

export type Person = {
  name: string;
  moves: number;
  to_review: number;
  finished: number;
  sent_back: number;
};

export type PackageCounts = {
  feature: string;
  wp_id: string;
  cycle_s: number | null;
  planned_s: number | null;
  doing_s: number | null;
  review_s: number | null;
  sent_back: number;
};

/** GET /board/counts */
export type Counts = {
  v: 1;
  cycle_median_s: number | null;
  cycle_85_s: number | null;
  review_median_s: number | null;
  reviewed: number;
  sent_back: number;
  clock_disagreements: number;
  days: (Day)[];
  people: (Person)[];
  work_packages: (PackageCounts)[];
};

/** what the server sends on /board/stream */
export type StreamMessage = {
  v: 1;
  surroundings?: Surroundings;
  /** those that differ from what was sent before */
  features?: (Feature)[];
  /** slugs of features that are gone */
  gone?: (string)[];
  events?: (EventRow)[];
  /** the features are all there are */
  whole?: boolean;
  /** events were left out; GET /board/events?after= has them */
  more?: boolean;
  /** all events up to this number of arrival are sent or left out */
  through?: number;
  /** the server's time, every 20 s */
  alive?: string;
  /** of the events, those that changed the past */
  earlier?: number;
};
