"""One heat map, beside the same chart from a pandas ``apply`` over its pixels; the digits resized to 28 by 28."""

from itertools import count

import altair as alt
from measure import compare, report, timed

from convscope import charts
from convscope.datasets import load_table
from convscope.tables import resize_images

TABLE = resize_images(load_table("digits"), (28, 28))
FRAME = TABLE.frame


def draw_by_apply(row):
    """Turn one row into a tall frame, and each of its names into a place, one after the other."""
    tall = FRAME.drop(columns="class").loc[[row]].T.reset_index()
    tall.columns = ["name", "value"]

    def place(pixel):
        down, right = pixel["name"].split("x")
        return {"x": int(right), "y": int(down), "value": pixel["value"]}

    cells = tall.apply(place, axis=1, result_type="expand")
    return alt.Chart(cells).mark_rect().encode(x="x:Q", y="y:Q", fill="value:Q", tooltip=["x", "y", "value"])


if __name__ == "__main__":
    rows, again = count(), count()
    names = ("charts.image", "pandas apply over its pixels")
    report(
        compare(
            "one heat map",
            lambda: timed(lambda: charts.image(TABLE, next(rows))),
            lambda: timed(lambda: draw_by_apply(next(again))),
            names=names,
            pairs=15,
            warm_up=2,
            least=20,
            aim=100,
        )
    )
