"""The figures of bench/delta.py as a picture: for each pair what has to travel, on a logarithmic
scale."""
import math

WIDTH = 960
LEFT = 300
RIGHT = 40
TOP = 70
LINE = 26
DECADES = (2, 6)  # 100 bytes to 1 MB
SERIES = (("xz, whole image", "#b0b0b0", lambda row: row["xz"]),
          ("zstd --patch-from", "#d08a2e", lambda row: row["zstd"]),
          ("xdelta3", "#8a6fb0", lambda row: row["xdelta3"]),
          ("bsdiff", "#4a7ab5", lambda row: row["bsdiff"]),
          ("Otter, 32 KiB", "#2f8f4e",
           lambda row: row["patch"].get(32, row["patch"].get("32"))))


def x_of(size):
    first, last = DECADES
    share = (math.log10(max(size, 10 ** first)) - first) / (last - first)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def text(x, y, content, anchor="start", size=13):
    return (f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-size="{size}">'
            f'{content}</text>')


def legend():
    parts, x = [], LEFT
    for name, colour, _ in SERIES:
        parts.append(f'<circle cx="{x}" cy="24" r="5" fill="{colour}"/>')
        parts.append(text(x + 10, 28, name))
        x += 40 + 7 * len(name)
    return parts


def scale(height):
    parts = []
    for decade in range(DECADES[0], DECADES[1] + 1):
        x = x_of(10 ** decade)
        label = {2: "100 B", 3: "1 kB", 4: "10 kB", 5: "100 kB", 6: "1 MB"}[decade]
        parts.append(f'<line x1="{x:.0f}" y1="{TOP - 12}" x2="{x:.0f}" y2="{height - 12}" '
                     'stroke="#dddddd"/>')
        parts.append(text(x, TOP - 18, label, "middle", 12))
    return parts


def plot(rows):
    """The picture as SVG."""
    height = TOP + LINE * len(rows) + 20
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
             'font-family="sans-serif" fill="#222222">',
             f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>']
    parts += legend() + scale(height)
    for i, row in enumerate(rows):
        y = TOP + LINE * i + 8
        parts.append(text(LEFT - 12, y + 4, row["pair"], "end", 12))
        points = [(x_of(value(row)), colour) for _, colour, value in SERIES]
        parts.append(f'<line x1="{min(points)[0]:.0f}" y1="{y}" x2="{max(points)[0]:.0f}" '
                     f'y2="{y}" stroke="#eeeeee" stroke-width="3"/>')
        parts += [f'<circle cx="{x:.0f}" cy="{y}" r="5" fill="{colour}"/>' for x, colour in points]
    return "\n".join(parts + ["</svg>", ""])
