/** A name to write near a point. */
export interface Label {
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface PlacedLabel extends Label {
  readonly box: Box;
  /** Whether the text is so far from its point that a line has to lead to it. */
  readonly hasLeader: boolean;
}

const fontSize = 11.5;
/** Of the height of a letter, in common sans-serif fonts; on the wide side, so that names do not touch. */
const letterWidth = 0.58;
const lineHeight = 14;
/** Half the side of a point's mark, with some air. */
const markRadius = 6;
const lineRadius = 1.5;
const spotDistance = 8;
const distances = [9, 18, 30, 44, 60, 80, 105, 135];
const leaderFrom = 12;
const directions = [
  [1, 0.6],
  [1, -0.6],
  [-1, 0.6],
  [-1, -0.6],
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
] as const;

export interface Surroundings {
  /** Where nothing may be written over. */
  readonly marks: readonly Spot[];
  /** Lines, as spots along them, that names keep off where there is room. */
  readonly lines: readonly Spot[];
  readonly bounds: Box;
}

export interface Spot {
  readonly x: number;
  readonly y: number;
}

/**
 * Places names so that none covers another, a mark or the edge: each at the nearest free place around its point, those in
 * a crowd further away with a line. A name without any free place is left out.
 */
export function placeLabels(
  labels: readonly Label[],
  { marks, lines, bounds }: Surroundings,
): readonly PlacedLabel[] {
  const taken = marks.map((spot) => around(spot, markRadius));
  const avoided = lines.map((spot) => around(spot, lineRadius));
  const placed: PlacedLabel[] = [];
  for (const label of labels) {
    const found = freePlace(label, [...taken, ...avoided], bounds) ?? freePlace(label, taken, bounds);
    if (found === undefined) continue;
    taken.push(found.box);
    placed.push(found);
  }
  return placed;
}

function freePlace(label: Label, taken: readonly Box[], bounds: Box): PlacedLabel | undefined {
  for (const distance of distances) {
    for (const [towardsX, towardsY] of directions) {
      const box = boxAt(label, towardsX * distance, towardsY * distance);
      const isInside =
        box.left >= bounds.left &&
        box.right <= bounds.right &&
        box.top >= bounds.top &&
        box.bottom <= bounds.bottom;
      if (isInside && !taken.some((other) => overlaps(box, other)))
        return { ...label, box, hasLeader: distance > leaderFrom };
    }
  }
  return undefined;
}

/** Spots along a line, close enough that no name fits between two of them. */
export function spotsAlong(points: readonly Spot[]): readonly Spot[] {
  return points.flatMap((point, index) => {
    const next = points[index + 1] ?? point;
    const steps = Math.ceil(Math.hypot(next.x - point.x, next.y - point.y) / spotDistance) || 1;
    return Array.from({ length: steps }, (_, step) => ({
      x: point.x + ((next.x - point.x) * step) / steps,
      y: point.y + ((next.y - point.y) * step) / steps,
    }));
  });
}

/** The text's box, moved from its point; it grows away from the point. */
function boxAt({ text, x, y }: Label, moveX: number, moveY: number): Box {
  const width = text.length * fontSize * letterWidth;
  const left = x + moveX - (moveX < 0 ? width : moveX === 0 ? width / 2 : 0);
  const middle = y + moveY + (moveX === 0 ? Math.sign(moveY) * (lineHeight / 2) : 0);
  return { left, right: left + width, top: middle - lineHeight / 2, bottom: middle + lineHeight / 2 };
}

function around({ x, y }: Spot, radius: number): Box {
  return { left: x - radius, right: x + radius, top: y - radius, bottom: y + radius };
}

export function overlaps(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
