"""What the point files of the lab have in common."""

from convscope.datasets._records import LAB_MIRRORS, Dataset, Pinned, PointsFile

__all__ = ["lab_points"]


def lab_points(name: str, sha256: str, size: int) -> Dataset:
    """Declare one of the lab's point tables: columns class, split, feature1, feature2."""
    return Dataset(
        kind="points",
        source=f"{LAB_MIRRORS[0]}{name}.csv (srush/BT-AI)",
        licence="not stated by its authors; not shipped with convscope",
        shape=(2,),
        splits={"all": PointsFile(Pinned(f"points/{name}.csv", sha256, size, LAB_MIRRORS))},
    )
