"""How long the words of many pages take to load, and to be counted as read.

    python -m bench.words [--pages 10000] [--words 150]

A training asks for all words of its project at once, each time it starts.
"""

import argparse
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from storage import projects
from storage.core import ProjectPaths, encode, make_folder, open_store
from storage.words import words
from storage.words.missing import count_read
from storage.words.words import Reader, Words

READER = Reader(("eng", "rus"))


def main() -> None:
    """Write the pages, load them and print the seconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--words", type=int, default=150)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        store = open_store(Path(scratch) / "store")
        paths = store.project(projects.create(store, "pages", "fields").id)
        images = [_write(paths, number, options.words) for number in range(options.pages)]
        for name, load in (
            ("loaded", lambda: len(words.find_many(paths, images, READER))),
            ("known as read", lambda: len(words.is_read(paths, images, READER))),
            ("counted", lambda: count_read(paths)),
        ):
            started = time.perf_counter()
            found = load()
            print(f"{found} pages of {options.words} words {name} in {time.perf_counter() - started:.2f} s")


def _write(paths: ProjectPaths, number: int, count: int) -> tuple[str, None]:
    image = sha256(str(number).encode()).hexdigest()
    boxes = tuple((10.5 * place, 20.0, 10.5 * place + 9.1, 31.2) for place in range(count))
    page = Words(
        image=image,
        turn=0,
        turn_certainty=1.0,
        texts=tuple(f"word{place}" for place in range(count)),
        boxes=boxes,
        confidences=(0.987,) * count,
        lines=tuple(place // 5 for place in range(count)),
        look=(200,) * 64,
    )
    make_folder(paths.word_shard(image))
    # Not kept durably one by one: only the reading of them is measured.
    paths.words(image, None, READER.name).write_bytes(encode(page))
    return image, None


if __name__ == "__main__":
    main()
