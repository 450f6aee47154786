"""What browser tests expect comes within this time, on a machine that is busy with other tests, too."""

from playwright.sync_api import expect

expect.set_options(timeout=20_000)
