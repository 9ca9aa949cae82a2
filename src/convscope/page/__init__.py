"""The page: a model opened in a browser, a notebook, or one offline file.

``exhibit`` gathers what the page needs, and ``widget``, ``server`` and ``export`` are its three hosts; each is
imported on its own, because a notebook needs no web server and a file needs neither.
"""

from convscope.page.exhibit import Exhibit

__all__ = ["Exhibit"]
